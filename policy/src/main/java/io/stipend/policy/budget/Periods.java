package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.IsoFields;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Period names, remembered while they last: a name costs microseconds to write and every
 * reservation needs several. The instant that is given decides alone; a clock that goes back gets
 * the name of the earlier period.
 */
final class Periods {
  private final Map<Calendar, Span> spans = new ConcurrentHashMap<>();

  private record Calendar(Every every, ZoneId zone) {}

  /** A name that is known to hold for every instant from {@code from}, up to {@code until}. */
  private record Span(String name, Instant from, @Nullable Instant until) {
    boolean holds(Instant instant) {
      return !instant.isBefore(from) && (until == null || instant.isBefore(until));
    }
  }

  /** The account that this budget is at an instant. */
  AccountKey account(BudgetRule rule, Instant now) {
    return new AccountKey(rule.budget(), span(rule, now).name, rule.unit());
  }

  /** When the account of this instant ends; null if never. */
  @Nullable Instant resetsAt(BudgetRule rule, Instant now) {
    return span(rule, now).until;
  }

  private Span span(BudgetRule rule, Instant now) {
    Calendar calendar = new Calendar(rule.every(), rule.zone());
    Span span = spans.get(calendar);
    if (span == null || !span.holds(now)) {
      Every every = rule.every();
      span = new Span(every.period(now, rule.zone()), now, every.endsAt(now, rule.zone()));
      spans.put(calendar, span);
    }
    return span;
  }

  /**
   * An instant by which a period of this name has ended in every zone of the world; null if it
   * never ends or is no name that {@link Every} writes.
   */
  static @Nullable Instant overEverywhere(String period) {
    LocalDate end = endDate(period);
    return end == null ? null : end.atStartOfDay(ZoneOffset.MIN).toInstant();
  }

  private static @Nullable LocalDate endDate(String period) {
    if (period.matches("\\d{4}-\\d{2}-\\d{2}")) {
      return LocalDate.parse(period).plusDays(1);
    }
    if (period.matches("\\d{4}(-(\\d{2}|[QW]\\d{1,2}))?")) {
      int year = Integer.parseInt(period.substring(0, 4));
      if (period.length() == 4) {
        return LocalDate.of(year + 1, 1, 1);
      }
      char kind = period.charAt(5);
      if (kind == 'W') {
        // The fourth of January is in week 1 of its year by definition.
        LocalDate inWeek =
            LocalDate.of(year, 1, 4).plusWeeks(Integer.parseInt(period.substring(6)) - 1L);
        return inWeek.plusDays(8L - inWeek.getDayOfWeek().getValue());
      }
      if (kind == 'Q') {
        return LocalDate.of(year, 1, 1)
            .plus(Integer.parseInt(period.substring(6)), IsoFields.QUARTER_YEARS);
      }
      return LocalDate.of(year, Integer.parseInt(period.substring(5)), 1).plusMonths(1);
    }
    return null;
  }
}
