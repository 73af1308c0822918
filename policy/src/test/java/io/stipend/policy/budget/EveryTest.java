package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.BERLIN;
import static io.stipend.policy.budget.Calls.NEW_YORK;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import java.time.Instant;
import java.time.ZoneId;
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
    assertThat(every.period(at, zone)).isEqualTo(period);
    assertThat(every.endsAt(at, zone)).isEqualTo(endsAt);
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
    for (int i = 0; i < 20_000; i++) {
      ZoneId zone = zones.get(random.nextInt(zones.size()));
      Instant at = Instant.ofEpochSecond(random.nextLong(1_700_000_000L, 2_000_000_000L));
      String period = every.period(at, zone);
      Instant end = every.endsAt(at, zone);
      String what = "seed 7, step " + i + ", " + every + " at " + at + " in " + zone;
      assertThat(end).as(what).isAfter(at);
      assertThat(every.period(end.minusNanos(1), zone)).as(what).isEqualTo(period);
      assertThat(every.period(end, zone)).as(what).isNotEqualTo(period);
    }
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
    return new BudgetRule("person/ada/engineer", Unit.USD, 1, every, zone, List.of(), 0, -1);
  }
}
