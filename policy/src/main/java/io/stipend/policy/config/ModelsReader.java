package io.stipend.policy.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads model rules and aliases. */
final class ModelsReader {
  private static final Pattern NAME = Pattern.compile("[\\x21-\\x7e]{1,256}");
  private static final String NAME_EXPECTED = "a model name of 1 to 256 visible ASCII characters";

  private ModelsReader() {}

  /** An alias and where its target stands. */
  record Alias(String target, Value value) {}

  /**
   * The rules and aliases of the whole deployment.
   *
   * @param fallbacks what a model's calls fall back to, to be checked when all models are known
   * @param background as {@link QuotaFile#background}
   */
  record Models(
      ModelRules rules,
      Map<String, Alias> aliases,
      List<ModelTargets.Instead> fallbacks,
      long background) {
    /** The targets by alias, in the order of the file. */
    Map<String, String> targets() {
      Map<String, String> targets = new LinkedHashMap<>();
      aliases.forEach((name, alias) -> targets.put(name, alias.target()));
      return targets;
    }

    /** The targets by model, each list in the order of the file. */
    Map<String, List<String>> fallbackTargets() {
      Map<String, List<String>> targets = new LinkedHashMap<>();
      for (ModelTargets.Instead one : fallbacks) {
        targets.computeIfAbsent(one.model(), model -> new ArrayList<>()).add(one.target());
      }
      return targets;
    }
  }

  static Models deployment(@Nullable Section section) {
    Map<String, Alias> aliases = new LinkedHashMap<>();
    if (section == null) {
      return new Models(ModelRules.ALL, aliases, List.of(), 0);
    }
    try (section) {
      ModelRules rules = new ModelRules(globs(section.get("allow")), globs(section.get("deny")));
      Section names = section.section("aliases");
      if (names != null) {
        for (Map.Entry<String, Value> entry : names.named().entrySet()) {
          if (!NAME.matcher(entry.getKey()).matches()) {
            names.problem(entry.getKey(), "is no alias (expected: " + NAME_EXPECTED + ")");
          }
          String target = name(entry.getValue());
          if (target != null) {
            aliases.put(entry.getKey(), new Alias(target, entry.getValue()));
          }
        }
      }
      unpriced(section.get("unpriced"));
      List<ModelTargets.Instead> fallbacks = fallbacks(section.section("fallback"));
      return new Models(rules, aliases, fallbacks, background(section.get("background")));
    }
  }

  private static List<ModelTargets.Instead> fallbacks(@Nullable Section section) {
    List<ModelTargets.Instead> fallbacks = new ArrayList<>();
    if (section == null) {
      return fallbacks;
    }
    for (Map.Entry<String, Value> entry : section.named().entrySet()) {
      for (Value item : entry.getValue().oneOrMore()) {
        String target = name(item);
        if (target != null && target.equals(entry.getKey())) {
          item.problem("is the model itself (expected: another one)");
        } else if (target != null) {
          fallbacks.add(new ModelTargets.Instead(section, entry.getKey(), target, item));
        }
      }
    }
    return fallbacks;
  }

  /** The rules of a group, team, person or service: a list of patterns, or allow and deny. */
  static ModelRules rules(@Nullable Value value) {
    if (value == null) {
      return ModelRules.ALL;
    }
    if (!value.isMapping()) {
      return new ModelRules(globs(value), List.of());
    }
    Section section = value.section("patterns, or allow and deny");
    if (section == null) {
      return ModelRules.ALL;
    }
    try (section) {
      return new ModelRules(globs(section.get("allow")), globs(section.get("deny")));
    }
  }

  /** Patterns of model names under a key that may be left out. */
  static List<String> patterns(@Nullable Value value) {
    List<String> patterns = new ArrayList<>();
    if (value != null) {
      for (Value item : value.oneOrMore()) {
        String pattern = name(item);
        if (pattern != null) {
          patterns.add(pattern);
        }
      }
      if (value.isSequence() && value.oneOrMore().isEmpty()) {
        value.problem("is empty (expected: at least one pattern such as gpt-5*)");
      }
    }
    return patterns;
  }

  /** Reports a key that is no pattern of model names. */
  static void checkPattern(Section section, String pattern) {
    if (!NAME.matcher(pattern).matches()) {
      section.problem(pattern, "is no pattern (expected: " + NAME_EXPECTED + ")");
    }
  }

  private static List<Glob> globs(@Nullable Value value) {
    return patterns(value).stream().map(Glob::new).toList();
  }

  static @Nullable String name(Value value) {
    String text = value.text(NAME_EXPECTED);
    if (text != null && !NAME.matcher(text).matches()) {
      value.unexpected(text, NAME_EXPECTED);
      return null;
    }
    return text;
  }

  /** What one such call may cost at most; 0 if none may be made. */
  private static long background(@Nullable Value value) {
    String expected = "refuse, or what one call may cost at most, such as 2 USD";
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null || text.equals("refuse")) {
      return 0;
    }
    Amount most = Amount.read(value, expected);
    if (most != null && (!most.unit().isMoney() || most.value() == 0)) {
      value.unexpected(text, expected);
    }
    return most == null ? 0 : most.value();
  }

  private static void unpriced(@Nullable Value value) {
    if (value == null) {
      return;
    }
    if (value.isMapping()) {
      value.problem("a ceiling price is not built yet (expected: refuse)");
      return;
    }
    String text = value.text("refuse");
    if (text != null && !text.equals("refuse")) {
      value.problem(Problems.shown(text) + " is not built yet (expected: refuse)");
    }
  }
}
