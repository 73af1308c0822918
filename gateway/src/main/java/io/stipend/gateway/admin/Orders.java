package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.metering.Suggestion;
import io.stipend.metering.Unit;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.config.PrincipalConfig;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.Team;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the words of an order mean under a quota file; each refuses what means nothing. */
final class Orders {
  private static final int MAX_TEXT = 200;
  private static final String POOL = "pool/";

  private Orders() {}

  /** Refuses an id that the quota file does not hold, with the nearest that it does. */
  static PrincipalConfig principal(QuotaFile file, String person) {
    PrincipalConfig principal = file.principals().get(person);
    if (principal == null) {
      String hint = Suggestion.hint(person, file.principals().keySet());
      throw new AdminException(
          Kind.NOT_FOUND,
          "person: "
              + shown(person)
              + " is not in "
              + file.file()
              + (hint.isEmpty() ? "; add it under people or services" : hint));
    }
    return principal;
  }

  /** The budgets of its own that a person, a service or {@code pool/TEAM} has; at least one. */
  static List<BudgetRule> own(QuotaFile file, String who) {
    if (who.startsWith(POOL)) {
      return List.of(pool(file, who.substring(POOL.length())));
    }
    List<BudgetRule> own = principal(file, who).budgets();
    if (own.isEmpty()) {
      throw new AdminException(
          Kind.CONFLICT,
          "person: "
              + who
              + " has no budget of its own (expected: an allowance in "
              + file.file()
              + " that a grant can add to)");
    }
    return own;
  }

  private static BudgetRule pool(QuotaFile file, String name) {
    Team team = file.teams().get(name);
    if (team == null) {
      String hint = Suggestion.hint(name, file.teams().keySet());
      throw new AdminException(
          Kind.NOT_FOUND,
          "team: "
              + shown(name)
              + " is not in "
              + file.file()
              + (hint.isEmpty() ? "; add it under teams" : hint));
    }
    if (team.pool() == null) {
      throw new AdminException(
          Kind.CONFLICT,
          "team: " + name + " has no pool (expected: the key pool of it in " + file.file() + ")");
    }
    return team.pool();
  }

  /**
   * An amount as it is typed, and the budget that it is about.
   *
   * @param units in the rule's unit, more than zero
   */
  record Sum(BudgetRule rule, long units) {
    String text() {
      return rule.unit().format(units);
    }
  }

  /**
   * Reads {@code 50} or {@code 50 USD}.
   *
   * @param preferred of several budgets in this unit the first such one; else the first
   */
  static Sum sum(
      String what,
      String amount,
      String who,
      List<BudgetRule> own,
      Predicate<BudgetRule> preferred) {
    String[] words = amount.strip().split("\\s+", 2);
    BudgetRule rule = budget(own, who, words.length == 2 ? words[1] : null, preferred);
    try {
      long units = rule.unit().parse(words[0]);
      if (units > 0) {
        return new Sum(rule, units);
      }
      throw new AdminException(
          Kind.INVALID, what + ": " + rule.unit().format(units) + " (expected: > 0)");
    } catch (IllegalArgumentException e) {
      throw new AdminException(Kind.INVALID, String.valueOf(e.getMessage()), e);
    }
  }

  /** Of these budgets the one in this unit; null means any. */
  static BudgetRule budget(
      List<BudgetRule> own, String who, @Nullable String unit, Predicate<BudgetRule> preferred) {
    List<BudgetRule> fitting =
        own.stream().filter(r -> unit == null || r.unit().equals(new Unit(unit))).toList();
    if (fitting.isEmpty()) {
      throw new AdminException(
          Kind.INVALID,
          "unit: "
              + shown(unit)
              + " (expected: "
              + String.join(" or ", own.stream().map(r -> r.unit().name()).distinct().toList())
              + ", as "
              + who
              + "'s budget)");
    }
    return fitting.stream().filter(preferred).findFirst().orElse(fitting.get(0));
  }

  /** A line of text that goes into the ledger. */
  static String text(String field, String value) {
    if (value.length() > MAX_TEXT || value.chars().anyMatch(Character::isISOControl)) {
      throw new AdminException(
          Kind.INVALID,
          field
              + ": "
              + shown(value)
              + " (expected: at most "
              + MAX_TEXT
              + " characters on one line)");
    }
    return value;
  }

  /** In quotes, short and on one line. */
  static String shown(@Nullable String value) {
    String text = String.valueOf(value).replaceAll("\\p{Cntrl}", "?");
    return '"' + (text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + "…" : text) + '"';
  }
}
