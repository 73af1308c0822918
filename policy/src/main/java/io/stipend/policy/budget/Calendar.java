package io.stipend.policy.budget;

import io.stipend.metering.report.statement.StatementRequest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which periods a budget has: how often, in whose zone, and when the fiscal year begins. Pure: the
 * instant or the name that is given decides alone.
 *
 * @param every how often
 * @param zone whose midnights begin and end the periods
 * @param fiscalStart the month, 1 to 12, in which the years of quarters and years begin
 */
public record Calendar(Every every, ZoneId zone, int fiscalStart) {
  /** The month in which fiscal years begin unless the file says otherwise. */
  public static final int JANUARY = 1;

  private static final int MAX_MONTH = 12;

  /** Fiscal, year, month, day, week, quarter. */
  private static final Pattern NAME =
      Pattern.compile("(FY)?(\\d{4})(?:-(?:(\\d{2})(?:-(\\d{2}))?|W(\\d{2})|Q([1-4])))?");

  /** Checks the month. */
  public Calendar {
    if (fiscalStart < JANUARY || fiscalStart > MAX_MONTH) {
      throw new IllegalArgumentException("fiscalStart: " + fiscalStart + " (expected: 1..12)");
    }
  }

  /** The calendar whose years begin in January. */
  public static Calendar of(Every every, ZoneId zone) {
    return new Calendar(every, zone, JANUARY);
  }

  /**
   * The days of a period.
   *
   * @param first its first day
   * @param after the first day of the next one
   */
  record Days(LocalDate first, LocalDate after) {
    /** How many there are. */
    long count() {
      return ChronoUnit.DAYS.between(first, after);
    }
  }

  /** The days of the period that holds this instant. */
  Days days(Instant instant) {
    LocalDate first = every.first(instant.atZone(zone).toLocalDate(), fiscalStart);
    return new Days(first, every.after(first));
  }

  /** The name of the period that holds this instant, as account keys write it. */
  public String period(Instant instant) {
    return every.name(days(instant).first(), fiscalStart);
  }

  /** The first instant of the period that holds this one; null if it has none: {@code once}. */
  public @Nullable Instant startsAt(Instant instant) {
    return every == Every.ONCE ? null : midnight(days(instant).first());
  }

  /** The first instant of the next period; null if there is none. */
  public @Nullable Instant endsAt(Instant instant) {
    return every == Every.ONCE ? null : midnight(days(instant).after());
  }

  /**
   * The first instant of a named period, also of one that is not {@link #every} so long: a budget
   * may have been monthly before it was weekly. Null if it is {@code once} or no period's name.
   */
  public @Nullable Instant startOf(String period) {
    Days days = days(period);
    return days == null ? null : midnight(days.first());
  }

  /** The first instant after a named period; null if it never ends or is no period's name. */
  public @Nullable Instant endOf(String period) {
    Days days = days(period);
    return days == null ? null : midnight(days.after());
  }

  /**
   * Whether this is the name of a period of this calendar, not of one that is longer or shorter.
   */
  public boolean names(String period) {
    Instant start = startOf(period);
    return start == null
        ? every == Every.ONCE && period(Instant.EPOCH).equals(period)
        : period(start).equals(period);
  }

  /** The calendar in the same zone that a name is a period of; null if it names none that ends. */
  @Nullable Calendar of(String period) {
    for (Every other : Every.values()) {
      Calendar calendar = new Calendar(other, zone, fiscalStart);
      if (other != Every.ONCE && calendar.names(period)) {
        return calendar;
      }
    }
    return null;
  }

  /** The name of the period of this calendar that follows a named one; null if none does. */
  public @Nullable String next(String period) {
    Instant end = endOf(period);
    return end == null || every == Every.ONCE ? null : period(end);
  }

  /** The name of the period of this calendar that ends where a named one begins; null if none. */
  public @Nullable String previous(String period) {
    Instant start = startOf(period);
    return start == null || every == Every.ONCE ? null : period(start.minusNanos(1));
  }

  /** The instants of named periods of whatever kind, for statements. */
  public StatementRequest.Bounds bounds() {
    return new StatementRequest.Bounds() {
      @Override
      public @Nullable Instant startOf(String period) {
        return Calendar.this.startOf(period);
      }

      @Override
      public @Nullable Instant endOf(String period) {
        return Calendar.this.endOf(period);
      }
    };
  }

  private Instant midnight(LocalDate day) {
    return day.atStartOfDay(zone).toInstant();
  }

  /** The days of a named period; null if it is {@code once} or no period's name. */
  @Nullable Days days(String period) {
    Matcher name = NAME.matcher(period);
    if (!name.matches()) {
      return null;
    }
    boolean fiscal = name.group(1) != null;
    int year = Integer.parseInt(name.group(2));
    try {
      if (name.group(3) != null || name.group(5) != null) {
        return fiscal ? null : calendarDays(name, year);
      }
      int start = fiscal ? fiscalStart : JANUARY;
      LocalDate first = LocalDate.of(start == JANUARY ? year : year - 1, start, 1);
      if (name.group(6) == null) {
        return new Days(first, Every.YEAR.after(first));
      }
      for (int quarter = 1; quarter < Integer.parseInt(name.group(6)); quarter++) {
        first = Every.QUARTER.after(first);
      }
      return new Days(first, Every.QUARTER.after(first));
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static Days calendarDays(Matcher name, int year) {
    Every kind;
    LocalDate first;
    if (name.group(5) != null) {
      kind = Every.WEEK;
      // The fourth of January is in week 1 of its year by definition.
      LocalDate inWeek = LocalDate.of(year, 1, 4).plusWeeks(Integer.parseInt(name.group(5)) - 1L);
      first = kind.first(inWeek, JANUARY);
    } else {
      kind = name.group(4) == null ? Every.MONTH : Every.DAY;
      int day = name.group(4) == null ? 1 : Integer.parseInt(name.group(4));
      first = LocalDate.of(year, Integer.parseInt(name.group(3)), day);
    }
    return new Days(first, kind.after(first));
  }
}
