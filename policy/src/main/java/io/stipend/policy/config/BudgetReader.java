package io.stipend.policy.config;

import io.stipend.metering.Unit;
import io.stipend.policy.budget.Calendar;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.Terms;
import io.stipend.policy.budget.WhenShort;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads allowances and budgets: they are written alike. */
final class BudgetReader {
  private static final Pattern AMOUNT = Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{1,9})?) +(\\S+)");
  private static final String AMOUNT_EXPECTED =
      "a number and USD or tokens, such as 400 USD or 5000000 tokens";

  /** Keeps every sum of amounts within a long. */
  private static final long MAX_AMOUNT = 1_000_000_000_000_000_000L;

  private static final long MAX_CLAMP_FLOOR = 1_000_000;
  private static final Set<String> UNBUILT_STEPS = Set.of("downgrade", "overdraft", "finish");

  private BudgetReader() {}

  /** One budget or several under a key that may be left out. */
  static List<BudgetTerms> several(@Nullable Value value) {
    List<BudgetTerms> all = new ArrayList<>();
    if (value != null) {
      for (Value item : value.oneOrMore()) {
        BudgetTerms terms = one(item);
        if (terms != null) {
          add(all, terms, item);
        }
      }
    }
    return all;
  }

  /** Adds terms to those of the same owner, unless both would be one account. */
  static void add(List<BudgetTerms> all, BudgetTerms terms, Value value) {
    if (all.stream().anyMatch(terms::sameAccount)) {
      value.problem(
          "a second one in "
              + terms.unit().name()
              + " every "
              + terms.every().name().toLowerCase(Locale.ROOT)
              + " (expected: several of one owner differ in unit or every)");
    } else {
      all.add(terms);
    }
  }

  /** An allowance or a budget; null, reported, if what it needs is missing. */
  static @Nullable BudgetTerms one(Value value) {
    Section section = value.section("a mapping with amount and every");
    if (section == null) {
      return null;
    }
    try (section) {
      Amount amount = amount(section.require("amount"));
      Value everyValue = section.require("every");
      Every every = everyValue == null ? null : Scalars.word(everyValue, Every.class);
      List<WhenShort> whenShort = whenShort(section.get("when_short"));
      long floor =
          Scalars.count(section.get("clamp_floor"), 1, MAX_CLAMP_FLOOR, Terms.DEFAULT_CLAMP_FLOOR);
      long overshoot = overshoot(section.get("overshoot"), amount);
      section.notBuilt("carry_over", "overdraft", "downgrade", "alerts", "weights");
      return amount == null || every == null
          ? null
          : new BudgetTerms(
              amount.unit,
              amount.value,
              every,
              Calendar.JANUARY,
              Terms.DEFAULTS.with(
                  t ->
                      t.whenShort(whenShort.toArray(WhenShort[]::new))
                          .clampFloor(floor)
                          .overshoot(overshoot)));
    }
  }

  private record Amount(Unit unit, long value) {}

  private static @Nullable Amount amount(@Nullable Value value) {
    String text = value == null ? null : value.text(AMOUNT_EXPECTED);
    if (value == null || text == null) {
      return null;
    }
    Matcher matcher = AMOUNT.matcher(text);
    if (!matcher.matches()) {
      value.unexpected(text, AMOUNT_EXPECTED);
      return null;
    }
    Unit unit = new Unit(matcher.group(2));
    if (!unit.equals(Unit.USD) && !unit.equals(Unit.TOKENS)) {
      value.unexpected(text, "USD or tokens; no other currency is built yet");
      return null;
    }
    try {
      long amount = unit.parse(matcher.group(1));
      if (amount <= MAX_AMOUNT) {
        return new Amount(unit, amount);
      }
    } catch (IllegalArgumentException e) {
      // Told below, with the bound.
    }
    value.unexpected(
        text,
        unit.isMoney()
            ? "at most " + unit.format(MAX_AMOUNT) + " " + unit.name() + ", nine decimals"
            : "a whole number of tokens, at most " + MAX_AMOUNT);
    return null;
  }

  private static long overshoot(@Nullable Value value, @Nullable Amount of) {
    Amount overshoot = amount(value);
    if (value == null || overshoot == null) {
      return -1;
    }
    if (of != null && !of.unit.equals(overshoot.unit)) {
      value.problem(
          "is in " + overshoot.unit.name() + " (expected: " + of.unit.name() + ", as the amount)");
    }
    return overshoot.value;
  }

  private static List<WhenShort> whenShort(@Nullable Value value) {
    List<WhenShort> steps = new ArrayList<>();
    if (value == null) {
      return List.of(WhenShort.CLAMP, WhenShort.REFUSE);
    }
    for (Value item : value.oneOrMore()) {
      String text = item.text("one of clamp, refuse");
      if (text != null && UNBUILT_STEPS.contains(text)) {
        item.problem(Problems.shown(text) + " is not built yet (expected: clamp, refuse)");
      } else if (text != null) {
        WhenShort step = Scalars.word(item, WhenShort.class);
        if (step != null && steps.contains(step)) {
          item.unexpected(text, "each step once");
        } else if (step != null) {
          steps.add(step);
        }
      }
    }
    return steps;
  }
}
