package io.stipend.policy.bench;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Calendar;
import io.stipend.policy.budget.Estimate;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.Proration;
import io.stipend.policy.budget.Reservation;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;

/**
 * What the benchmarks do: calls of people who have a budget of their own, in teams, in groups, in
 * one organisation, four accounts each. Nobody runs out.
 */
final class Workload {
  static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final ZoneId NEW_YORK = ZoneId.of("America/New_York");
  private static final long PLENTY = 1L << 55;
  private static final int TEAM_SIZE = 20;
  private static final int GROUP_SIZE = 200;
  private static final Charge HOLD = new Charge(2_500_000, 1_400);
  private static final Charge STEP = new Charge(500_000, 256);
  private static final Estimate STREAM = new Estimate(HOLD, HOLD.plus(STEP), STEP);
  private static final Charge COST = new Charge(2_000_000, 1_100);
  private static final TokenUsage USAGE = TokenUsage.of(400, 700);

  private final List<List<BudgetRule>> rules;
  private final List<AttemptFacts> facts;

  /**
   * People.
   *
   * @param partTime whether they work part time, so that what they are granted is worked out
   */
  Workload(int people, boolean partTime) {
    rules = new ArrayList<>(people);
    facts = new ArrayList<>(people);
    BudgetRule organisation = shared("organisation", Every.QUARTER);
    BudgetRule team = organisation;
    BudgetRule group = organisation;
    for (int i = 0; i < people; i++) {
      team = i % TEAM_SIZE == 0 ? shared("team/t" + i / TEAM_SIZE, Every.MONTH) : team;
      group = i % GROUP_SIZE == 0 ? shared("group/g" + i / GROUP_SIZE, Every.MONTH) : group;
      rules.add(List.of(own(i, partTime), team, group, organisation));
      facts.add(facts("p" + i));
    }
  }

  private static BudgetRule own(int person, boolean partTime) {
    ZoneId zone = person % 2 == 0 ? BERLIN : NEW_YORK;
    BudgetRule own =
        BudgetRule.of("person/p" + person + "/engineer", Unit.USD, PLENTY, Every.MONTH, zone);
    return partTime ? own.withProration(new Proration(LocalDate.of(2026, 11, 16), null, 800)) : own;
  }

  private static BudgetRule shared(String budget, Every every) {
    return BudgetRule.of(budget, Unit.USD, PLENTY, every, BERLIN)
        .withCalendar(Calendar.of(every, BERLIN));
  }

  static AttemptFacts facts(String person) {
    return new AttemptFacts(
        person,
        "payments",
        "CC-4410",
        null,
        "key-" + person,
        null,
        "sdk/1.0",
        "openai-chat",
        "openai",
        "gpt-5",
        null,
        "builtin-1",
        "USD",
        400,
        4_096,
        1_024,
        2_500_000);
  }

  int people() {
    return rules.size();
  }

  List<BudgetRule> rules(int person) {
    return rules.get(person);
  }

  /** As long as the ids of a gateway: 32 hex digits. */
  static AttemptId attempt(long number) {
    StringBuilder id = new StringBuilder(32).append("019ab8f3c2d17a4e");
    String hex = Long.toHexString(number);
    return new AttemptId(
        id.append("0000000000000000", 0, 16 - hex.length()).append(hex).toString(), 1);
  }

  static Estimate estimate() {
    return STREAM;
  }

  static Reservation.Settlement settlement() {
    return new Reservation.Settlement(
        NOW,
        COST,
        USAGE,
        UsageSource.REPORTED,
        "completed",
        200,
        "gpt-5",
        null,
        "chatcmpl-9f1c0a7b33",
        "");
  }

  /** Reserves for a person; waits for accounts that are not in memory; null if refused. */
  Reservation reserve(Budgets budgets, int person, long number) {
    return reserve(budgets, rules.get(person), facts.get(person), number, NOW);
  }

  /** The same at an instant. */
  Reservation reserve(Budgets budgets, int person, long number, Instant at) {
    return reserve(budgets, rules.get(person), facts.get(person), number, at);
  }

  static Reservation reserve(
      Budgets budgets, List<BudgetRule> rules, AttemptFacts facts, long number) {
    return reserve(budgets, rules, facts, number, NOW);
  }

  private static Reservation reserve(
      Budgets budgets, List<BudgetRule> rules, AttemptFacts facts, long number, Instant at) {
    AttemptId id = attempt(number);
    while (true) {
      Budgets.Result result = budgets.reserve(id, facts, rules, STREAM, at);
      if (result instanceof Budgets.Cold cold) {
        cold.warm().join();
      } else if (result instanceof Budgets.Held held) {
        return held.reservation();
      } else if (result instanceof Budgets.Unavailable) {
        return null;
      } else {
        throw new IllegalStateException(result + " (expected: money for every call)");
      }
    }
  }
}
