package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Period names, their bounds and their days, remembered while they last: a name costs microseconds
 * to write or to read, and every reservation needs several. What is given decides alone; a clock
 * that goes back gets the name of the earlier period.
 */
final class Periods {
  private final Map<Calendar, Span> spans = new ConcurrentHashMap<>();
  private final Map<Calendar, Bounds> bounds = new ConcurrentHashMap<>();

  /** The bounds of the period of a calendar that was last asked for by its name. */
  private record Bounds(
      String name, Calendar.@Nullable Days days, @Nullable Instant start, @Nullable Instant end) {}

  /** A name that is known to hold for every instant from {@code from}, up to {@code until}. */
  private record Span(String name, Calendar.Days days, Instant from, @Nullable Instant until) {
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

  /**
   * What the period of an account grants: the amount, prorated and rounded down once.
   *
   * @param now decides where the name says no days: {@code once}
   */
  long amount(BudgetRule rule, String period, Instant now) {
    if (rule.proration().isWhole()) {
      return rule.amount();
    }
    Calendar.Days days = bounds(rule.calendar(), period).days;
    return rule.proration()
        .of(rule.amount(), rule.every(), days == null ? span(rule, now).days : days);
  }

  /** As {@link Calendar#endOf}. */
  @Nullable Instant endOf(Calendar calendar, String period) {
    return bounds(calendar, period).end;
  }

  private Bounds bounds(Calendar calendar, String period) {
    Bounds known = bounds.get(calendar);
    if (known == null || !known.name.equals(period)) {
      known =
          new Bounds(
              period, calendar.days(period), calendar.startOf(period), calendar.endOf(period));
      bounds.put(calendar, known);
    }
    return known;
  }

  private Span span(BudgetRule rule, Instant now) {
    Calendar calendar = rule.calendar();
    Span span = spans.get(calendar);
    if (span == null || !span.holds(now)) {
      span = new Span(calendar.period(now), calendar.days(now), now, calendar.endsAt(now));
      spans.put(calendar, span);
    }
    return span;
  }
}
