package io.stipend.policy.simulation;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Calendar;
import io.stipend.policy.budget.CarryOver;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.Proration;
import io.stipend.policy.budget.Rules;
import io.stipend.policy.budget.WhenShort;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/** The quota file of a simulated company, and its edits. */
final class Company {
  static final List<String> PEOPLE = List.of("ada", "bob", "cyd");
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  private final Map<String, BudgetRule> rules = new LinkedHashMap<>();
  private final Map<String, List<String>> bound = new HashMap<>();
  private final Set<String> removed = new TreeSet<>();

  Company(Random random) {
    ZoneId newYork = ZoneId.of("America/New_York");
    add("person/ada/month", Unit.USD, 600, Every.MONTH, newYork, random);
    add("person/ada/day", Unit.USD, 250, Every.DAY, newYork, random);
    add("person/bob/week", Unit.TOKENS, 500, Every.WEEK, BERLIN, random);
    add("person/cyd/month", Unit.USD, 500, Every.MONTH, BERLIN, random);
    add("person/cyd/day", Unit.TOKENS, 300, Every.DAY, BERLIN, random);
    add("team/payments", Unit.USD, 1_500, Every.MONTH, BERLIN, random);
    add("pool/payments", Unit.USD, 400, Every.MONTH, BERLIN, random);
    add("organisation", Unit.USD, 4_000, Every.QUARTER, BERLIN, random);
    bound.put("ada", List.of("person/ada/month", "person/ada/day", "team/payments"));
    bound.put("bob", List.of("person/bob/week", "team/payments"));
    bound.put("cyd", List.of("person/cyd/month", "person/cyd/day"));
  }

  private void add(String budget, Unit unit, long amount, Every every, ZoneId zone, Random random) {
    long some = amount / 3 + random.nextInt((int) amount);
    rules.put(budget, edited(BudgetRule.of(budget, unit, some, every, zone), random, 8));
  }

  private static BudgetRule edited(BudgetRule rule, Random random, int times) {
    BudgetRule edited = rule;
    for (int i = 0; i < times; i++) {
      long part = 1 + random.nextInt((int) Math.max(1, rule.amount() / 3));
      edited =
          switch (random.nextInt(7)) {
            case 0 -> edited.with(t -> t.carryOver(carryOver(random, part)));
            case 1 -> edited.with(t -> t.overdraft(random.nextInt(3) * part));
            case 2 -> edited.with(t -> t.finish(random.nextInt(2) * part));
            case 3 -> edited.with(t -> t.advance(random.nextInt(2) * part));
            case 4 ->
                edited.with(t -> t.transfer(random.nextBoolean() ? Long.MAX_VALUE : 3 * part));
            case 5 -> edited.with(t -> t.overshoot(random.nextInt(4) == 0 ? 40 : -1));
            default ->
                edited.with(
                    t -> t.whenShort(WhenShort.CLAMP, WhenShort.OVERDRAFT, WhenShort.FINISH));
          };
    }
    return edited;
  }

  private static CarryOver carryOver(Random random, long part) {
    return switch (random.nextInt(4)) {
      case 0 -> CarryOver.NONE;
      case 1 -> CarryOver.all(1 + random.nextInt(3));
      default -> new CarryOver(part, 1 + random.nextInt(3));
    };
  }

  /** An edit of the file; says what. */
  String edit(Random random, Instant now) {
    String person = PEOPLE.get(random.nextInt(PEOPLE.size()));
    List<String> budgets = List.copyOf(rules.keySet());
    String budget = budgets.get(random.nextInt(budgets.size()));
    BudgetRule rule = rules.get(budget);
    int kind = random.nextInt(8);
    if (kind == 0) {
      removed.add(person);
      return person + " is removed";
    } else if (kind <= 2) {
      removed.remove(person);
      return person + " is there";
    } else if (kind == 3) {
      LocalDate day = now.atZone(rule.zone()).toLocalDate();
      LocalDate since = random.nextBoolean() ? day.minusDays(random.nextInt(20)) : null;
      LocalDate until = random.nextBoolean() ? day.plusDays(random.nextInt(40)) : null;
      rule = rule.withProration(new Proration(since, until, 250 + 250 * random.nextInt(4)));
    } else if (kind <= 5) {
      rule = rule.withAmount(random.nextInt(1 + (int) rule.amount() * 2));
    } else {
      rule = edited(rule, random, 1);
    }
    rules.put(budget, rule);
    return budget + " is " + rule.amount() + " " + rule.terms() + " " + rule.proration();
  }

  boolean isThere(String person) {
    return !removed.contains(person);
  }

  List<BudgetRule> rulesOf(String person) {
    List<BudgetRule> all = new ArrayList<>();
    bound.get(person).forEach(budget -> all.add(rules.get(budget)));
    all.add(rules.get("organisation"));
    return all;
  }

  List<BudgetRule> all() {
    return List.copyOf(rules.values());
  }

  /** Whether the file still has the budget. */
  boolean isThere(BudgetRule rule) {
    return removed.stream().noneMatch(person -> rule.budget().startsWith("person/" + person));
  }

  BudgetRule any(Random random) {
    List<BudgetRule> there = all().stream().filter(this::isThere).toList();
    return there.get(random.nextInt(there.size()));
  }

  /** As the file has them, with its calendar. */
  Rules inForce() {
    return new Rules() {
      @Override
      public BudgetRule of(AccountKey account) {
        return rule(account);
      }

      @Override
      public Calendar calendar() {
        return Calendar.of(Every.MONTH, BERLIN);
      }
    };
  }

  /** The budget of an account as it stands; null if there is none any more. */
  BudgetRule rule(AccountKey key) {
    BudgetRule rule = rules.get(key.budget());
    return isThere(rule) ? rule : null;
  }

  /**
   * Whether an account is to be ended although no budget goes on: it has none, and its period is
   * over in every zone.
   */
  boolean gone(AccountKey key, Instant now) {
    Instant end = inForce().calendar().endOf(key.period());
    return rule(key) == null && !end.plus(Duration.ofHours(26)).isAfter(now);
  }

  /** The same, as it stood when it was removed. */
  BudgetRule lastRule(AccountKey key) {
    return rules.get(key.budget());
  }
}
