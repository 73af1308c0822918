package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.ChargeLines;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenPrices;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.Units;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What costs are made of, in the ledger. */
class LedgerLinesTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 200 : 2;
  private static final AccountKey ADA = new AccountKey("person/ada/engineer", "2026", Unit.USD);
  private static final Instant OCTOBER = Instant.parse("2026-10-30T12:00:00Z");
  private static final Instant NOVEMBER = Instant.parse("2026-11-02T12:00:00Z");
  private static final TokenPrices PRICES =
      TokenPrices.of(List.of(5L, 1L, 6L, 10L, 25L), List.of(7L, 2L, 8L, 12L, 30L));

  @TempDir Path folder;

  @Test
  void aCorrectionOfTheUsageIsPricedAsTheAttemptWasAndOneThatDoesNotAgreeHasNoLines()
      throws Exception {
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(OCTOBER))) {
      settle(ledger, "e1", OCTOBER, TokenUsage.of(1_000, 0), PRICES.alone());
      settle(ledger, "e2", OCTOBER, TokenUsage.of(1_000, 0), PRICES.alone());
      settle(ledger, "e3", OCTOBER, TokenUsage.of(1_000, 0), PRICES.alone());
      correct(ledger, "c1", "e1", OCTOBER, TokenUsage.of(1_000, 401), 11, null, null);
      correct(ledger, "c2", "e2", OCTOBER, TokenUsage.of(1_000, 401), 12, null, null);
      ChargeBasis fee = ChargeBasis.of(List.of(new ChargeLine("web_search", 2, 5_000, 6_000)));
      correct(ledger, "c3", "e3", OCTOBER, TokenUsage.of(1_000, 0), 5, fee, "card-2");
    }
    List<UsageRow> rows = Folders.rows(folder);
    assertThat(rows.get(0).nanos()).isEqualTo(16);
    assertThat(rows.get(0).lines())
        .containsExactly(
            new ChargeLine("input", 1_000, 5, 7), new ChargeLine("output", 401, 25, 30));
    assertThat(rows.get(1).lines()).isEmpty();
    assertThat(rows.get(2).lines()).containsExactly(new ChargeLine("web_search", 2, 5_000, 6_000));
    assertThat(rows.get(2).priceVersion()).isEqualTo("card-2");
    assertThat(rows.get(0).priceVersion()).isEqualTo("builtin-2026-11-20");
    assertThat(Folders.verify(folder).problems()).isEmpty();
  }

  @Test
  void anotherPriceInAClosedMonthIsALineAgainstTheOldOneAndOneForTheNew() throws Exception {
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(OCTOBER))) {
      settle(ledger, "e1", OCTOBER, TokenUsage.of(1_000, 0), PRICES.alone());
      get(ledger.append(new LedgerEntry.MonthClosed(NOVEMBER, "2026-10", true, "root", "")));
      ChargeBasis dearer = TokenPrices.of(nines(), nines()).alone();
      correct(ledger, "c1", "e1", NOVEMBER, TokenUsage.of(1_000, 0), 4, dearer, "card-2");
    }
    List<Booking> lines = bookings(folder);
    assertThat(lines.get(0).lines()).containsExactly(new ChargeLine("input", 1_000, 5, 7));
    assertThat(lines.get(0).priceVersion()).isEqualTo("builtin-2026-11-20");
    assertThat(lines.get(0).usage().nanos()).isEqualTo(5);
    assertThat(lines.get(1).lines())
        .containsExactlyInAnyOrder(
            new ChargeLine("input", 1_000, 9, 9), new ChargeLine("input", -1_000, 5, 7));
    assertThat(lines.get(1).priceVersion()).isEqualTo("card-2");
    assertThat(Folders.rows(folder).get(0).lines())
        .containsExactly(new ChargeLine("input", 1_000, 9, 9));
  }

  private static List<Long> nines() {
    return List.of(9L, 9L, 9L, 9L, 9L);
  }

  /**
   * Random attempts, corrections, closes and reopenings: lines are the cost of what they stand at,
   * all lines of an attempt are those that it has today, and no reading differs from another.
   */
  @Test
  void linesAreTheCostWhereverTheyStand() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      history(seed, folder.resolve("seed" + seed));
    }
  }

  private static void history(int seed, Path data) throws Exception {
    Random random = new Random(seed);
    Map<String, Instant> attempts = new HashMap<>();
    List<Booking> open;
    try (SqliteLedger ledger =
        SqliteLedger.open(data, Samples.SMALL, InstantSource.fixed(OCTOBER))) {
      boolean closed = false;
      for (int step = 0; step < 150; step++) {
        Instant at = (closed ? NOVEMBER : OCTOBER).plusMillis(step * 1_000L);
        int what = random.nextInt(10);
        if (what < 6 || attempts.isEmpty()) {
          settle(ledger, "e" + step, at, usage(random), basis(random));
          attempts.put("e" + step, at);
        } else if (what < 9) {
          String id = List.copyOf(attempts.keySet()).get(random.nextInt(attempts.size()));
          UsageRow row = row(data, id);
          TokenUsage usage = random.nextBoolean() ? row.usage() : usage(random);
          ChargeBasis basis = random.nextBoolean() ? null : basis(random);
          ChargeBasis after = basis != null ? basis : row.basis();
          long nanos = cost(after, usage, random);
          String version = random.nextBoolean() ? null : "card-" + step;
          correct(ledger, "c" + step, id, at, usage, nanos - row.nanos(), basis, version);
        } else {
          closed = !closed;
          get(ledger.append(new LedgerEntry.MonthClosed(at, "2026-10", closed, "root", "")));
        }
      }
      open = bookings(data);
    }
    assertThat(bookings(data)).as("seed %d: in the tables", seed).isEqualTo(open);
    check("seed " + seed, data, open);
    assertThat(Folders.verify(data).problems()).isEmpty();
    Path replayed = data.resolveSibling("replayed" + seed);
    assertThat(LedgerCopy.replay(data, replayed, (done, of) -> {}).differences()).isEmpty();
    assertThat(bookings(replayed)).isEqualTo(open);
  }

  private static void check(String seed, Path data, List<Booking> lines) {
    Map<String, List<ChargeLine>> sums = new HashMap<>();
    int found = 0;
    for (Booking line : lines) {
      String id = line.attempt().exchangeId();
      if (!line.lines().isEmpty()) {
        found++;
        assertThat(ChargeLines.areDifference(line.lines(), line.usage().nanos())).isTrue();
        if (line.ownLines() == null) {
          assertThat(ChargeLines.nanos(line.lines()))
              .as("%s: %s", seed, line)
              .isEqualTo(line.usage().nanos());
        }
      }
      // Where a line is not known, all of them are not.
      boolean known = !line.lines().isEmpty() || line.usage().nanos() == 0;
      List<ChargeLine> before = sums.getOrDefault(id, List.of());
      sums.put(id, known && before != null ? ChargeLines.plus(before, line.lines()) : null);
    }
    assertThat(found).isGreaterThan(20);
    for (UsageRow row : Folders.rows(data)) {
      List<ChargeLine> sum = sums.get(row.exchangeId());
      if (sum != null && !row.lines().isEmpty()) {
        assertThat(ChargeLines.minus(sum, row.lines())).as("%s: %s", seed, row).isEmpty();
      }
    }
  }

  private static long cost(ChargeBasis basis, TokenUsage usage, Random random) {
    for (long nanos = 0; nanos < 4_000; nanos++) {
      if (!basis.lines(usage, nanos).isEmpty()) {
        return nanos;
      }
    }
    return random.nextInt(100);
  }

  private static TokenUsage usage(Random random) {
    int write = random.nextInt(20_000);
    return new TokenUsage(
        random.nextInt(20_000),
        random.nextInt(20_000),
        write,
        random.nextInt(write + 1),
        random.nextInt(20_000),
        0);
  }

  private static ChargeBasis basis(Random random) {
    int kind = random.nextInt(8);
    ChargeLine fee = new ChargeLine("web_search", 1 + random.nextInt(3), 5_000, 6_000);
    if (kind == 0) {
      return ChargeBasis.NONE;
    } else if (kind == 1) {
      return ChargeBasis.of(List.of(new ChargeLine("input_audio", 7, 3, 3), fee));
    } else if (kind == 2) {
      return new ChargeBasis(PRICES, List.of(fee));
    }
    List<Long> prices = random.longs(5, 1, 30).boxed().toList();
    return TokenPrices.of(prices, random.nextBoolean() ? prices : nines()).alone();
  }

  private static UsageRow row(Path data, String exchange) {
    try (LedgerReader reader = LedgerReader.open(data)) {
      return reader.attempts(exchange).get(0).row();
    }
  }

  private static List<Booking> bookings(Path data) {
    List<Booking> lines = new ArrayList<>();
    try (LedgerReader reader = LedgerReader.open(data)) {
      reader.bookings(Instant.MIN, Instant.MAX, lines::add);
    }
    return lines;
  }

  private static void settle(
      SqliteLedger ledger, String id, Instant at, TokenUsage usage, ChargeBasis basis)
      throws Exception {
    LedgerEntry.Reserved r = Samples.reserved(id, 1, ADA);
    LedgerEntry.Reserved reserved =
        new LedgerEntry.Reserved(at, r.id(), r.facts(), List.of(new Posting(ADA, 1)));
    OpenAttempt attempt = ledger.begin(reserved);
    attempt.sent();
    long nanos = cost(basis, usage, new Random(id.hashCode()));
    Units units = basis.more().isEmpty() ? Units.NONE : Units.of(Meter.WEB_SEARCH, 1);
    LedgerEntry.Settled s = Samples.settled(reserved, usage, nanos);
    get(
        attempt.settle(
            new LedgerEntry.Settled(
                s.at(),
                s.id(),
                usage,
                s.source(),
                s.outcome(),
                s.httpStatus(),
                s.modelServed(),
                s.serviceTier(),
                nanos,
                s.providerRequestId(),
                s.debits(),
                s.flags(),
                units,
                basis)));
  }

  private static void correct(
      SqliteLedger ledger,
      String id,
      String exchange,
      Instant at,
      TokenUsage usage,
      long nanosDelta,
      ChargeBasis basis,
      String version)
      throws Exception {
    get(
        ledger.append(
            new LedgerEntry.Corrected(
                at,
                id,
                new AttemptId(exchange, 1),
                usage,
                nanosDelta,
                List.of(new Posting(ADA, nanosDelta)),
                "root",
                "why",
                basis,
                version)));
  }
}
