package io.stipend.policy.budget;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Short words for what the tests say about calls and budgets. */
final class Calls {
  static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
  static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  static final ZoneId NEW_YORK = ZoneId.of("America/New_York");

  private Calls() {}

  static BudgetRule person(String id, long amount) {
    return rule("person/" + id + "/engineer", Unit.USD, amount, Every.MONTH);
  }

  static BudgetRule tokens(String id, long amount) {
    return rule("person/" + id + "/intern", Unit.TOKENS, amount, Every.DAY);
  }

  static BudgetRule team(String id, long amount) {
    return rule("team/" + id, Unit.USD, amount, Every.MONTH);
  }

  static BudgetRule organisation(long amount) {
    return rule("organisation", Unit.USD, amount, Every.QUARTER);
  }

  static BudgetRule rule(String budget, Unit unit, long amount, Every every) {
    return BudgetRule.of(budget, unit, amount, every, ZoneOffset.UTC);
  }

  static BudgetRule withOvershoot(BudgetRule rule, long overshoot) {
    return rule.with(t -> t.overshoot(overshoot));
  }

  static BudgetRule withAmount(BudgetRule rule, long amount) {
    return rule.withAmount(amount);
  }

  static AttemptId attempt(long number) {
    return new AttemptId("x" + number, 1);
  }

  static AttemptFacts facts(String person) {
    return facts(person, 40, 60, 100);
  }

  static AttemptFacts facts(String person, long input, long output, long nanos) {
    return new AttemptFacts(
        person,
        "payments",
        "CC-1",
        null,
        "key-1",
        null,
        null,
        "openai-chat",
        "openai",
        "gpt-5",
        null,
        "builtin-1",
        "USD",
        input,
        output * 2,
        output,
        nanos);
  }

  static Charge both(long amount) {
    return new Charge(amount, amount);
  }

  /** A call whose output is not visible: all it can cost is held. */
  static Estimate whole(long hold) {
    return new Estimate(both(hold), both(hold), Charge.ZERO);
  }

  /** A visible stream: one step more than the hold is exposed. */
  static Estimate stream(long hold, long step) {
    return new Estimate(both(hold), both(hold + step), both(step));
  }

  static Reservation.Settlement costs(long charge) {
    return new Reservation.Settlement(
        NOW,
        both(charge),
        TokenUsage.of(charge, 0),
        UsageSource.REPORTED,
        "completed",
        200,
        "gpt-5",
        null,
        "req-1",
        "");
  }
}
