package io.stipend.policy.config;

import io.stipend.policy.budget.CarryOver;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.Terms;
import io.stipend.policy.budget.WhenShort;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads what holds for one budget besides its amount and how often it is granted. */
final class TermsReader {
  private static final Pattern PERIODS = Pattern.compile("([0-9]{1,3})(?: +([a-z]+))?");
  private static final Pattern ALERT = Pattern.compile("([0-9]{1,3})%");
  private static final long MAX_CLAMP_FLOOR = 1_000_000;
  private static final int MAX_PRIORITY = 1_000;
  private static final int MAX_ALERT = 100;

  /** Of the amount, in percent: what is carried may be that of many periods. */
  private static final int MAX_CARRIED = 1_000;

  /** The roll walks through every period that was idle meanwhile. */
  private static final int MAX_CARRY_PERIODS = 60;

  private static final String ALL = "all";

  private final Section section;
  private final @Nullable Amount amount;
  private final @Nullable Every every;
  private final Problems warnings;
  private final List<ModelTargets.Instead> downgrades;

  /**
   * @param amount null if it is broken and was reported; so is {@code every}
   */
  TermsReader(
      Section section,
      @Nullable Amount amount,
      @Nullable Every every,
      Problems warnings,
      List<ModelTargets.Instead> downgrades) {
    this.section = section;
    this.amount = amount;
    this.every = every;
    this.warnings = warnings;
    this.downgrades = downgrades;
  }

  Terms read() {
    Map<WhenShort, Value> steps = whenShort(section.get("when_short"));
    Terms terms =
        Terms.DEFAULTS.with(
            t -> {
              if (!steps.isEmpty()) {
                t.whenShort(steps.keySet().toArray(WhenShort[]::new));
              }
              alerts(section.get("alerts"), t);
              return t.clampFloor(
                      Scalars.count(
                          section.get("clamp_floor"),
                          1,
                          MAX_CLAMP_FLOOR,
                          Terms.DEFAULT_CLAMP_FLOOR))
                  .overshoot(overshoot(section.get("overshoot")))
                  .carryOver(carryOver(section.get("carry_over")))
                  .overdraft(loan("overdraft"))
                  .finish(loan("finish"))
                  .advance(loan("advance"))
                  .transfer(transfer(section.get("transfer")))
                  .downgrade(downgrade(section.get("downgrade")))
                  .priority(Scalars.count(section.get("priority"), -MAX_PRIORITY, MAX_PRIORITY, 0));
            });
    agree(steps, WhenShort.DOWNGRADE, "downgrade: { gpt-5: gpt-5-mini }");
    agree(steps, WhenShort.OVERDRAFT, "overdraft: 5%");
    agree(steps, WhenShort.FINISH, "finish: 1%");
    return terms;
  }

  private long overshoot(@Nullable Value value) {
    Amount overshoot = value == null ? null : Amount.like(value, amount);
    return overshoot == null ? -1 : overshoot.value();
  }

  /** The steps in order, each with where it stands; empty if none are written. */
  private static Map<WhenShort, Value> whenShort(@Nullable Value value) {
    Map<WhenShort, Value> steps = new LinkedHashMap<>();
    for (Value item : value == null ? List.<Value>of() : value.oneOrMore()) {
      WhenShort step = Scalars.word(item, WhenShort.class);
      if (step != null && steps.putIfAbsent(step, item) != null) {
        item.unexpected(step.name().toLowerCase(Locale.ROOT), "each step once");
      }
    }
    return steps;
  }

  /** A step needs its key; a key without its step does nothing. */
  private void agree(Map<WhenShort, Value> steps, WhenShort step, String example) {
    String key = step.name().toLowerCase(Locale.ROOT);
    Value listed = steps.get(step);
    Value written = section.get(key);
    if (listed != null && written == null) {
      listed.problem(
          Problems.shown(key) + " needs the key " + key + " (expected: " + example + ")");
    } else if (listed == null && written != null) {
      warnings.add(
          section.placeOf(key),
          section.path() + ": " + key + ": has no effect (expected: " + key + " in when_short)");
    }
  }

  /** A limit of loans, which the next grant repays: no more than that, and there must be one. */
  private long loan(String key) {
    Value value = section.get(key);
    if (value == null) {
      return 0;
    }
    if (every == Every.ONCE) {
      value.problem("cannot be repaid (expected: left out, as every is once)");
    }
    return Amount.part(value, amount, Amount.WHOLE);
  }

  private long transfer(@Nullable Value value) {
    if (value == null) {
      return 0;
    }
    return isWord(value, ALL) ? Long.MAX_VALUE : Amount.part(value, amount, Amount.WHOLE);
  }

  private CarryOver carryOver(@Nullable Value value) {
    if (value == null || isWord(value, "none")) {
      return CarryOver.NONE;
    }
    if (every == Every.ONCE) {
      value.problem("has no next period (expected: left out, as every is once)");
    }
    if (isWord(value, ALL)) {
      return CarryOver.all(1);
    }
    Section mapping = value.section("none, all, or a mapping with up_to and for");
    if (mapping == null) {
      return CarryOver.NONE;
    }
    try (mapping) {
      Value upTo = mapping.require("up_to");
      int periods = periods(mapping.get("for"));
      long most =
          upTo == null
              ? 0
              : isWord(upTo, ALL) ? Long.MAX_VALUE : Amount.part(upTo, amount, MAX_CARRIED);
      return most == 0 ? CarryOver.NONE : new CarryOver(most, periods);
    }
  }

  /** {@code 2 months} or {@code 2}; one period if it is left out. */
  private int periods(@Nullable Value value) {
    String period = every == null ? "period" : every.name().toLowerCase(Locale.ROOT);
    String expected = "1 to " + MAX_CARRY_PERIODS + " periods, such as 1 or 1 " + period;
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return 1;
    }
    Matcher matcher = PERIODS.matcher(text);
    if (matcher.matches()) {
      int count = Integer.parseInt(matcher.group(1));
      String word = matcher.group(2);
      boolean agrees =
          word == null || every == null || word.equals(period) || word.equals(period + "s");
      if (agrees && count >= 1 && count <= MAX_CARRY_PERIODS) {
        return count;
      }
    }
    value.unexpected(text, expected);
    return 1;
  }

  private Map<String, String> downgrade(@Nullable Value value) {
    Map<String, String> models = new LinkedHashMap<>();
    Section mapping = value == null ? null : value.section("a mapping of models to cheaper ones");
    if (value == null || mapping == null) {
      return models;
    }
    for (Map.Entry<String, Value> entry : mapping.named().entrySet()) {
      String model = entry.getKey();
      String target = ModelsReader.name(entry.getValue());
      if (target != null && target.equals(model)) {
        entry.getValue().unexpected(target, "another model");
      } else if (target != null) {
        models.put(model, target);
        downgrades.add(new ModelTargets.Instead(mapping, model, target, entry.getValue()));
      }
    }
    if (mapping.named().isEmpty()) {
      value.problem("is empty (expected: at least one model, such as gpt-5: gpt-5-mini)");
    }
    return models;
  }

  private static void alerts(@Nullable Value value, Terms.Change terms) {
    String expected = "a whole percentage from 1% to 100%, or forecast";
    List<Integer> percentages = new ArrayList<>();
    boolean forecast = false;
    for (Value item : value == null ? List.<Value>of() : value.oneOrMore()) {
      String text = item.text(expected);
      Matcher matcher = ALERT.matcher(text == null ? "" : text);
      int percentage = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
      boolean isForecast = "forecast".equals(text);
      if (isForecast ? forecast : percentages.contains(percentage)) {
        item.unexpected(String.valueOf(text), "each alert once");
      } else if (percentage >= 1 && percentage <= MAX_ALERT) {
        percentages.add(percentage);
      } else if (text != null && !isForecast) {
        item.unexpected(text, expected);
      }
      forecast |= isForecast;
    }
    terms.alerts(percentages.toArray(Integer[]::new)).forecastAlert(forecast);
  }

  private static boolean isWord(Value value, String word) {
    return value.isScalar() && word.equals(value.text(word));
  }
}
