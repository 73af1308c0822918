package io.stipend.policy.config;

import java.util.ArrayList;
import java.util.List;

/**
 * What the {@code limits} of one scope say. A rule that limits nothing is not listed.
 *
 * @param shared one count for all in the scope
 * @param perPerson a count of its own for every person and service in the scope
 * @param perKey a count of its own for every key in the scope
 */
public record ScopeLimits(
    List<LimitRule> shared, List<LimitRule> perPerson, List<LimitRule> perKey) {
  /** Limits nothing. */
  public static final ScopeLimits NONE = new ScopeLimits(List.of(), List.of(), List.of());

  /** Copies the lists. */
  public ScopeLimits {
    shared = List.copyOf(shared);
    perPerson = List.copyOf(perPerson);
    perKey = List.copyOf(perKey);
  }

  /**
   * The limits that bind one key, its own count first.
   *
   * @param principal such as {@code person/ada}
   * @param keyId public id of its key
   */
  List<LimitRule> of(String principal, String keyId) {
    List<LimitRule> rules = new ArrayList<>();
    perKey.forEach(rule -> rules.add(rule.each("key/" + keyId)));
    perPerson.forEach(rule -> rules.add(rule.each(principal)));
    rules.addAll(shared);
    return rules;
  }
}
