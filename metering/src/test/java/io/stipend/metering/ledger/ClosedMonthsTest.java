package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.export.UsageExport;
import java.io.StringWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a closed month says, and where the corrections go that come later. */
class ClosedMonthsTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 300 : 5;
  private static final int STEPS = 120;
  private static final AccountKey ADA = new AccountKey("person/ada/engineer", "2026", Unit.USD);
  private static final List<YearMonth> MONTHS =
      List.of(
          YearMonth.of(2026, 9),
          YearMonth.of(2026, 10),
          YearMonth.of(2026, 11),
          YearMonth.of(2026, 12),
          YearMonth.of(2027, 1));

  @TempDir Path folder;

  @Test
  void aCorrectionAfterTheCloseIsARowOfItsOwnInTheOpenMonth() throws Exception {
    Instant october = Instant.parse("2026-10-31T23:59:59.999Z");
    Instant november = Instant.parse("2026-11-01T00:00:00Z");
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(november))) {
      get(settle(ledger, "e1", october, new TokenUsage(10, 20, 30, 5, 40, 7), 1_000));
      get(correct(ledger, "c1", "e1", november, new TokenUsage(11, 20, 30, 5, 40, 7), 100));
      get(close(ledger, MONTHS.get(1), true, november));
      get(
          correct(
              ledger, "c2", "e1", november.plusSeconds(5), new TokenUsage(9, 25, 3, 0, 41, 0), -7));
      assertThat(lines(MONTHS.get(1)))
          .containsExactly("e1 " + october + " completed 11 20 30 5 40 7 1100");
      assertThat(lines(MONTHS.get(2)))
          .containsExactly("e1 2026-11-01T00:00:05Z correction -2 5 -27 -5 1 -7 -7");

      get(close(ledger, MONTHS.get(1), false, november.plusSeconds(6)));
      get(
          correct(
              ledger, "c3", "e1", november.plusSeconds(7), new TokenUsage(9, 25, 3, 0, 50, 0), 3));
      assertThat(lines(MONTHS.get(1)))
          .as("reopened: its own row changes again, what stands elsewhere stays")
          .containsExactly("e1 " + october + " completed 11 20 30 5 49 7 1103");
      assertThat(lines(MONTHS.get(2))).hasSize(1);
    }
    assertThat(lines(MONTHS.get(2)))
        .containsExactly("e1 2026-11-01T00:00:05Z correction -2 5 -27 -5 1 -7 -7");
    assertThat(Folders.rows(folder).get(0).usage()).isEqualTo(new TokenUsage(9, 25, 3, 0, 50, 0));
    assertThat(Folders.rows(folder).get(0).nanos()).isEqualTo(1_096);
  }

  @Test
  void whatEndsAfterTheCloseStandsInTheNextOpenMonth() throws Exception {
    Instant september = Instant.parse("2026-09-30T23:00:00Z");
    Instant october = Instant.parse("2026-10-02T00:00:00Z");
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(october))) {
      get(close(ledger, MONTHS.get(0), true, october));
      get(settle(ledger, "late", september, TokenUsage.of(1, 2), 5));
      // A clock that was set back: the correction's own month is closed too.
      get(correct(ledger, "c1", "late", september, TokenUsage.of(1, 3), 1));
      get(close(ledger, MONTHS.get(1), true, october));
      get(correct(ledger, "c2", "late", september, TokenUsage.of(1, 4), 1));
    }
    assertThat(lines(MONTHS.get(0))).isEmpty();
    assertThat(lines(MONTHS.get(1)))
        .containsExactly("late 2026-10-01T00:00:00Z completed 1 0 0 0 3 0 6");
    assertThat(lines(MONTHS.get(2)))
        .containsExactly("late 2026-11-01T00:00:00Z correction 0 0 0 0 1 0 1");
    assertThat(Folders.verify(folder).problems()).isEmpty();
  }

  @Test
  void theCheckComparesWhatStandsApart() throws Exception {
    whatEndsAfterTheCloseStandsInTheNextOpenMonth();
    for (String sql :
        List.of(
            "update adjustment set nanos = 2",
            "update adjustment set booked = booked + 1",
            "update adjustment set attempt = 7",
            "delete from adjustment",
            "update adjustment set started = started + 1",
            "update adjustment set stands = stands + 1",
            "insert into adjustment select 9, 'c1', attempt, started, stands, booked, 0, 0, 0, 0, 0,"
                + " 0, 0, lines, version_before, version from adjustment",
            "update adjustment set lines = x'0101610204'",
            "update adjustment set version = 'x'",
            "update usage set booked = null",
            "update usage set last_booked = last_booked + 1",
            "update usage set booked = booked + 1")) {
      try (Connection connection =
              DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(folder));
          Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
      assertThat(Folders.verify(folder).ok()).as(sql).isFalse();
      SqliteLedger.rebuild(folder);
      assertThat(Folders.verify(folder).problems()).as("rebuilt after " + sql).isEmpty();
    }
  }

  @Test
  void closedMonthsStayAsTheyAreAndAllMonthsAddUpToTheLedger() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      new History(seed, folder.resolve("seed" + seed)).run();
    }
  }

  /** Random exchanges, corrections, closes and reopenings against a book that is kept by hand. */
  private static final class History {
    private final String why;
    private final Random random;
    private final Path folder;
    private final Map<String, YearMonth> standing = new TreeMap<>();
    private final Map<String, TokenUsage> usage = new HashMap<>();
    private final Map<YearMonth, String> closed = new HashMap<>();
    private final Map<YearMonth, Long> nanos = new HashMap<>();
    private final List<CompletableFuture<Void>> durable = new ArrayList<>();
    private Instant now = Instant.parse("2026-09-20T00:00:00Z");
    private SqliteLedger ledger;
    private int ids;

    History(int seed, Path folder) {
      why = "seed " + seed;
      random = new Random(seed);
      this.folder = folder;
      open();
    }

    private void open() {
      ledger =
          SqliteLedger.open(
              folder,
              new LedgerOptions(64, 1_000, 1 + random.nextInt(40), () -> {}),
              InstantSource.fixed(now));
    }

    void run() throws Exception {
      for (int step = 0; step < STEPS; step++) {
        now = now.plus(Duration.ofHours(random.nextInt(30)));
        step();
        if (random.nextInt(12) == 0) {
          check();
        }
      }
      check();
      ledger.close();
      SqliteLedger.rebuild(folder);
      check();
    }

    private void step() throws Exception {
      int choice = random.nextInt(20);
      if (choice < 8) {
        settle();
      } else if (choice < 15 && !usage.isEmpty()) {
        correct();
      } else if (choice < 19) {
        YearMonth month = MONTHS.get(random.nextInt(MONTHS.size()));
        boolean over = start(month.plusMonths(1)).isBefore(now);
        if (closed.containsKey(month) || over) {
          turn(month);
        }
      } else {
        ledger.close();
        open();
      }
    }

    /** Started up to two weeks ago, perhaps in a month that is closed by now. */
    private void settle() throws Exception {
      String id = String.format("%012d", ids++);
      Instant started = now.minus(Duration.ofHours(random.nextInt(336)));
      long cost = random.nextInt(1_000_000);
      usage.put(id, TokenUsage.of(random.nextInt(100), random.nextInt(100)));
      durable.add(ClosedMonthsTest.settle(ledger, id, started, usage.get(id), cost));
      // What is late stands where it ended, 1,234 ms later.
      YearMonth month =
          open(closed.containsKey(month(started)) ? started.plusMillis(1_234) : started);
      standing.put(id, month);
      nanos.merge(month, cost, Long::sum);
    }

    private void correct() throws Exception {
      String id = List.copyOf(standing.keySet()).get(random.nextInt(standing.size()));
      usage.put(id, TokenUsage.of(random.nextInt(100), random.nextInt(100)));
      long more = random.nextInt(1_000_000) - 500_000;
      durable.add(ClosedMonthsTest.correct(ledger, "c" + ids++, id, now, usage.get(id), more));
      YearMonth own = standing.get(id);
      nanos.merge(closed.containsKey(own) ? open(now) : own, more, Long::sum);
    }

    private void turn(YearMonth month) throws Exception {
      if (closed.remove(month) == null) {
        closed.put(month, export(month));
        durable.add(close(ledger, month, true, now));
      } else {
        durable.add(close(ledger, month, false, now));
      }
    }

    private YearMonth open(Instant at) {
      YearMonth month = month(at);
      while (closed.containsKey(month)) {
        month = month.plusMonths(1);
      }
      return month;
    }

    private static YearMonth month(Instant at) {
      return YearMonth.from(at.atOffset(ZoneOffset.UTC));
    }

    private void settled() throws Exception {
      get(CompletableFuture.allOf(durable.toArray(CompletableFuture[]::new)));
      durable.clear();
    }

    private String export(YearMonth month) throws Exception {
      settled();
      StringWriter out = new StringWriter();
      try (LedgerReader reader = LedgerReader.open(folder)) {
        UsageExport.write(
            reader, start(month), start(month.plusMonths(1)), UsageExport.Format.CSV, out);
      }
      return out.toString();
    }

    private void check() throws Exception {
      settled();
      for (Map.Entry<YearMonth, String> month : closed.entrySet()) {
        assertThat(export(month.getKey()))
            .as("%s: %s stays as it was closed", why, month.getKey())
            .isEqualTo(month.getValue());
      }
      Map<YearMonth, Long> found = new HashMap<>();
      List<SignedUsage> all = new ArrayList<>();
      List<Instant> order = new ArrayList<>();
      LedgerReader.BookedState state;
      List<String> months = new ArrayList<>();
      try (LedgerReader reader = LedgerReader.open(folder)) {
        state =
            reader.bookings(
                Instant.MIN,
                Instant.MAX,
                line -> {
                  found.merge(month(line.startedAt()), line.usage().nanos(), Long::sum);
                  all.add(line.usage());
                  order.add(line.startedAt());
                });
        for (YearMonth month : MONTHS) {
          reader.bookings(
              start(month), start(month.plusMonths(1)), line -> months.add(line.toString()));
        }
        List<String> whole = new ArrayList<>();
        reader.bookings(Instant.MIN, Instant.MAX, line -> whole.add(line.toString()));
        assertThat(months)
            .as("%s: no line is in two months, none in no month", why)
            .isEqualTo(whole);
      }
      Map<YearMonth, Long> expected = new HashMap<>(nanos);
      expected.keySet().removeIf(month -> !found.containsKey(month));
      assertThat(found).as(why).isEqualTo(expected);
      assertThat(nanos.keySet()).as(why).isEqualTo(found.keySet());
      assertThat(order).as(why).isSorted();
      assertThat(
              state.months().values().stream()
                  .filter(LedgerEntry.MonthClosed::closed)
                  .map(m -> YearMonth.parse(m.month())))
          .as(why)
          .containsExactlyInAnyOrderElementsOf(closed.keySet());
      assertSums(all.stream().reduce(SignedUsage.ZERO, SignedUsage::plus));
      assertThat(Folders.verify(folder).problems()).as(why).isEmpty();
    }

    /** The lines, the rows as they stand today and the accounts say the same. */
    private void assertSums(SignedUsage lines) {
      SignedUsage rows =
          Folders.rows(folder).stream()
              .map(SignedUsage::of)
              .reduce(SignedUsage.ZERO, SignedUsage::plus);
      assertThat(lines).as(why).isEqualTo(rows);
      long input = usage.values().stream().mapToLong(TokenUsage::input).sum();
      assertThat(lines.input()).as(why).isEqualTo(input);
      AccountTotals ada = Folders.totals(folder).get(ADA);
      assertThat(ada == null ? 0 : ada.used()).as(why).isEqualTo(lines.nanos());
    }
  }

  private List<String> lines(YearMonth month) {
    List<String> lines = new ArrayList<>();
    try (LedgerReader reader = LedgerReader.open(folder)) {
      reader.bookings(
          start(month),
          start(month.plusMonths(1)),
          line -> {
            SignedUsage u = line.usage();
            lines.add(
                String.join(
                    " ",
                    line.attempt().exchangeId(),
                    line.startedAt().toString(),
                    line.outcome(),
                    Long.toString(u.input()),
                    Long.toString(u.cacheRead()),
                    Long.toString(u.cacheWrite()),
                    Long.toString(u.cacheWrite1h()),
                    Long.toString(u.output()),
                    Long.toString(u.reasoning()),
                    Long.toString(u.nanos())));
          });
    }
    return lines;
  }

  private static Instant start(YearMonth month) {
    return month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  static CompletableFuture<Void> settle(
      SqliteLedger ledger, String id, Instant at, TokenUsage usage, long nanos) throws Exception {
    LedgerEntry.Reserved r = Samples.reserved(id, 1, ADA);
    LedgerEntry.Reserved reserved =
        new LedgerEntry.Reserved(at, r.id(), r.facts(), List.of(new Posting(ADA, 1)));
    OpenAttempt attempt = ledger.begin(reserved);
    attempt.sent();
    return attempt.settle(Samples.settled(reserved, usage, nanos));
  }

  static CompletableFuture<Void> correct(
      SqliteLedger ledger, String id, String exchange, Instant at, TokenUsage usage, long nanos)
      throws Exception {
    return ledger.append(
        new LedgerEntry.Corrected(
            at,
            id,
            new AttemptId(exchange, 1),
            usage,
            nanos,
            List.of(new Posting(ADA, nanos)),
            "root",
            "why"));
  }

  static CompletableFuture<Void> close(
      SqliteLedger ledger, YearMonth month, boolean closed, Instant at) throws Exception {
    return ledger.append(new LedgerEntry.MonthClosed(at, month.toString(), closed, "root", ""));
  }
}
