package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.BERLIN;
import static io.stipend.policy.budget.Calls.NEW_YORK;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class EveryTest {
  @ParameterizedTest(name = "{0} at {1} in {2} is {3} and ends at {4}")
  @CsvSource({
    // The last and the first instant of a month, where the zones differ.
    "MONTH,   2026-11-30T22:59:59Z, Europe/Berlin,    2026-11,    2026-11-30T23:00:00Z",
    "MONTH,   2026-11-30T23:00:00Z, Europe/Berlin,    2026-12,    2026-12-31T23:00:00Z",
    "MONTH,   2026-11-30T23:00:00Z, America/New_York, 2026-11,    2026-12-01T05:00:00Z",
    "MONTH,   2026-12-01T05:00:00Z, America/New_York, 2026-12,    2027-01-01T05:00:00Z",
    // Leap days, and a year that has none.
    "MONTH,   2028-02-29T12:00:00Z, UTC,              2028-02,    2028-03-01T00:00:00Z",
    "DAY,     2028-02-29T23:59:59Z, UTC,              2028-02-29, 2028-03-01T00:00:00Z",
    "DAY,     2026-02-28T23:59:59Z, UTC,              2026-02-28, 2026-03-01T00:00:00Z",
    // A day of 23 hours, a day of 25, and days that begin at one o'clock or end twice.
    "DAY,     2026-03-29T10:00:00Z, Europe/Berlin,    2026-03-29, 2026-03-29T22:00:00Z",
    "DAY,     2026-10-25T10:00:00Z, Europe/Berlin,    2026-10-25, 2026-10-25T23:00:00Z",
    "DAY,     2026-10-25T00:30:00Z, Europe/Berlin,    2026-10-25, 2026-10-25T23:00:00Z",
    "DAY,     2026-10-25T01:30:00Z, Europe/Berlin,    2026-10-25, 2026-10-25T23:00:00Z",
    "DAY,     2018-11-04T02:00:00Z, America/Sao_Paulo, 2018-11-03, 2018-11-04T03:00:00Z",
    "DAY,     2018-11-04T03:00:00Z, America/Sao_Paulo, 2018-11-04, 2018-11-05T02:00:00Z",
    "DAY,     2019-02-17T02:30:00Z, America/Sao_Paulo, 2019-02-16, 2019-02-17T03:00:00Z",
    // ISO weeks belong to the year of their Thursday.
    "WEEK,    2026-12-31T12:00:00Z, UTC,              2026-W53,   2027-01-04T00:00:00Z",
    "WEEK,    2027-01-03T23:59:59Z, UTC,              2026-W53,   2027-01-04T00:00:00Z",
    "WEEK,    2027-01-04T00:00:00Z, UTC,              2027-W01,   2027-01-11T00:00:00Z",
    "WEEK,    2024-12-30T00:00:00Z, UTC,              2025-W01,   2025-01-06T00:00:00Z",
    "WEEK,    2026-11-23T00:00:00Z, UTC,              2026-W48,   2026-11-30T00:00:00Z",
    "QUARTER, 2026-12-31T22:59:59Z, Europe/Berlin,    2026-Q4,    2026-12-31T23:00:00Z",
    "QUARTER, 2026-03-31T22:00:00Z, Europe/Berlin,    2026-Q2,    2026-06-30T22:00:00Z",
    "QUARTER, 2028-02-29T00:00:00Z, UTC,              2028-Q1,    2028-04-01T00:00:00Z",
    "YEAR,    2026-12-31T23:30:00Z, Europe/Berlin,    2027,       2027-12-31T23:00:00Z",
    "YEAR,    2026-12-31T23:30:00Z, America/New_York, 2026,       2027-01-01T05:00:00Z",
    "ONCE,    2026-12-31T23:30:00Z, UTC,              once,       ",
  })
  void namesThePeriodAndItsEnd(
      Every every, Instant at, ZoneId zone, String period, Instant endsAt) {
    assertThat(Calendar.of(every, zone).period(at)).isEqualTo(period);
    assertThat(Calendar.of(every, zone).endsAt(at)).isEqualTo(endsAt);
  }

  @Test
  void oneInstantIsInTwoMonthsOfTwoZones() {
    Instant edge = Instant.parse("2026-12-01T02:00:00Z");
    assertThat(rule(Every.MONTH, BERLIN).account(edge).period()).isEqualTo("2026-12");
    assertThat(rule(Every.MONTH, NEW_YORK).account(edge).period()).isEqualTo("2026-11");
  }

  @ParameterizedTest
  @EnumSource(value = Every.class, names = "ONCE", mode = EnumSource.Mode.EXCLUDE)
  void periodsFollowEachOtherWithoutGapOrOverlap(Every every) {
    Random random = new Random(7);
    List<ZoneId> zones = ZoneId.getAvailableZoneIds().stream().sorted().map(ZoneId::of).toList();
    for (int i = 0; i < 4_000; i++) {
      ZoneId zone = zones.get(random.nextInt(zones.size()));
      Instant at = Instant.ofEpochSecond(random.nextLong(1_700_000_000L, 2_000_000_000L));
      String period = Calendar.of(every, zone).period(at);
      Instant end = Calendar.of(every, zone).endsAt(at);
      String what = "seed 7, step " + i + ", " + every + " at " + at + " in " + zone;
      assertThat(end).as(what).isAfter(at);
      assertThat(Calendar.of(every, zone).period(end.minusNanos(1))).as(what).isEqualTo(period);
      assertThat(Calendar.of(every, zone).period(end)).as(what).isNotEqualTo(period);
    }
  }

  @ParameterizedTest(name = "{0} from month {1} at {2} is {3}, {4} to {5}")
  @CsvSource({
    // Named after the year in which it ends; an October year is the next calendar year's.
    "YEAR,    10, 2026-09-30T23:59:59Z, FY2026,    2025-10-01, 2026-10-01",
    "YEAR,    10, 2026-10-01T00:00:00Z, FY2027,    2026-10-01, 2027-10-01",
    "QUARTER, 10, 2026-12-31T23:59:59Z, FY2027-Q1, 2026-10-01, 2027-01-01",
    "QUARTER, 10, 2027-01-01T00:00:00Z, FY2027-Q2, 2027-01-01, 2027-04-01",
    "QUARTER, 10, 2026-09-30T23:59:59Z, FY2026-Q4, 2026-07-01, 2026-10-01",
    "QUARTER, 2,  2028-02-29T12:00:00Z, FY2029-Q1, 2028-02-01, 2028-05-01",
    "QUARTER, 2,  2028-01-31T12:00:00Z, FY2028-Q4, 2027-11-01, 2028-02-01",
    "YEAR,    12, 2026-11-30T23:59:59Z, FY2026,    2025-12-01, 2026-12-01",
    "YEAR,    12, 2026-12-01T00:00:00Z, FY2027,    2026-12-01, 2027-12-01",
    // All other periods are those of the calendar.
    "MONTH,   10, 2026-10-01T00:00:00Z, 2026-10,   2026-10-01, 2026-11-01",
    "WEEK,    10, 2026-10-01T00:00:00Z, 2026-W40,  2026-09-28, 2026-10-05",
    "YEAR,    1,  2026-10-01T00:00:00Z, 2026,      2026-01-01, 2027-01-01",
  })
  void quartersAndYearsFollowTheFiscalYear(
      Every every, int month, Instant at, String period, LocalDate first, LocalDate after) {
    Calendar calendar = new Calendar(every, ZoneOffset.UTC, month);
    assertThat(calendar.period(at)).isEqualTo(period);
    assertThat(calendar.startsAt(at)).isEqualTo(first.atStartOfDay(ZoneOffset.UTC).toInstant());
    assertThat(calendar.endsAt(at)).isEqualTo(after.atStartOfDay(ZoneOffset.UTC).toInstant());
  }

  @ParameterizedTest
  @EnumSource(value = Every.class, names = "ONCE", mode = EnumSource.Mode.EXCLUDE)
  void aNameTellsThePeriodAndItsNeighbours(Every every) {
    Random random = new Random(17);
    List<ZoneId> zones = ZoneId.getAvailableZoneIds().stream().sorted().map(ZoneId::of).toList();
    for (int i = 0; i < 4_000; i++) {
      ZoneId zone = zones.get(random.nextInt(zones.size()));
      Calendar calendar = new Calendar(every, zone, 1 + random.nextInt(12));
      Instant at = Instant.ofEpochSecond(random.nextLong(1_700_000_000L, 2_000_000_000L));
      String period = calendar.period(at);
      String what = "seed 17, step " + i + ", " + calendar + " at " + at + " is " + period;
      Instant start = calendar.startsAt(at);
      Instant end = calendar.endsAt(at);
      assertThat(start).as(what).isBeforeOrEqualTo(at);
      assertThat(calendar.startOf(period)).as(what).isEqualTo(start);
      assertThat(calendar.endOf(period)).as(what).isEqualTo(end);
      assertThat(calendar.next(period)).as(what).isEqualTo(calendar.period(end));
      assertThat(calendar.previous(period))
          .as(what)
          .isEqualTo(calendar.period(start.minusNanos(1)));
      assertThat(calendar.previous(calendar.next(period))).as(what).isEqualTo(period);
    }
  }

  @Test
  void whatIsNoPeriodHasNoEndAndOnceHasNoNeighbours() {
    Calendar once = Calendar.of(Every.ONCE, BERLIN);
    assertThat(once.startsAt(Calls.NOW)).isNull();
    assertThat(once.next("once")).isNull();
    assertThat(once.previous("once")).isNull();
    Calendar monthly = Calendar.of(Every.MONTH, BERLIN);
    for (String name : List.of("once", "2026-13", "2026-02-29", "FY2026-11", "2026-Q5", "x")) {
      assertThat(monthly.startOf(name)).as(name).isNull();
      assertThat(monthly.endOf(name)).as(name).isNull();
      assertThat(monthly.next(name)).as(name).isNull();
    }
  }

  @Test
  void aBudgetThatWasMonthlyGoesOnInDays() {
    Calendar daily = Calendar.of(Every.DAY, ZoneOffset.UTC);
    assertThat(daily.endOf("2026-11")).isEqualTo(Instant.parse("2026-12-01T00:00:00Z"));
    assertThat(daily.next("2026-11")).isEqualTo("2026-12-01");
    assertThat(daily.previous("2026-11")).isEqualTo("2026-10-31");
  }

  @ParameterizedTest
  @EnumSource(Every.class)
  void rememberedNamesAreTheSameAsComputedOnes(Every every) {
    Random random = new Random(11);
    Periods periods = new Periods();
    Instant at = Instant.parse("2026-03-28T00:00:00Z");
    for (int i = 0; i < 5_000; i++) {
      BudgetRule rule = rule(every, random.nextBoolean() ? BERLIN : NEW_YORK);
      // Mostly forward, at times far back.
      at = at.plusSeconds(random.nextInt(-100_000, 120_000));
      AccountKey expected = rule.account(at);
      assertThat(periods.account(rule, at)).as("seed 11, step %s", i).isEqualTo(expected);
      assertThat(periods.resetsAt(rule, at)).isEqualTo(rule.resetsAt(at));
    }
  }

  private static BudgetRule rule(Every every, ZoneId zone) {
    return BudgetRule.of("person/ada/engineer", Unit.USD, 1, every, zone);
  }
}
