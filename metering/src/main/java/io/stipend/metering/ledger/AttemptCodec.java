package io.stipend.metering.ledger;

import io.stipend.metering.Charge;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entries of attempts in bytes. Times are kept to the millisecond, as a distance to a clock
 * that the caller gives. The attempt itself is named by the caller: its profile and its number
 * stand before what is written here.
 *
 * <p>What few entries have is announced by a bit that is added to a number which stands there
 * anyway: entries without it take no byte more, and are those of the builds before.
 */
final class AttemptCodec {
  /** Added to the number of an attempt that runs another model than was requested: it follows. */
  private static final int SENT_AS = 1 << 30;

  /**
   * Added to the number of an attempt of an agent that is named: its id and its parent's follow.
   */
  private static final int BY_AGENT = 1 << 29;

  /** Added to the source of a usage that is more than tokens: the counts by meter follow last. */
  private static final int MORE_THAN_TOKENS = 1 << 6;

  /**
   * Added to the source, so many times the bits of {@link BasisCodec}, of a charge whose lines can
   * be found: they follow behind everything else.
   */
  private static final int BASIS = 1 << 4;

  private AttemptCodec() {}

  /** Writes a reservation but for its profile. */
  static void writeReserved(
      ByteWriter out,
      NameWriter names,
      NameWriter sessions,
      long clock,
      Profile profile,
      LedgerEntry.Reserved r) {
    AttemptFacts facts = r.facts();
    out.zigzag(r.at().toEpochMilli() - clock);
    out.text(r.id().exchange());
    writeNumber(out, names, r);
    sessions.write(out, facts.sessionId());
    if (byAgent(facts)) {
      sessions.write(out, facts.agentId());
      sessions.write(out, facts.parentAgentId());
    }
    names.write(out, facts.client());
    out.zigzag(facts.inputEstimate());
    out.zigzag(facts.outputCap());
    out.zigzag(facts.expectedOutput());
    out.zigzag(facts.expectedNanos());
    PostingCodec.write(out, names, r.holds(), profile.accounts(), expected(facts));
  }

  static LedgerEntry.Reserved readReserved(
      ByteReader in, NameReader names, long clock, Profile profile) {
    Instant at = Instant.ofEpochMilli(clock + in.zigzag());
    String exchange = in.requiredText();
    int bits = in.count(Integer.MAX_VALUE);
    boolean byAgent = isByAgent(bits);
    AttemptId id = new AttemptId(exchange, number(bits));
    @Nullable String modelSent = isSentAs(bits) ? names.readRequired(in) : null;
    @Nullable String session = names.read(in);
    @Nullable String agent = byAgent ? names.read(in) : null;
    @Nullable String parentAgent = byAgent ? names.read(in) : null;
    @Nullable String client = names.read(in);
    AttemptFacts facts =
        profile
            .facts(session, client, in.zigzag(), in.zigzag(), in.zigzag(), in.zigzag())
            .sentAs(modelSent);
    if (byAgent) {
      facts = facts.byAgent(agent, parentAgent);
    }
    List<Posting> holds = PostingCodec.read(in, names, profile.accounts(), expected(facts));
    return new LedgerEntry.Reserved(at, id, facts, holds);
  }

  static int number(int bits) {
    return bits & (BY_AGENT - 1);
  }

  static boolean isByAgent(int bits) {
    return (bits & BY_AGENT) != 0;
  }

  static boolean isSentAs(int bits) {
    return (bits & SENT_AS) != 0;
  }

  private static void writeNumber(ByteWriter out, NameWriter names, LedgerEntry.Reserved r) {
    int number = r.id().number();
    if (number >= BY_AGENT) {
      throw new IllegalArgumentException(
          "attempt: " + number + " (expected: below " + BY_AGENT + ")");
    }
    String modelSent = r.facts().modelSent();
    out.varint(number + (modelSent == null ? 0 : SENT_AS) + (byAgent(r.facts()) ? BY_AGENT : 0));
    if (modelSent != null) {
      names.write(out, modelSent);
    }
  }

  private static boolean byAgent(AttemptFacts facts) {
    return facts.agentId() != null || facts.parentAgentId() != null;
  }

  /** A reservation that is readable alone. */
  static void writeAlone(ByteWriter out, Profile profile, LedgerEntry.Reserved r) {
    profile.write(out, NameWriter.INLINE);
    writeReserved(out, NameWriter.INLINE, NameWriter.INLINE, 0, profile, r);
  }

  /** The same of a profile that was met before. */
  static void writeAlone(ByteWriter out, KnownProfile known, LedgerEntry.Reserved r) {
    known.writeAlone(out);
    writeReserved(out, NameWriter.INLINE, NameWriter.INLINE, 0, known.profile(), r);
  }

  /** Reads what {@code writeAlone} wrote. */
  static LedgerEntry.Reserved readAlone(ByteReader in) {
    Profile profile = Profile.read(in, NameReader.INLINE);
    return readReserved(in, NameReader.INLINE, 0, profile);
  }

  static void writeExtended(
      ByteWriter out, NameWriter names, long clock, Profile profile, LedgerEntry.Extended e) {
    out.zigzag(e.at().toEpochMilli() - clock);
    out.zigzag(e.outputTokens());
    out.zigzag(e.nanos());
    PostingCodec.write(out, names, e.more(), profile.accounts(), Charge.ZERO);
  }

  static LedgerEntry.Extended readExtended(
      ByteReader in, NameReader names, long clock, Profile profile, AttemptId id) {
    Instant at = Instant.ofEpochMilli(clock + in.zigzag());
    long outputTokens = in.zigzag();
    long nanos = in.zigzag();
    List<Posting> more = PostingCodec.read(in, names, profile.accounts(), Charge.ZERO);
    return new LedgerEntry.Extended(at, id, more, outputTokens, nanos);
  }

  static void writeSettled(
      ByteWriter out, NameWriter names, long clock, Profile profile, LedgerEntry.Settled s) {
    out.zigzag(s.at().toEpochMilli() - clock);
    writeUsage(out, s.usage());
    boolean more = !s.units().isNone();
    int basis = BasisCodec.bits(s.basis());
    out.u8(Codes.SOURCES.indexOf(s.source()) + (more ? MORE_THAN_TOKENS : 0) + BASIS * basis);
    names.write(out, s.outcome());
    out.varint(s.httpStatus());
    names.write(out, s.modelServed().equals(profile.modelRequested()) ? null : s.modelServed());
    names.write(out, s.serviceTier());
    out.zigzag(s.nanos());
    out.text(s.providerRequestId());
    names.write(out, s.flags().isEmpty() ? null : s.flags());
    PostingCodec.write(out, names, s.debits(), profile.accounts(), charge(s.nanos(), s.usage()));
    if (more) {
      writeUnits(out, s.units());
    }
    BasisCodec.write(out, names, s.basis());
  }

  static LedgerEntry.Settled readSettled(
      ByteReader in, NameReader names, long clock, Profile profile, AttemptId id) {
    Instant at = Instant.ofEpochMilli(clock + in.zigzag());
    TokenUsage usage = readUsage(in);
    int code = code(in);
    UsageSource source = source(in, code);
    String outcome = names.readRequired(in);
    int httpStatus = in.count(Integer.MAX_VALUE);
    @Nullable String modelServed = names.read(in);
    @Nullable String serviceTier = names.read(in);
    long nanos = in.zigzag();
    @Nullable String providerRequestId = in.text();
    @Nullable String flags = names.read(in);
    return new LedgerEntry.Settled(
        at,
        id,
        usage,
        source,
        outcome,
        httpStatus,
        modelServed == null ? profile.modelRequested() : modelServed,
        serviceTier,
        nanos,
        providerRequestId,
        PostingCodec.read(in, names, profile.accounts(), charge(nanos, usage)),
        flags == null ? "" : flags,
        hasUnits(code) ? readUnits(in) : Units.NONE,
        BasisCodec.read(in, names, basis(code)));
  }

  /** Reads the source of a usage, and what follows behind. */
  static int code(ByteReader in) {
    return in.count(2 * MORE_THAN_TOKENS - 1);
  }

  static boolean hasUnits(int code) {
    return code >= MORE_THAN_TOKENS;
  }

  static int basis(int code) {
    return code % MORE_THAN_TOKENS / BASIS;
  }

  static UsageSource source(ByteReader in, int code) {
    int source = code % BASIS;
    if (source >= Codes.SOURCES.size()) {
      throw in.malformed("source " + source + " (expected: 0.." + (Codes.SOURCES.size() - 1) + ")");
    }
    return Codes.SOURCES.get(source);
  }

  private static void writeUnits(ByteWriter out, Units units) {
    for (Meter meter : Codes.METERS) {
      if (units.of(meter) != 0) {
        out.varint(1L + Codes.METERS.indexOf(meter));
        out.varint(units.of(meter));
      }
    }
    out.varint(0);
  }

  static Units readUnits(ByteReader in) {
    Units units = Units.NONE;
    for (int code = in.count(Codes.METERS.size());
        code != 0;
        code = in.count(Codes.METERS.size())) {
      units = units.plus(Units.of(Codes.METERS.get(code - 1), in.count((int) Units.MAX_COUNT)));
    }
    return units;
  }

  static void writeReleased(ByteWriter out, NameWriter names, long clock, LedgerEntry.Released r) {
    out.zigzag(r.at().toEpochMilli() - clock);
    names.write(out, r.outcome());
  }

  static LedgerEntry.Released readReleased(
      ByteReader in, NameReader names, long clock, AttemptId id) {
    Instant at = Instant.ofEpochMilli(clock + in.zigzag());
    return new LedgerEntry.Released(at, id, names.readRequired(in));
  }

  static void writeUsage(ByteWriter out, TokenUsage usage) {
    out.varint(usage.input());
    out.varint(usage.cacheRead());
    out.varint(usage.cacheWrite());
    out.varint(usage.cacheWrite1h());
    out.varint(usage.output());
    out.varint(usage.reasoning());
  }

  static TokenUsage readUsage(ByteReader in) {
    return new TokenUsage(
        in.varint(), in.varint(), in.varint(), in.varint(), in.varint(), in.varint());
  }

  /** What a settle is expected to debit; a cost that no charge can be never matches a posting. */
  static Charge charge(long nanos, TokenUsage usage) {
    return nanos < 0 ? Charge.ZERO : new Charge(nanos, usage.total());
  }

  private static Charge expected(AttemptFacts facts) {
    long tokens = facts.inputEstimate() + facts.expectedOutput();
    return facts.expectedNanos() < 0 || tokens < 0
        ? Charge.ZERO
        : new Charge(facts.expectedNanos(), tokens);
  }
}
