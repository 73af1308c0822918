package io.stipend.metering.export;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.ChargeLines;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenPrices;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.SqliteLedger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A random ledger of two months: providers, currencies, tiers, context steps, media, units, entries
 * that tell no prices, late ends, corrections before and after a month is closed, new prices.
 */
final class FocusHistory implements AutoCloseable {
  static final Instant START = Instant.parse("2026-09-21T00:00:00Z");
  static final Instant END = Instant.parse("2027-03-01T00:00:00Z");

  private static final List<String> PROVIDERS =
      List.of("openai", "anthropic", "gpu/1", "bedrock-eu");
  private static final List<String> MODELS =
      List.of("gpt-5", "claude-opus-4-5", "org/llama-4", "=m");
  private static final List<String> TEAMS = List.of("payments", "=SUM(A1)", "a \"b\", c", "größe");
  private static final List<String> TIERS =
      List.of("default", "priority", "flex", "Batch", "batch");
  private static final List<UsageSource> SOURCES = List.of(UsageSource.values());

  private final Random random;
  private final SqliteLedger ledger;
  private final Path folder;
  private final Map<String, Attempt> attempts = new TreeMap<>();
  private final List<CompletableFuture<Void>> durable = new ArrayList<>();
  private final TreeSet<YearMonth> closed = new TreeSet<>();
  private boolean reopens;
  private Instant now = START;
  private @Nullable AttemptFacts facts;
  private int ids;

  FocusHistory(Path folder, int seed) {
    random = new Random(seed);
    this.folder = folder;
    ledger =
        SqliteLedger.open(
            folder,
            new LedgerOptions(1_000, 1_000, 1 + random.nextInt(40), () -> {}),
            InstantSource.fixed(START));
  }

  /** An attempt as it stands. */
  private record Attempt(
      LedgerEntry.Reserved reserved, TokenUsage usage, @Nullable Cost cost, long nanos) {}

  /**
   * What a cost is made of.
   *
   * @param charged prices of tokens, in the order of the meters
   * @param list the same of the vendor's list
   * @param more other lines
   */
  private record Cost(List<Long> charged, List<Long> list, List<ChargeLine> more) {
    ChargeBasis basis() {
      return new ChargeBasis(TokenPrices.of(charged, list), more);
    }

    long nanos(TokenUsage usage) {
      List<ChargeLine> lines = new ArrayList<>(more);
      List<Long> counts =
          List.of(
              usage.input(),
              usage.cacheRead(),
              usage.cacheWrite() - usage.cacheWrite1h(),
              usage.cacheWrite1h(),
              usage.output());
      for (int i = 0; i < counts.size(); i++) {
        lines.add(new ChargeLine("input", counts.get(i), charged.get(i), list.get(i)));
      }
      return ChargeLines.nanos(lines);
    }
  }

  /** Writes so many entries. */
  FocusHistory steps(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      now = now.plus(Duration.ofMinutes(random.nextInt(600)));
      int choice = random.nextInt(20);
      if (choice < 13 || attempts.isEmpty()) {
        settle();
      } else if (choice < 19) {
        correct();
      } else if (reopens && !closed.isEmpty() && random.nextBoolean()) {
        reopen(one(List.copyOf(closed)));
      } else {
        close(YearMonth.from(now.atOffset(ZoneOffset.UTC)).minusMonths(1));
      }
    }
    waitForAll();
    return this;
  }

  /** The months that are closed. */
  TreeSet<YearMonth> closed() {
    return new TreeSet<>(closed);
  }

  void close(YearMonth month) throws Exception {
    if (closed.add(month)) {
      durable.add(
          ledger.append(new LedgerEntry.MonthClosed(now, month.toString(), true, "root", "")));
    }
  }

  /** From now on closed months are reopened now and then. */
  FocusHistory reopening() {
    reopens = true;
    return this;
  }

  private void reopen(YearMonth month) {
    closed.remove(month);
    durable.add(
        ledger.append(new LedgerEntry.MonthClosed(now, month.toString(), false, "eve", "late")));
  }

  LedgerReader reader() throws Exception {
    waitForAll();
    return LedgerReader.open(folder);
  }

  private void waitForAll() throws Exception {
    CompletableFuture.allOf(durable.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
    durable.clear();
  }

  @Override
  public void close() {
    ledger.close();
  }

  private static AccountKey account(String currency) {
    return new AccountKey("person/ada/engineer", "2026", new Unit(currency));
  }

  private <T> T one(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  private @Nullable String label(List<String> all) {
    return random.nextInt(4) == 0 ? null : one(all);
  }

  private LedgerEntry.Reserved reserved() {
    // Late ones began in a month that may be closed by now.
    Instant at = now.minus(Duration.ofHours(random.nextInt(5) == 0 ? random.nextInt(300) : 0));
    if (facts == null || random.nextBoolean()) {
      facts = facts();
    }
    return new LedgerEntry.Reserved(
        at,
        new AttemptId(String.format("e%08d", ids++), 1),
        facts,
        List.of(new Posting(account(facts.currency()), 100)));
  }

  private AttemptFacts facts() {
    int person = random.nextInt(4);
    return new AttemptFacts(
        "p" + person,
        label(TEAMS),
        label(List.of("CC-1", "-2")),
        label(List.of("search", "@home")),
        "k" + person,
        "session",
        "client",
        "openai-chat",
        one(PROVIDERS),
        one(MODELS),
        null,
        "card-" + random.nextInt(2),
        random.nextInt(5) == 0 ? "EUR" : "USD",
        100,
        100,
        100,
        100);
  }

  private TokenUsage usage() {
    if (random.nextInt(8) == 0) {
      return TokenUsage.ZERO;
    }
    long write = random.nextInt(3) == 0 ? random.nextInt(5_000) : 0;
    return new TokenUsage(
        random.nextInt(300_000),
        random.nextInt(2) == 0 ? 0 : random.nextInt(100_000),
        write,
        write == 0 ? 0 : random.nextInt((int) write),
        random.nextInt(20) == 0 ? TokenUsage.MAX_COUNT : random.nextInt(9_000),
        0);
  }

  /** The dearer step is for more input; the contract is a little below the list. */
  private Cost cost(TokenUsage usage) {
    long base = (usage.inputTotal() > 200_000 ? 2 : 1) * (1_250_000L + random.nextInt(2) * 7);
    List<Long> list = List.of(base, base / 10, base * 5 / 4, base * 2, base * 8);
    List<ChargeLine> more =
        random.nextInt(4) == 0
            ? List.of(
                new ChargeLine(
                    "web_search", 1 + random.nextInt(3), 10_000_000_000L, 12_000_000_000L),
                new ChargeLine("character", random.nextInt(900), 30_001, 30_001))
            : List.of();
    List<Long> contract = list.stream().map(price -> price * 93 / 100).toList();
    return new Cost(random.nextInt(3) == 0 ? list : contract, list, more);
  }

  private void settle() throws Exception {
    LedgerEntry.Reserved reserved = reserved();
    TokenUsage usage = usage();
    if (random.nextInt(8) == 0) {
      media(reserved);
    } else if (random.nextInt(6) == 0) {
      // Of an earlier build, or assumed: an amount and no prices.
      long nanos = random.nextInt(4) == 0 ? 0 : random.nextInt(2_000_000_000);
      settle(reserved, usage, ChargeBasis.NONE, Units.NONE, nanos);
      attempts.put(reserved.id().exchange(), new Attempt(reserved, usage, null, nanos));
    } else {
      Cost cost = cost(usage);
      long nanos = cost.nanos(usage);
      Units units = cost.more().isEmpty() ? Units.NONE : Units.of(Meter.WEB_SEARCH, 1);
      settle(reserved, usage, cost.basis(), units, nanos);
      attempts.put(reserved.id().exchange(), new Attempt(reserved, usage, cost, nanos));
    }
  }

  /** Tokens of audio and images, whose lines are written out. */
  private void media(LedgerEntry.Reserved reserved) throws Exception {
    long text = random.nextInt(1_000);
    long audio = random.nextInt(1_000);
    long image = 1 + random.nextInt(1_000);
    List<ChargeLine> lines = new ArrayList<>();
    lines.add(new ChargeLine("input", text, 2_500_000, 2_500_000));
    lines.add(new ChargeLine("input_audio", audio, 40_000_001, 40_000_001));
    lines.add(new ChargeLine("cache_read_image", 17, 333, 350));
    lines.add(new ChargeLine("output_image", image, 30_000_003, 30_000_003));
    lines.add(new ChargeLine("image", 2, 40_000_000_000L, 40_000_000_000L));
    lines.removeIf(line -> line.quantity() == 0);
    TokenUsage usage = new TokenUsage(text + audio, 17, 0, 0, image, 0);
    long nanos = ChargeLines.nanos(lines);
    settle(reserved, usage, ChargeBasis.of(lines), Units.of(Meter.IMAGE, 2), nanos);
    attempts.put(reserved.id().exchange(), new Attempt(reserved, usage, null, nanos));
  }

  private void settle(
      LedgerEntry.Reserved reserved, TokenUsage usage, ChargeBasis basis, Units units, long nanos)
      throws Exception {
    OpenAttempt attempt = ledger.begin(reserved);
    attempt.sent();
    AttemptFacts facts = reserved.facts();
    durable.add(
        attempt.settle(
            new LedgerEntry.Settled(
                now.plusMillis(1_500),
                reserved.id(),
                usage,
                one(SOURCES),
                "completed",
                200,
                facts.modelRequested(),
                label(TIERS),
                nanos,
                "req",
                List.of(new Posting(account(facts.currency()), nanos)),
                "",
                units,
                basis)));
  }

  /** Of the usage by the same prices, of the amount alone, or of the prices. */
  private void correct() {
    Attempt old = one(List.copyOf(attempts.values()));
    TokenUsage usage = random.nextInt(3) == 0 ? old.usage() : usage();
    Cost cost = old.cost();
    ChargeBasis basis = null;
    long nanos = Math.max(0, old.nanos() + random.nextInt(2_000_000) - 1_000_000);
    String version = null;
    int kind = random.nextInt(4);
    if (kind == 0) {
      cost = null;
    } else if (kind == 1) {
      cost = cost(usage);
      basis = cost.basis();
      version = "card-9";
    }
    nanos = cost == null ? nanos : cost.nanos(usage);
    LedgerEntry.Reserved reserved = old.reserved();
    durable.add(
        ledger.append(
            new LedgerEntry.Corrected(
                now,
                "c" + ids++,
                reserved.id(),
                usage,
                nanos - old.nanos(),
                List.of(new Posting(account(reserved.facts().currency()), nanos - old.nanos())),
                "root",
                "why",
                basis,
                version)));
    attempts.put(reserved.id().exchange(), new Attempt(reserved, usage, cost, nanos));
  }
}
