package io.stipend.metering.report.statement;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The time of a statement: a calendar month, or the twelve of a calendar year.
 *
 * @param label as it is asked for: {@code 2026-11} or {@code 2026}
 * @param months in order
 */
public record StatementPeriod(String label, List<YearMonth> months) {
  private static final DateTimeFormatter TITLE =
      DateTimeFormatter.ofPattern("MMMM uuuu", Locale.ENGLISH);
  private static final int FIRST_YEAR = 2000;
  private static final int LAST_YEAR = 9998;
  private static final int MONTHS = 12;

  /** Copies. */
  public StatementPeriod {
    months = List.copyOf(months);
  }

  /**
   * A month.
   *
   * @param text such as {@code 2026-11}
   * @throws IllegalArgumentException if it is none
   */
  public static StatementPeriod month(String text) {
    try {
      if (text.matches("[0-9]{4}-[0-9]{2}")) {
        YearMonth month = YearMonth.parse(text);
        if (month.getYear() >= FIRST_YEAR && month.getYear() <= LAST_YEAR) {
          return of(month);
        }
      }
    } catch (DateTimeException e) {
      // Told below.
    }
    throw new IllegalArgumentException("month: " + text + " (expected: such as 2026-11)");
  }

  /** This month. */
  public static StatementPeriod of(YearMonth month) {
    return new StatementPeriod(month.toString(), List.of(month));
  }

  /**
   * A year.
   *
   * @param text such as {@code 2026}
   * @throws IllegalArgumentException if it is none
   */
  public static StatementPeriod year(String text) {
    if (text.matches("[0-9]{4}")) {
      int year = Integer.parseInt(text);
      if (year >= FIRST_YEAR && year <= LAST_YEAR) {
        List<YearMonth> months = new ArrayList<>();
        for (int month = 1; month <= MONTHS; month++) {
          months.add(Year.of(year).atMonth(month));
        }
        return new StatementPeriod(text, months);
      }
    }
    throw new IllegalArgumentException("year: " + text + " (expected: such as 2026)");
  }

  /** Whether it is a year. */
  public boolean isYear() {
    return months.size() > 1;
  }

  /** For people: {@code November 2026}. */
  public String title() {
    return isYear() ? label : TITLE.format(months.get(0));
  }

  /** The first instant in a zone. */
  Instant from(ZoneId zone) {
    return start(months.get(0), zone);
  }

  /** The instant after the last one in a zone. */
  Instant to(ZoneId zone) {
    return start(months.get(months.size() - 1).plusMonths(1), zone);
  }

  /** The first instant of each month but the first, and that after the last. */
  List<Instant> ends(ZoneId zone) {
    return months.stream().map(month -> start(month.plusMonths(1), zone)).toList();
  }

  private static Instant start(YearMonth month, ZoneId zone) {
    return month.atDay(1).atStartOfDay(zone).toInstant();
  }
}
