package io.stipend.metering.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.Books.Call;
import io.stipend.metering.report.UsageForecast.Kind;
import io.stipend.metering.report.UsageForecast.Remaining;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageForecastTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  /** Monday, 23 November, at noon in Berlin. */
  private static final Instant NOW = Instant.parse("2026-11-23T11:00:00Z");

  private static final Instant MONTH_END = Instant.parse("2026-11-30T23:00:00Z");

  @TempDir Path data;

  private Read report(Remaining... remaining) {
    try (LedgerReader reader = LedgerReader.open(data)) {
      return Read.of(
          UsageForecast.report(
              reader, new UsageForecast.Terms(NOW, BERLIN, "USD", List.of(remaining))));
    }
  }

  /** From a day on: ada of red 100 on working days and 20 at weekends, bob of blue 7 every day. */
  private void steady(LocalDate from) throws Exception {
    try (Books books = new Books(data, NOW)) {
      for (LocalDate day = from; day.isBefore(LocalDate.of(2026, 11, 23)); day = day.plusDays(1)) {
        Instant noon = day.atTime(12, 0).atZone(BERLIN).toInstant();
        boolean working = day.getDayOfWeek().getValue() < 6;
        books.call(new Call(noon).by("ada", "red", "CC-1").cost(working ? 100 : 20));
        books.call(new Call(noon).by("bob", "blue", "CC-2").cost(7));
      }
      // Today so far.
      books.call(new Call("2026-11-22T23:30:00Z").by("ada", "red", "CC-1").cost(30));
    }
  }

  @Test
  void theMonthAtItsEndIsWhatWasAndWhatTheWeekdaysLeftWillBring() throws Exception {
    steady(LocalDate.of(2026, 8, 31));
    Read report = report();

    // Working days 2 to 20 November: 15, weekends 7 days (1, 7, 8, 14, 15, 21, 22), and 30 today.
    var red = report.row("projection", "team", "red");
    assertThat(red.path("to_date").asText()).isEqualTo("0.00000167");
    // Left: today 100, of which 30 are there, 24 to 27 November and the 30th 100, a weekend 40.
    assertThat(red.path("rest").asText()).isEqualTo("0.00000061");
    assertThat(red.path("month_end").asText()).isEqualTo("0.00000228");
    assertThat(red.path("backtest_error").asText()).isEqualTo("0");
    assertThat(red.path("tested_days").asLong()).isEqualTo(28);
    assertThat(red.path("low").asText()).isEqualTo("0.00000228");
    var all = report.row("projection", "team", "All together");
    // Blue: 22 days to date, 8 to come.
    assertThat(all.path("month_end").asText()).isEqualTo("0.00000249");
    assertThat(report.json().path("month_end").asText()).isEqualTo("0.00000249");
    assertThat(report.json().path("today").asText()).isEqualTo("2026-11-23");
  }

  @Test
  void aBudgetThatEndsBeforeItsPeriodIsNamedWithItsDay() throws Exception {
    steady(LocalDate.of(2026, 8, 31));
    Read report =
        report(
            // 70 today, 100 on Tuesday and on Wednesday.
            new Remaining(Kind.PERSON, "ada", 270, MONTH_END),
            new Remaining(Kind.PERSON, "bob", 56, MONTH_END),
            new Remaining(Kind.PERSON, "bob", 57, MONTH_END),
            new Remaining(Kind.PERSON, "eve", 1, MONTH_END),
            new Remaining(Kind.TEAM, "red", 610, MONTH_END),
            new Remaining(Kind.TEAM, "blue", 0, MONTH_END),
            new Remaining(Kind.ORGANISATION, "", 5_000, null));

    assertThat(report.column("exhaustion", "kind"))
        .containsExactly("organisation", "team", "team", "person", "person");
    assertThat(report.column("exhaustion", "owner"))
        .containsExactly("", "blue", "red", "ada", "bob");
    assertThat(report.column("exhaustion", "runs_out"))
        .as("5,000 − 559 − 7 weeks × 589 = 318 are left on Monday, 18 January: 107 a day")
        .containsExactly("2027-01-20", "2026-11-23", "2026-11-30", "2026-11-25", "2026-11-30");
    assertThat(report.everything()).contains("of 7 budgets; 1 have less than 7 days of history");
  }

  @Test
  void tooLittleHistoryGivesNoForecastAndSaysSo() throws Exception {
    steady(LocalDate.of(2026, 11, 19));
    Read report = report(new Remaining(Kind.PERSON, "ada", 1, MONTH_END));

    var all = report.row("projection", "team", "All together");
    assertThat(all.path("month_end").isNull()).isTrue();
    assertThat(all.path("low").isNull()).isTrue();
    assertThat(report.json().path("exhaustion")).isEmpty();
    assertThat(report.json().path("notes").get(0).asText())
        .startsWith("No forecast: 4 complete days of history (expected: at least 7).");
  }

  @Test
  void aFewWeeksGiveAForecastWithoutWeekdaysOrInterval() throws Exception {
    steady(LocalDate.of(2026, 11, 9));
    Read report = report();

    var blue = report.row("projection", "team", "blue");
    assertThat(blue.path("rest").asText()).isEqualTo("0.000000056");
    assertThat(blue.path("low").isNull()).isTrue();
    assertThat(blue.path("backtest_error").isNull()).isTrue();
    assertThat(blue.path("window").asLong()).isEqualTo(7);
    assertThat(report.json().path("notes").get(0).asText()).startsWith("Only 14 complete days");
  }

  @Test
  void anEmptyLedgerHasAReportToo() throws Exception {
    try (Books books = new Books(data, NOW)) {
      assertThat(books.nanos()).isZero();
    }
    assertThat(report().json().path("month_end").isNull()).isTrue();
  }
}
