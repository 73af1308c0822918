package io.stipend.policy.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the {@code limits} of a scope. */
final class LimitsReader {
  static final int MAX_RATE = 1_000_000_000;
  static final long MAX_TOKEN_RATE = 10_000_000_000L;

  private LimitsReader() {}

  /** The limits of one person or service. */
  static ScopeLimits ofOne(@Nullable Section limits, String scope) {
    if (limits == null) {
      return ScopeLimits.NONE;
    }
    try (limits) {
      return limits(rules(limits, scope), List.of(), nested(limits.section("per_key"), scope));
    }
  }

  /** The limits of a scope with many in it. */
  static ScopeLimits ofMany(@Nullable Section limits, String scope) {
    if (limits == null) {
      return ScopeLimits.NONE;
    }
    try (limits) {
      return limits(
          rules(limits, scope),
          nested(limits.section("per_person"), scope),
          nested(limits.section("per_key"), scope));
    }
  }

  /** What limits nothing is one object, however many write it. */
  private static ScopeLimits limits(
      List<LimitRule> shared, List<LimitRule> perPerson, List<LimitRule> perKey) {
    ScopeLimits limits = new ScopeLimits(shared, perPerson, perKey);
    return limits.equals(ScopeLimits.NONE) ? ScopeLimits.NONE : limits;
  }

  private static List<LimitRule> nested(@Nullable Section limits, String scope) {
    if (limits == null) {
      return List.of();
    }
    try (limits) {
      return rules(limits, scope);
    }
  }

  /** What stands in one section: of all models, then of each pattern. */
  private static List<LimitRule> rules(Section section, String scope) {
    List<LimitRule> rules = new ArrayList<>();
    rules.add(rule(section, scope, null));
    Section models = section.section("models");
    if (models != null) {
      for (Map.Entry<String, Value> entry : models.named().entrySet()) {
        String pattern = entry.getKey();
        ModelsReader.checkPattern(models, pattern);
        Section limits = entry.getValue().section("a mapping with requests_per_minute and so on");
        if (limits != null) {
          try (limits) {
            rules.add(rule(limits, scope + " for " + pattern, new Glob(pattern)));
          }
        }
      }
    }
    rules.removeIf(LimitRule::isNone);
    return rules;
  }

  private static LimitRule rule(Section section, String scope, @Nullable Glob models) {
    return new LimitRule(
        scope,
        models,
        Scalars.count(section.get("requests_per_minute"), 1, MAX_RATE, 0),
        Scalars.count(section.get("tokens_per_minute"), 1, MAX_TOKEN_RATE, 0),
        Scalars.count(section.get("concurrent"), 1, MAX_RATE, 0));
  }
}
