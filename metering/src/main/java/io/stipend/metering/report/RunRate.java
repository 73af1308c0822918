package io.stipend.metering.report;

import io.stipend.metering.report.page.Cell;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is used per day, from the complete days of a history, and what it says of days to come. Pure
 * and in whole numbers.
 *
 * <p>The rate over the last n days (7 or 28, so that each weekday counts as often) is spread over
 * weekdays as the last 28 days were: a day gets <em>rate × share of its weekday in 28 days ×
 * 7</em>. With less than 28 days of history all days get the same; with less than 7 there is no
 * forecast.
 *
 * @param first day of the history
 * @param nanos the cost of each of its days, without gaps; the day after the last one is forecast
 */
record RunRate(LocalDate first, List<Long> nanos) {
  /** A week: below it nothing is forecast. */
  static final int WEEK = 7;

  /** Four weeks: below it weekdays are not told apart. */
  static final int MONTH = 28;

  /** How many days are forecast again, each from what was known the day before. */
  static final int TESTED = 28;

  /** Below so many residuals there is no interval. */
  static final int LEAST_RESIDUALS = 14;

  /** The days of history that all of this looks at. */
  static final int LOOKED_AT = MONTH + TESTED + WEEK;

  /** Of the interval, in percent: four of five outcomes like those of the past are within. */
  static final int LOW = 10;

  static final int HIGH = 90;

  /** Copies. */
  RunRate {
    nanos = List.copyOf(nanos);
  }

  /** Days of history. */
  int days() {
    return nanos.size();
  }

  /** The day that is forecast first. */
  LocalDate today() {
    return first.plusDays(days());
  }

  /** The mean of the last so many days, rounded half up; null if there are not so many. */
  @Nullable Long mean(int window) {
    return days() < window
        ? null
        : Exactly.divided(BigInteger.valueOf(sum(days(), window)), BigInteger.valueOf(window));
  }

  /**
   * The forecast of one day.
   *
   * @param known days of the history that are known then
   * @param window 7 or 28
   * @param ahead 0 for the day after the last known one
   * @return null with too little history
   */
  @Nullable Long day(int known, int window, int ahead) {
    if (known < WEEK) {
      return null;
    }
    if (known < MONTH) {
      return Exactly.divided(BigInteger.valueOf(sum(known, WEEK)), BigInteger.valueOf(WEEK));
    }
    long month = sum(known, MONTH);
    long rate = sum(known, window);
    if (month <= 0) {
      return Exactly.divided(BigInteger.valueOf(rate), BigInteger.valueOf(window));
    }
    long weekday = 0;
    int position = Math.floorMod(ahead, WEEK);
    for (int week = 1; week <= MONTH / WEEK; week++) {
      weekday = Math.addExact(weekday, nanos.get(known - week * WEEK + position));
    }
    BigInteger part =
        BigInteger.valueOf(rate)
            .multiply(BigInteger.valueOf(weekday))
            .multiply(BigInteger.valueOf(WEEK));
    return Exactly.divided(part, BigInteger.valueOf(month).multiply(BigInteger.valueOf(window)));
  }

  /** The forecast of so many days from today on; empty with too little history. */
  List<Long> days(int count, int window) {
    List<Long> days = new ArrayList<>();
    for (int ahead = 0; ahead < count; ahead++) {
      Long day = day(days(), window, ahead);
      if (day == null) {
        return List.of();
      }
      days.add(Math.max(0, day));
    }
    return days;
  }

  /**
   * How wrong this would have been.
   *
   * @param tested the days that were forecast again
   * @param error the sum of absolute errors over the sum of what was used, in millionths (weighted
   *     absolute percentage error: one day of little use does not decide it); null if nothing was
   *     used
   */
  record BackTest(int tested, @Nullable Long error) {}

  /** Each of the last days forecast from what was known the day before. */
  BackTest backTest(int window) {
    int from = Math.max(MONTH, days() - TESTED);
    long errors = 0;
    long used = 0;
    int tested = 0;
    for (int day = from; day < days(); day++) {
      Long forecast = day(day, window, 0);
      if (forecast != null) {
        errors = Math.addExact(errors, Math.abs(nanos.get(day) - Math.max(0, forecast)));
        used = Math.addExact(used, nanos.get(day));
        tested++;
      }
    }
    return new BackTest(tested, used <= 0 ? null : Exactly.share(errors, used));
  }

  /** The window that would have been less wrong; the longer one if both are alike. */
  int better() {
    Long week = backTest(WEEK).error();
    Long month = backTest(MONTH).error();
    return week != null && month != null && week < month ? WEEK : MONTH;
  }

  /**
   * By which part of the forecast sums of days went beyond it, in millionths, ascending: one for
   * each start within the last days.
   *
   * @param together how many days are summed up, at most a week
   */
  List<Long> residuals(int window, int together) {
    List<Long> residuals = new ArrayList<>();
    int from = Math.max(MONTH, days() - TESTED - together + 1);
    for (int start = from; start + together <= days(); start++) {
      long forecast = 0;
      long used = 0;
      for (int ahead = 0; ahead < together; ahead++) {
        Long day = day(start, window, ahead);
        forecast = Math.addExact(forecast, day == null ? 0 : Math.max(0, day));
        used = Math.addExact(used, nanos.get(start + ahead));
      }
      if (forecast > 0) {
        residuals.add(Exactly.share(used - forecast, forecast));
      }
    }
    Collections.sort(residuals);
    return residuals;
  }

  /**
   * Between what a forecast of so many days lies, as errors of the past go.
   *
   * @param low at least 0
   */
  record Interval(long low, long high) {}

  /**
   * The interval of a sum of forecast days; null with too little history. Errors of more than a
   * week are taken to be as large a part as those of a week: wide rather than narrow.
   */
  @Nullable Interval interval(long forecast, int count, int window) {
    List<Long> residuals = residuals(window, Math.max(1, Math.min(WEEK, count)));
    if (residuals.size() < LEAST_RESIDUALS) {
      return null;
    }
    return new Interval(
        Math.max(0, beyond(forecast, Exactly.quantile(residuals, LOW))),
        Math.max(0, beyond(forecast, Exactly.quantile(residuals, HIGH))));
  }

  private static long beyond(long forecast, long millionths) {
    return Math.addExact(forecast, Exactly.times(forecast, millionths, Cell.WHOLE));
  }

  private long sum(int known, int window) {
    long sum = 0;
    for (int i = known - window; i < known; i++) {
      sum = Math.addExact(sum, nanos.get(i));
    }
    return sum;
  }

  /** The history without what came before its first use; empty if there was none. */
  static RunRate of(LocalDate first, long[] nanos) {
    int start = 0;
    while (start < nanos.length && nanos[start] == 0) {
      start++;
    }
    return new RunRate(
        first.plusDays(start), Arrays.stream(nanos, start, nanos.length).boxed().toList());
  }
}
