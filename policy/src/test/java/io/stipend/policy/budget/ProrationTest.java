package io.stipend.policy.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.Unit;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ProrationTest {
  private static BudgetRule rule(Every every, Proration proration, long amount) {
    return BudgetRule.of("person/ada", Unit.USD, amount, every, ZoneOffset.UTC)
        .withProration(proration);
  }

  @ParameterizedTest(name = "{0} from {1} to {2} at {3} thousandths on {4} gets {5} of 3,100")
  @CsvSource({
    // Joins and leaves; both days count.
    "MONTH,   2026-12-31, ,           1000, 2026-12-31, 100",
    "MONTH,   2026-12-16, ,           1000, 2026-12-31, 1600",
    "MONTH,   2026-12-16, ,           1000, 2027-01-01, 3100",
    "MONTH,   ,           2026-12-01, 1000, 2026-12-01, 100",
    "MONTH,   2026-12-10, 2026-12-12, 1000, 2026-12-11, 300",
    "MONTH,   2026-12-10, 2026-12-10, 1000, 2026-12-10, 100",
    "MONTH,   2026-12-01, 2026-12-31, 1000, 2026-12-10, 3100",
    // The leap day, a month of 28 days; rounded down once.
    "MONTH,   2028-02-29, ,           1000, 2028-02-29, 106",
    "MONTH,   2026-02-28, ,           1000, 2026-02-28, 110",
    "MONTH,   2026-02-28, ,           333,  2026-02-28, 36",
    // Part time, and days that end as they begin.
    "MONTH,   ,           ,           500,  2026-12-10, 1550",
    "DAY,     2026-12-10, ,           1,    2026-12-10, 3",
    "WEEK,    2026-11-29, ,           1000, 2026-11-29, 442",
    "QUARTER, 2026-12-31, ,           1000, 2026-12-31, 33",
    "YEAR,    2026-12-31, ,           1000, 2026-12-31, 8",
    // Nothing before the first and after the last day.
    "MONTH,   2026-12-10, 2026-12-12, 1000, 2026-11-11, 0",
    "MONTH,   2026-12-10, 2026-12-12, 1000, 2027-01-11, 0",
    // What is granted once knows part time only.
    "ONCE,    2026-12-10, 2026-12-12, 500,  2026-12-11, 1550",
  })
  void grantsThePartOfThePeriodThatSomebodyIsThere(
      Every every, LocalDate since, LocalDate until, int fte, LocalDate day, long granted) {
    BudgetRule rule = rule(every, new Proration(since, until, fte), 3_100);
    assertThat(rule.amount(day.atTime(12, 0).toInstant(ZoneOffset.UTC))).isEqualTo(granted);
    assertThat(rule.amount()).isEqualTo(3_100);
  }

  @ParameterizedTest
  @EnumSource(value = Every.class, names = "ONCE", mode = EnumSource.Mode.EXCLUDE)
  void isExactForTheGreatestAmounts(Every every) {
    Random random = new Random(19);
    for (int i = 0; i < 5_000; i++) {
      LocalDate since = LocalDate.of(2026, 1, 1).plusDays(random.nextInt(1_000));
      LocalDate until = since.plusDays(random.nextInt(200));
      int fte = 1 + random.nextInt(1_000);
      long amount = random.nextLong(Long.MAX_VALUE);
      Instant at =
          since.plusDays(random.nextInt(200) - 50L).atStartOfDay().toInstant(ZoneOffset.UTC);
      BudgetRule rule = rule(every, new Proration(since, until, fte), amount);
      long days = 0;
      long there = 0;
      for (Instant day = rule.calendar().startsAt(at);
          day.isBefore(rule.resetsAt(at));
          day = day.plusSeconds(86_400)) {
        LocalDate date = LocalDate.ofInstant(day, ZoneOffset.UTC);
        days++;
        there += date.isBefore(since) || date.isAfter(until) ? 0 : 1;
      }
      BigDecimal expected =
          BigDecimal.valueOf(amount)
              .multiply(BigDecimal.valueOf(fte * there))
              .divide(BigDecimal.valueOf(1_000 * days), 0, RoundingMode.DOWN);
      assertThat(rule.amount(at))
          .as("seed 19, step %s, %s at %s", i, rule, at)
          .isEqualTo(expected.longValueExact());
    }
  }

  @Test
  void isTheWholeAmountUnlessSomethingIsSaid() {
    BudgetRule rule = rule(Every.MONTH, Proration.WHOLE, Long.MAX_VALUE);
    assertThat(rule.amount(Calls.NOW)).isEqualTo(Long.MAX_VALUE);
    assertThat(new Proration(null, null, 1_000).isWhole()).isTrue();
  }

  @Test
  void refusesWhatCannotBe() {
    LocalDate day = LocalDate.of(2026, 12, 10);
    assertThatThrownBy(() -> new Proration(day, day.minusDays(1), 1_000))
        .hasMessageContaining("until: 2026-12-09 (expected: not before since, 2026-12-10)");
    assertThatThrownBy(() -> new Proration(null, null, 0))
        .hasMessageContaining("fteThousandths: 0");
    assertThatThrownBy(() -> new Proration(null, null, 1_001)).hasMessageContaining("1001");
  }
}
