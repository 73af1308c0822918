package io.stipend.policy.plan;

import io.stipend.metering.Unit;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.config.PrincipalConfig;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.Team;
import java.math.BigInteger;
import java.time.Instant;
import java.time.YearMonth;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a quota file grants in one month, by team and unit. */
public final class MonthlyGrants {
  private static final int DAYS_OF_WEEK = 7;
  private static final int MONTHS_OF_QUARTER = 3;
  private static final int MONTHS_OF_YEAR = 12;

  /**
   * A team and what is counted.
   *
   * @param team empty for people without a team
   */
  record Key(String team, Unit unit) {}

  private final Map<Key, Long> members = new HashMap<>();
  private final Map<Key, Long> budgets = new HashMap<>();

  /** Of the month that holds this instant. */
  MonthlyGrants(QuotaFile file, Instant at) {
    for (PrincipalConfig who : file.principals().values()) {
      String team = who.team() == null ? "" : who.team();
      who.budgets().forEach(rule -> add(members, team, rule, at));
    }
    for (Team team : file.teams().values()) {
      if (team.pool() != null) {
        add(members, team.name(), team.pool(), at);
      }
      team.budgets().forEach(rule -> cap(team.name(), rule, at));
    }
  }

  private static void add(Map<Key, Long> sums, String team, BudgetRule rule, Instant at) {
    sums.merge(new Key(team, rule.unit()), inMonth(rule, at), Math::addExact);
  }

  /** Of several budgets of a team all must pass: the least counts. */
  private void cap(String team, BudgetRule rule, Instant at) {
    budgets.merge(new Key(team, rule.unit()), inMonth(rule, at), Math::min);
  }

  /** What is granted or capped. */
  Set<Key> keys() {
    Set<Key> keys = new HashSet<>(members.keySet());
    keys.addAll(budgets.keySet());
    return keys;
  }

  /** What the people and services of a team and its pool are granted. */
  long members(Key key) {
    return members.getOrDefault(key, 0L);
  }

  /** What the team's own budget lets all of them use; null if it has none. */
  @Nullable Long budget(Key key) {
    return budgets.get(key);
  }

  /**
   * What a budget grants in the month of an instant: days and weeks as often as the month has them,
   * a third of a quarter, a twelfth of a year, nothing of what is granted once. Rounded down; exact
   * for days and months.
   */
  public static long inMonth(BudgetRule rule, Instant at) {
    int days = YearMonth.from(at.atZone(rule.zone())).lengthOfMonth();
    long amount = rule.amount(at);
    return switch (rule.every()) {
      case DAY -> share(amount, days, 1);
      case WEEK -> share(amount, days, DAYS_OF_WEEK);
      case MONTH -> amount;
      case QUARTER -> amount / MONTHS_OF_QUARTER;
      case YEAR -> amount / MONTHS_OF_YEAR;
      case ONCE -> 0;
    };
  }

  private static long share(long amount, long times, long parts) {
    BigInteger all = BigInteger.valueOf(amount).multiply(BigInteger.valueOf(times));
    return all.divide(BigInteger.valueOf(parts)).longValueExact();
  }
}
