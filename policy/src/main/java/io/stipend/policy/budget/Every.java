package io.stipend.policy.budget;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.IsoFields;
import java.time.temporal.TemporalAdjusters;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How often an allowance is granted. Periods are those of the calendar in a zone. */
public enum Every {
  /** From midnight to midnight; {@code 2026-11-23}. */
  DAY,
  /** ISO weeks, from Monday; {@code 2026-W48}. */
  WEEK,
  /** Calendar months; {@code 2026-11}. */
  MONTH,
  /** Calendar quarters; {@code 2026-Q4}. */
  QUARTER,
  /** Calendar years; {@code 2026}. */
  YEAR,
  /** Once and for all; {@code once}. */
  ONCE;

  /** The name of the period that holds this instant, as account keys write it. */
  public String period(Instant instant, ZoneId zone) {
    LocalDate day = instant.atZone(zone).toLocalDate();
    return switch (this) {
      case DAY -> day.toString();
      case WEEK ->
          String.format(
              Locale.ROOT,
              "%04d-W%02d",
              day.get(IsoFields.WEEK_BASED_YEAR),
              day.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
      case MONTH -> String.format(Locale.ROOT, "%04d-%02d", day.getYear(), day.getMonthValue());
      case QUARTER ->
          String.format(Locale.ROOT, "%04d-Q%d", day.getYear(), day.get(IsoFields.QUARTER_OF_YEAR));
      case YEAR -> String.format(Locale.ROOT, "%04d", day.getYear());
      case ONCE -> "once";
    };
  }

  /** The first instant of the next period; null if there is none. */
  public @Nullable Instant endsAt(Instant instant, ZoneId zone) {
    LocalDate day = instant.atZone(zone).toLocalDate();
    LocalDate next =
        switch (this) {
          case DAY -> day.plusDays(1);
          case WEEK -> day.with(TemporalAdjusters.next(DayOfWeek.MONDAY));
          case MONTH -> day.with(TemporalAdjusters.firstDayOfNextMonth());
          case QUARTER -> day.with(IsoFields.DAY_OF_QUARTER, 1L).plus(1, IsoFields.QUARTER_YEARS);
          case YEAR -> day.with(TemporalAdjusters.firstDayOfNextYear());
          case ONCE -> null;
        };
    return next == null ? null : next.atStartOfDay(zone).toInstant();
  }
}
