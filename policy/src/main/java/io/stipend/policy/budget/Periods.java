package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import java.time.Instant;
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
    Calendar calendar = rule.calendar();
    Span span = spans.get(calendar);
    if (span == null || !span.holds(now)) {
      span = new Span(calendar.period(now), now, calendar.endsAt(now));
      spans.put(calendar, span);
    }
    return span;
  }
}
