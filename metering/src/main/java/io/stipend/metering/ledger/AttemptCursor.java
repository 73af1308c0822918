package io.stipend.metering.ledger;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.TokenPrices;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the attempts of blocks without making objects of them: what {@link
 * EndedAttempt#read} reads, but for holds and debits, which it passes over. For one thread.
 */
final class AttemptCursor implements BookedLine {
  private final NamesOfThread names;
  private final Name session = new Name();
  private final Name agent = new Name();
  private final Name parentAgent = new Name();
  private final Name client = new Name();
  private final Name outcome = new Name();
  private final Name served = new Name();
  private final Name tier = new Name();
  private final Name flags = new Name();
  private final Name prices = new Name();
  private final Name version = new Name();

  private ByteReader in = new ByteReader(new byte[0]);
  private boolean settled;
  private long number;
  private Profile profile = Profile.NONE;
  private int exchange;
  private int attempt;
  private long start;
  private long end;
  private long booked;
  private long input;
  private long cacheRead;
  private long cacheWrite;
  private long cacheWrite1h;
  private long output;
  private long reasoning;
  private long nanos;
  private UsageSource source = UsageSource.REPORTED;
  private int httpStatus;
  private int request;
  private Units units = Units.NONE;
  private int basisBits;
  private List<ChargeLine> more = List.of();

  AttemptCursor(NamesOfThread names) {
    this.names = names;
  }

  /** A name as it stands in a block: nothing, a number, or a text. */
  private final class Name {
    private long reference;
    private @Nullable String inline;

    void read(ByteReader from) {
      reference = from.varint();
      inline = reference == 1 ? from.requiredText() : null;
    }

    void none() {
      reference = 0;
      inline = null;
    }

    @Nullable String text() {
      if (reference == 0) {
        return null;
      }
      return inline != null ? inline : names.name(reference - BatchEncoder.FIRST_REFERENCE);
    }

    String required() {
      return in.required(text());
    }
  }

  /** Begins with the attempts of a block. */
  void open(byte[] body) {
    in = new ByteReader(body);
    start = 0;
  }

  /** Goes to the next attempt. False if the block has no more. */
  boolean next() {
    if (!in.hasMore()) {
      return false;
    }
    int kind = EndedAttempt.kind(in);
    settled = EndedAttempt.settled(kind);
    number = in.varint();
    profile = names.profile(in.varint());
    reserved();
    if (settled) {
      settled();
    } else {
      in.zigzag();
      outcome.read(in);
    }
    booked = EndedAttempt.moved(kind) ? in.zigzag() : Long.MIN_VALUE;
    version.none();
    if (EndedAttempt.pricedAnew(kind)) {
      version.read(in);
    }
    return true;
  }

  private void reserved() {
    start += in.zigzag();
    exchange = in.at();
    in.skipText();
    int bits = in.count(Integer.MAX_VALUE);
    attempt = AttemptCodec.number(bits);
    if (AttemptCodec.isSentAs(bits)) {
      skipName();
    }
    session.read(in);
    agent.none();
    parentAgent.none();
    if (AttemptCodec.isByAgent(bits)) {
      agent.read(in);
      parentAgent.read(in);
    }
    client.read(in);
    in.varint();
    in.varint();
    in.varint();
    in.varint();
    PostingCodec.skip(in, profile.accounts().size());
  }

  private void settled() {
    end = start + in.zigzag();
    input = in.varint();
    cacheRead = in.varint();
    cacheWrite = in.varint();
    cacheWrite1h = in.varint();
    output = in.varint();
    reasoning = in.varint();
    int code = AttemptCodec.code(in);
    source = AttemptCodec.source(in, code);
    outcome.read(in);
    httpStatus = in.count(Integer.MAX_VALUE);
    served.read(in);
    tier.read(in);
    nanos = in.zigzag();
    request = in.at();
    in.skipText();
    flags.read(in);
    PostingCodec.skip(in, profile.accounts().size());
    units = AttemptCodec.hasUnits(code) ? AttemptCodec.readUnits(in) : Units.NONE;
    basisBits = AttemptCodec.basis(code);
    prices.none();
    if ((basisBits & BasisCodec.PRICES) != 0) {
      prices.read(in);
    }
    more = (basisBits & BasisCodec.LINES) == 0 ? List.of() : BasisCodec.readLines(in);
  }

  private void skipName() {
    if (in.varint() == 1) {
      in.skipText();
    }
  }

  /** Whether it was sent. */
  boolean isSettled() {
    return settled;
  }

  /** Its place among all reservations. */
  long number() {
    return number;
  }

  /** What it is by itself, as the tables hold it. */
  UsageRow row() {
    return new UsageRow(
        exchangeId(),
        attempt,
        Instant.ofEpochMilli(start),
        Instant.ofEpochMilli(end),
        profile.person(),
        profile.team(),
        profile.costCenter(),
        profile.project(),
        profile.keyId(),
        session.text(),
        client.text(),
        profile.dialect(),
        profile.provider(),
        profile.modelRequested(),
        modelServed(),
        tier.text(),
        new TokenUsage(input, cacheRead, cacheWrite, cacheWrite1h, output, reasoning),
        source,
        outcome.required(),
        httpStatus,
        nanos,
        profile.currency(),
        priceVersion(),
        providerRequestId(),
        flags(),
        agent.text(),
        parentAgent.text(),
        units,
        basis());
  }

  @Override
  public Booking booking() {
    UsageRow row = row();
    boolean moved = booked != Long.MIN_VALUE;
    Instant stands = moved ? Instant.ofEpochMilli(booked) : row.startedAt();
    return new Booking(
        row,
        stands,
        moved ? stands : row.finishedAt(),
        SignedUsage.of(row),
        false,
        null,
        row.priceVersion());
  }

  @Override
  public long startedAt() {
    return booked == Long.MIN_VALUE ? start : booked;
  }

  @Override
  public long finishedAt() {
    return booked == Long.MIN_VALUE ? end : booked;
  }

  @Override
  public boolean correction() {
    return false;
  }

  @Override
  public String exchangeId() {
    return in.required(in.textAt(exchange));
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public String person() {
    return profile.person();
  }

  @Override
  public @Nullable String team() {
    return profile.team();
  }

  @Override
  public @Nullable String costCenter() {
    return profile.costCenter();
  }

  @Override
  public @Nullable String project() {
    return profile.project();
  }

  @Override
  public String keyId() {
    return profile.keyId();
  }

  @Override
  public @Nullable String sessionId() {
    return session.text();
  }

  @Override
  public @Nullable String client() {
    return client.text();
  }

  @Override
  public String dialect() {
    return profile.dialect();
  }

  @Override
  public String provider() {
    return profile.provider();
  }

  @Override
  public String modelRequested() {
    return profile.modelRequested();
  }

  @Override
  public String modelServed() {
    String own = served.text();
    return own == null ? profile.modelRequested() : own;
  }

  @Override
  public @Nullable String serviceTier() {
    return tier.text();
  }

  @Override
  public long input() {
    return input;
  }

  @Override
  public long cacheRead() {
    return cacheRead;
  }

  @Override
  public long cacheWrite() {
    return cacheWrite;
  }

  @Override
  public long cacheWrite1h() {
    return cacheWrite1h;
  }

  @Override
  public long output() {
    return output;
  }

  @Override
  public long reasoning() {
    return reasoning;
  }

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public UsageSource usageSource() {
    return source;
  }

  @Override
  public String outcome() {
    return outcome.required();
  }

  @Override
  public int httpStatus() {
    return httpStatus;
  }

  @Override
  public String currency() {
    return profile.currency();
  }

  @Override
  public String priceVersion() {
    String own = version.text();
    return own == null ? profile.priceVersion() : own;
  }

  @Override
  public @Nullable String providerRequestId() {
    return in.textAt(request);
  }

  @Override
  public String flags() {
    String own = flags.text();
    return own == null ? "" : own;
  }

  @Override
  public @Nullable String agentId() {
    return agent.text();
  }

  @Override
  public @Nullable String parentAgentId() {
    return parentAgent.text();
  }

  @Override
  public Units units() {
    return units;
  }

  @Override
  public ChargeBasis basis() {
    if (basisBits == 0) {
      return ChargeBasis.NONE;
    }
    String text = prices.text();
    TokenPrices tokens = text == null ? null : TokenPrices.parse(text);
    return tokens != null && more.isEmpty() ? tokens.alone() : new ChargeBasis(tokens, more);
  }

  @Override
  public List<ChargeLine> lines() {
    return basis()
        .lines(
            new TokenUsage(input, cacheRead, cacheWrite, cacheWrite1h, output, reasoning), nanos);
  }
}
