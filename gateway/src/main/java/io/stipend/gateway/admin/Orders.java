package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.metering.Suggestion;
import io.stipend.metering.Unit;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.config.PrincipalConfig;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.Role;
import io.stipend.policy.config.Team;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the words of an order mean under a quota file; each refuses what means nothing. */
final class Orders {
  private static final int MAX_TEXT = 200;
  private static final String POOL = "pool/";

  /** Without an exponent: too much is too easily typed with one. */
  private static final Pattern PLAIN = Pattern.compile("[+-]?[0-9]+(\\.[0-9]+)?");

  private Orders() {}

  /** Refuses an id that the quota file does not hold, with the nearest that it does. */
  static PrincipalConfig principal(QuotaFile file, String person) {
    PrincipalConfig principal = file.principal(person);
    if (principal == null) {
      String hint = Suggestion.hint(person, file.ids());
      String add =
          person.startsWith(POOL)
              ? "; a pool only gives and receives transfers"
              : "; add it under people or services";
      throw new AdminException(
          Kind.NOT_FOUND,
          "person: " + shown(person) + " is not in " + file.file() + (hint.isEmpty() ? add : hint));
    }
    return principal;
  }

  /** The role of a key to make, which nobody owns: it spends nothing. */
  static Role role(AdminService.KeyOrder order) {
    if (order.name() != null || order.project() != null) {
      throw new AdminException(
          Kind.INVALID, "name, project (expected: neither with a role: such a key spends nothing)");
    }
    for (Role role : Role.values()) {
      if (role != Role.PERSON && role.label().equals(order.role())) {
        return role;
      }
    }
    throw new AdminException(
        Kind.INVALID,
        "role: " + shown(order.role()) + " (expected: one of platform, finance, auditor)");
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
   * Which budget of somebody an order is about.
   *
   * @param who a person, a service, or {@code pool/TEAM}
   * @param own what they have
   * @param field of the order that names one, also the option of the command
   * @param every the name: how often the budget is granted, such as {@code month}; null for none
   */
  record Choice(String who, List<BudgetRule> own, String field, @Nullable String every) {
    /**
     * The one that is named, or the only one that could be meant.
     *
     * @param unit in which the amount was given; null if it was given without one
     * @param able those that the order could be about, by their rules
     * @param command what would be typed for one of several
     */
    BudgetRule of(
        @Nullable String unit, Predicate<BudgetRule> able, Function<BudgetRule, String> command) {
      List<BudgetRule> meant =
          own.stream().filter(r -> unit == null || r.unit().equals(new Unit(unit))).toList();
      if (meant.isEmpty()) {
        throw invalid("unit: " + shown(unit), own.stream().map(r -> r.unit().name()));
      }
      if (every != null) {
        List<BudgetRule> all = meant;
        meant = all.stream().filter(rule -> word(rule).equals(every)).toList();
        if (meant.isEmpty()) {
          throw invalid(field + ": " + shown(every), all.stream().map(Orders::word));
        }
      }
      List<BudgetRule> possible = meant.stream().filter(able).toList();
      if (possible.size() > 1) {
        throw new AdminException(
            Kind.INVALID,
            "%s: %s has %d that could be meant: %s (expected: one of them: %s)"
                .formatted(
                    field,
                    who,
                    possible.size(),
                    String.join(" and ", possible.stream().map(Choice::described).toList()),
                    String.join(", or ", possible.stream().map(command).toList())));
      }
      // If none is able, what the first does not allow is told.
      return possible.isEmpty() ? meant.get(0) : possible.get(0);
    }

    private AdminException invalid(String found, Stream<String> expected) {
      return new AdminException(
          Kind.INVALID,
          found
              + " (expected: "
              + String.join(" or ", expected.distinct().toList())
              + ", as "
              + who
              + "'s budget)");
    }

    private static String described(BudgetRule rule) {
      return "%s %s every %s"
          .formatted(rule.unit().format(rule.amount()), rule.unit().name(), word(rule));
    }
  }

  /** How a budget is told from others of the same owner and unit: {@code month}. */
  static String word(BudgetRule rule) {
    return rule.every().name().toLowerCase(Locale.ROOT);
  }

  /**
   * An amount as it is typed: {@code 50} or {@code 50 USD}.
   *
   * @param unit null if it was left out
   */
  record Amount(String number, @Nullable String unit) {
    static Amount of(String typed) {
      String[] words = typed.strip().split("\\s+", 2);
      return new Amount(words[0], words.length == 2 ? words[1] : null);
    }

    /** In a budget's unit, more than zero. */
    long in(String what, BudgetRule rule) {
      long units;
      try {
        if (!PLAIN.matcher(number).matches()) {
          throw new IllegalArgumentException(number);
        }
        units = rule.unit().parse(number);
      } catch (IllegalArgumentException e) {
        throw new AdminException(
            Kind.INVALID,
            "amount: %s (expected: %s)"
                .formatted(
                    shown(number),
                    rule.unit().isMoney()
                        ? "a number of " + rule.unit().name() + " with at most nine decimals"
                        : "a whole number of " + rule.unit().name()),
            e);
      }
      if (units <= 0) {
        throw new AdminException(
            Kind.INVALID, what + ": " + rule.unit().format(units) + " (expected: > 0)");
      }
      return units;
    }

    /** As an argument of a command, with the unit of a budget. */
    String argument(BudgetRule rule) {
      return '"' + number + ' ' + rule.unit().name() + '"';
    }
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
