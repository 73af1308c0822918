package io.stipend.metering.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.report.RunRate.BackTest;
import io.stipend.metering.report.RunRate.Interval;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Forecasts by hand. The first day is a Monday. */
class RunRateTest {
  private static final LocalDate MONDAY = LocalDate.of(2026, 8, 31);

  /** Five days of 100 and a weekend of 20 each: 540 a week. */
  private static List<Long> weeks(int weeks) {
    List<Long> days = new ArrayList<>();
    for (int i = 0; i < weeks * 7; i++) {
      days.add(i % 7 < 5 ? 100L : 20L);
    }
    return days;
  }

  @Test
  void eachWeekdayGetsItsShare() {
    RunRate rate = new RunRate(MONDAY, weeks(10));

    assertThat(rate.mean(7)).isEqualTo(77);
    assertThat(rate.mean(28)).isEqualTo(77);
    assertThat(rate.days(9, 28))
        .containsExactly(100L, 100L, 100L, 100L, 100L, 20L, 20L, 100L, 100L);
    assertThat(rate.days(7, 7)).containsExactly(100L, 100L, 100L, 100L, 100L, 20L, 20L);
    assertThat(rate.backTest(28)).isEqualTo(new BackTest(28, 0L));
    assertThat(rate.interval(540, 7, 28)).as("never wrong").isEqualTo(new Interval(540, 540));
  }

  @Test
  void theShorterWindowFollowsFasterAndTheBackTestChoosesIt() {
    List<Long> days = new ArrayList<>(weeks(9));
    // The last four weeks grow: twice, three, four, five times as much.
    for (int week = 1; week <= 4; week++) {
      for (int day = 0; day < 7; day++) {
        days.set((4 + week) * 7 + day, days.get(day) * (1 + week));
      }
    }
    RunRate rate = new RunRate(MONDAY, days);

    // Mondays of the last 28 days: 200, 300, 400, 500; all 28 days: 540 × 14 = 7,560.
    assertThat(rate.day(63, 28, 0)).isEqualTo(350);
    // 2,700 of the last week × 7 × 1,400 / (7 × 7,560) = 500.
    assertThat(rate.day(63, 7, 0)).isEqualTo(500);
    assertThat(rate.better()).isEqualTo(7);
    assertThat(rate.backTest(7).error()).isLessThan(rate.backTest(28).error());
  }

  @Test
  void theBackTestIsTheSumOfErrorsOverTheSumOfUse() {
    // 28 days of 10, then 12, 8 and 10: forecast 10, then 282 / 28 × share of the weekday ...
    List<Long> days = new ArrayList<>(Collections.nCopies(28, 10L));
    days.add(12L);
    RunRate one = new RunRate(MONDAY, days);

    assertThat(one.backTest(28)).isEqualTo(new BackTest(1, 166_667L));
    assertThat(one.interval(100, 1, 28)).as("one residual says nothing").isNull();
  }

  @Test
  void errorsOfThePastGiveTheInterval() {
    // Weeks go up and down by a tenth around 70: forecasts of weeks are wrong by about that.
    List<Long> days = new ArrayList<>();
    for (int week = 0; week < 9; week++) {
      days.addAll(Collections.nCopies(7, week % 2 == 0 ? 11L : 9L));
    }
    RunRate rate = new RunRate(MONDAY, days);
    List<Long> residuals = rate.residuals(28, 7);

    assertThat(residuals).hasSize(28).isSorted();
    // The week of 11 after four weeks of 40 in all: (77 − 70) / 70.
    assertThat(residuals.get(27)).isEqualTo(100_000);
    assertThat(residuals.get(0)).isEqualTo(-100_000);
    Interval interval = rate.interval(1_000, 20, 28);
    assertThat(interval.low()).isEqualTo(1_000 + 1_000 * residuals.get(2) / 1_000_000);
    assertThat(interval.high()).isEqualTo(1_000 + 1_000 * residuals.get(25) / 1_000_000);
  }

  @Test
  void tooLittleHistoryIsSaid() {
    RunRate three = new RunRate(MONDAY, List.of(5L, 6L, 7L));
    assertThat(three.days(3, 28)).isEmpty();
    assertThat(three.mean(7)).isNull();

    RunRate eight = new RunRate(MONDAY, List.of(1L, 7L, 7L, 7L, 7L, 7L, 14L, 21L));
    assertThat(eight.days(2, 28)).as("no weekdays: 70 / 7").containsExactly(10L, 10L);
    assertThat(eight.backTest(28)).isEqualTo(new BackTest(0, null));
    assertThat(eight.interval(10, 1, 28)).isNull();
  }

  @Test
  void theHistoryBeginsWithTheFirstUseAndMayBeOfNothing() {
    RunRate rate = RunRate.of(MONDAY, new long[] {0, 0, 5, 0, 1});
    assertThat(rate.first()).isEqualTo(MONDAY.plusDays(2));
    assertThat(rate.nanos()).containsExactly(5L, 0L, 1L);
    assertThat(RunRate.of(MONDAY, new long[40]).days()).isZero();

    RunRate paused = new RunRate(MONDAY, Collections.nCopies(40, 0L));
    assertThat(paused.days(3, 28)).containsExactly(0L, 0L, 0L);
    assertThat(paused.backTest(28).error()).isNull();
  }
}
