package io.stipend.policy.budget;

import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import java.time.temporal.TemporalAdjusters;
import java.util.Locale;

/** How often an allowance is granted. A {@link Calendar} says where and when its periods are. */
public enum Every {
  /** From midnight to midnight; {@code 2026-11-23}. */
  DAY,
  /** ISO weeks, from Monday; {@code 2026-W48}. */
  WEEK,
  /** Calendar months; {@code 2026-11}. */
  MONTH,
  /** Three months of the fiscal year; {@code 2026-Q4}, or {@code FY2027-Q1}. */
  QUARTER,
  /** Fiscal years; {@code 2026}, or {@code FY2027} after the year in which it ends. */
  YEAR,
  /** Once and for all; {@code once}. */
  ONCE;

  private static final int MONTHS_OF_QUARTER = 3;
  private static final int MONTHS_OF_YEAR = 12;

  /** In words, to stand behind an amount: {@code a day}, {@code once}. */
  public String words() {
    String name = name().toLowerCase(Locale.ROOT);
    return this == ONCE ? name : "a " + name;
  }

  /** The first day of the period that holds a day. */
  LocalDate first(LocalDate day, int fiscalStart) {
    return switch (this) {
      case DAY -> day;
      case WEEK -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
      case MONTH -> day.withDayOfMonth(1);
      case QUARTER -> back(day, fiscalStart, MONTHS_OF_QUARTER);
      case YEAR -> back(day, fiscalStart, MONTHS_OF_YEAR);
      case ONCE -> LocalDate.MIN;
    };
  }

  private static LocalDate back(LocalDate day, int fiscalStart, int months) {
    return day.withDayOfMonth(1)
        .minusMonths(Math.floorMod(day.getMonthValue() - fiscalStart, months));
  }

  /** The first day of the period after one that begins on a day. */
  LocalDate after(LocalDate first) {
    return switch (this) {
      case DAY -> first.plusDays(1);
      case WEEK -> first.plusWeeks(1);
      case MONTH -> first.plusMonths(1);
      case QUARTER -> first.plusMonths(MONTHS_OF_QUARTER);
      case YEAR -> first.plusYears(1);
      case ONCE -> LocalDate.MAX;
    };
  }

  /** The name of the period that begins on a day, as account keys write it. */
  String name(LocalDate first, int fiscalStart) {
    return switch (this) {
      case DAY -> first.toString();
      case WEEK ->
          String.format(
              Locale.ROOT,
              "%04d-W%02d",
              first.get(IsoFields.WEEK_BASED_YEAR),
              first.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
      case MONTH -> String.format(Locale.ROOT, "%04d-%02d", first.getYear(), first.getMonthValue());
      case QUARTER -> {
        LocalDate year = YEAR.first(first, fiscalStart);
        long quarter = 1 + ChronoUnit.MONTHS.between(year, first) / MONTHS_OF_QUARTER;
        yield YEAR.name(year, fiscalStart) + "-Q" + quarter;
      }
      case YEAR ->
          String.format(
              Locale.ROOT,
              fiscalStart == 1 ? "%04d" : "FY%04d",
              first.plusMonths(MONTHS_OF_YEAR - 1L).getYear());
      case ONCE -> "once";
    };
  }
}
