package io.stipend.metering.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Unit;
import io.stipend.metering.export.FocusExport.FocusOptions;
import io.stipend.metering.ledger.Booking;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import io.stipend.metering.ledger.Redaction;
import io.stipend.metering.ledger.RetentionClass;
import io.stipend.metering.ledger.UsageFeed;
import io.stipend.metering.report.SessionReport;
import io.stipend.metering.report.statement.Statement;
import io.stipend.metering.report.statement.StatementPeriod;
import io.stipend.metering.report.statement.StatementRequest;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every output of a month tells the same cost to the nano-unit, all months together tell that of
 * the attempts as they stand and of the balances, and no clean-up and no forgetting changes any.
 */
class AllOutputsTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 100 : 3;
  private static final YearMonth FIRST = YearMonth.of(2026, 8);
  private static final YearMonth LAST = YearMonth.of(2027, 2);

  private static final StatementRequest.Bounds NONE =
      new StatementRequest.Bounds() {
        @Override
        public @Nullable Instant startOf(String period) {
          return null;
        }

        @Override
        public @Nullable Instant endOf(String period) {
          return null;
        }
      };

  @TempDir Path folder;

  @Test
  void everyOutputTellsTheSame() throws Exception {
    for (int seed = 300; seed < 300 + SEEDS; seed++) {
      Path data = folder.resolve("seed" + seed);
      Map<String, BigDecimal> before;
      try (FocusHistory history = new FocusHistory(data, seed).reopening().steps(260);
          LedgerReader reader = history.reader()) {
        before = check(reader, data, List.of("p0", "p1", "p2", "p3"), "seed " + seed);
      }
      Redaction.Order order =
          new Redaction.Order(
              "eve", "", false, InstantSource.fixed(FocusHistory.END), LedgerOptions.defaults());
      Map<RetentionClass, Instant> cuts = new EnumMap<>(RetentionClass.class);
      for (RetentionClass kind : RetentionClass.values()) {
        cuts.put(kind, Instant.parse("2026-10-20T00:00:00Z"));
      }
      Redaction.clean(data, cuts, order, Progress.NONE);
      String alias = Redaction.forget(data, "p1", order, Progress.NONE).about();
      try (LedgerReader reader = LedgerReader.open(data)) {
        assertThat(check(reader, data, List.of("p0", alias, "p2", "p3"), "reduced " + seed))
            .isEqualTo(before);
      }
    }
  }

  /** The cost of each month and currency. */
  private static Map<String, BigDecimal> check(
      LedgerReader reader, Path data, List<String> people, String why) {
    Map<String, BigDecimal> all = new TreeMap<>();
    Map<String, BigDecimal> sums = new TreeMap<>();
    Map<String, BigDecimal> feed = feed(data);
    for (YearMonth month = FIRST; !month.isAfter(LAST); month = month.plusMonths(1)) {
      Map<String, BigDecimal> csv = csv(reader, month);
      String of = why + ", " + month;
      assertThat(focus(reader, month)).as("FOCUS of " + of).isEqualTo(csv);
      assertThat(sessions(reader, month)).as("sessions of " + of).isEqualTo(csv);
      assertThat(statements(reader, month, people)).as("statements of " + of).isEqualTo(csv);
      for (Map.Entry<String, BigDecimal> one : csv.entrySet()) {
        all.put(month + " " + one.getKey(), one.getValue());
        sums.merge(one.getKey(), one.getValue(), BigDecimal::add);
      }
    }
    assertThat(feed).as("feed of " + why).isEqualTo(all);
    Map<String, BigDecimal> stands = new TreeMap<>();
    reader.usage(Instant.MIN, Instant.MAX, row -> add(stands, row.currency(), money(row.nanos())));
    assertThat(strip(stands)).as("attempts of " + why).isEqualTo(strip(sums));
    Map<String, BigDecimal> used = new TreeMap<>();
    reader
        .totals()
        .forEach((account, totals) -> add(used, account.unit().name(), money(totals.used())));
    assertThat(strip(used)).as("balances of " + why).isEqualTo(strip(sums));
    assertThat(reader.verify().problems()).as(why).isEmpty();
    return all;
  }

  private static Instant start(YearMonth month) {
    return month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private static BigDecimal money(long nanos) {
    return BigDecimal.valueOf(nanos, 9);
  }

  private static void add(Map<String, BigDecimal> sums, String key, BigDecimal more) {
    sums.merge(key, more, BigDecimal::add);
  }

  private static Map<String, BigDecimal> strip(Map<String, BigDecimal> sums) {
    Map<String, BigDecimal> plain = new TreeMap<>();
    sums.forEach(
        (key, sum) -> {
          if (sum.signum() != 0) {
            plain.put(key, sum.stripTrailingZeros());
          }
        });
    return plain;
  }

  private static Map<String, BigDecimal> csv(LedgerReader reader, YearMonth month) {
    StringWriter out = new StringWriter();
    UsageExport.write(
        reader, start(month), start(month.plusMonths(1)), UsageExport.Format.CSV, out);
    Map<String, BigDecimal> sums = new TreeMap<>();
    for (FocusFile.Row row : FocusFile.parse(out.toString()).rows) {
      add(sums, String.valueOf(row.get("currency")), row.number("cost"));
    }
    return strip(sums);
  }

  private static Map<String, BigDecimal> focus(LedgerReader reader, YearMonth month) {
    StringWriter out = new StringWriter();
    new FocusExport(new FocusOptions(FocusVersion.V1_4, Map.of()))
        .write(reader, start(month), start(month.plusMonths(1)), out, Progress.NONE);
    Map<String, BigDecimal> sums = new TreeMap<>();
    for (FocusFile.Row row : FocusFile.parse(out.toString()).rows) {
      add(sums, String.valueOf(row.get("BillingCurrency")), row.number("BilledCost"));
    }
    return strip(sums);
  }

  private static Map<String, BigDecimal> sessions(LedgerReader reader, YearMonth month) {
    Map<String, BigDecimal> sums = new TreeMap<>();
    SessionReport.read(reader, start(month), start(month.plusMonths(1)))
        .lines()
        .forEach(line -> add(sums, line.agent().currency(), money(line.usage().nanos())));
    return strip(sums);
  }

  private static Map<String, BigDecimal> statements(
      LedgerReader reader, YearMonth month, List<String> people) {
    Map<String, BigDecimal> sums = new TreeMap<>();
    for (String person : people) {
      Statement.Use use =
          Statement.read(
                  reader,
                  new StatementRequest(
                      person,
                      "",
                      "person/" + person,
                      ZoneOffset.UTC,
                      StatementPeriod.month(month.toString()),
                      NONE,
                      List.of(),
                      "",
                      null))
              .use();
      for (String currency : List.of("USD", "EUR")) {
        add(sums, currency, money(use.nanos(new Unit(currency))));
      }
    }
    return strip(sums);
  }

  /** Of the last event of each line, by month and currency. */
  private static Map<String, BigDecimal> feed(Path data) {
    Map<String, Booking> lines = new HashMap<>();
    try (UsageFeed feed = UsageFeed.open(data, UsageFeed.Position.START)) {
      for (List<UsageFeed.Event> next = feed.next(50); !next.isEmpty(); next = feed.next(50)) {
        next.forEach(event -> lines.put(event.subject(), event.line()));
      }
    }
    Map<String, BigDecimal> sums = new TreeMap<>();
    for (Booking line : lines.values()) {
      YearMonth month = YearMonth.from(line.startedAt().atOffset(ZoneOffset.UTC));
      String key = month + " " + line.attempt().currency();
      add(sums, key, money(line.usage().nanos()));
    }
    return strip(sums);
  }
}
