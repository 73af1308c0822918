package io.stipend.policy.report;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.report.Access;
import io.stipend.metering.report.BudgetVsActual.Budget;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Calendar;
import io.stipend.policy.budget.Every;
import io.stipend.policy.config.PrincipalConfig;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.Team;
import io.stipend.policy.plan.MonthlyGrants;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What reports need of the quota file as it is now, and of the accounts that the ledger has.
 *
 * @param quota the file, with those whom it does not hold
 * @param accounts all accounts of the ledger
 */
public record QuotaFacts(QuotaFile quota, Map<AccountKey, AccountTotals> accounts) {
  private static final String RECORDED = "granted, as recorded";
  private static final String FILE = "quota file";
  private static final String PERSON = "person/";
  private static final String NO_TEAM = "";

  /** Copies the accounts. */
  public QuotaFacts {
    accounts = Map.copyOf(accounts);
  }

  /** The ids of services. */
  public Set<String> services() {
    Set<String> services = new HashSet<>();
    principals().stream().filter(PrincipalConfig::service).forEach(who -> services.add(who.id()));
    return services;
  }

  /** How many people each cost centre has; of those without people 0. */
  public Map<String, Long> heads(Instant at) {
    Map<String, Long> heads = new TreeMap<>();
    quota.teams().values().stream()
        .map(Team::costCenter)
        .filter(Objects::nonNull)
        .forEach(center -> heads.put(center, 0L));
    for (PrincipalConfig who : principals()) {
      String center = costCenter(who.team());
      if (center != null && !who.service() && who.absence(at) == null) {
        heads.merge(center, 1L, Long::sum);
      }
    }
    return heads;
  }

  /**
   * What each team was given in the month of an instant, in money. A team with budgets of its own
   * has the least of them, because each must cover a call; any other has what its people, services
   * and pool are given together. A monthly budget that the ledger knows counts with all grants that
   * were entered, top-ups included; what the ledger does not know, as the file has it.
   */
  public List<Budget> budgets(Instant month) {
    Map<String, Long> members = new HashMap<>();
    Map<String, Boolean> recorded = new HashMap<>();
    for (PrincipalConfig who : principals()) {
      String team = who.team() == null ? NO_TEAM : who.team();
      who.budgets().forEach(rule -> add(members, recorded, team, rule, month));
    }
    List<Budget> budgets = new ArrayList<>();
    for (Team team : quota.teams().values()) {
      if (team.pool() != null) {
        add(members, recorded, team.name(), team.pool(), month);
      }
      Budget own = own(team, month);
      budgets.add(
          own != null
              ? own
              : new Budget(
                  team.costCenter(),
                  "members of " + team.name(),
                  members.getOrDefault(team.name(), 0L),
                  basis(recorded.get(team.name()))));
    }
    if (members.containsKey(NO_TEAM)) {
      budgets.add(
          new Budget(
              null,
              "members of no team",
              members.getOrDefault(NO_TEAM, 0L),
              basis(recorded.get(NO_TEAM))));
    }
    return budgets;
  }

  private @Nullable Budget own(Team team, Instant month) {
    Budget least = null;
    for (BudgetRule rule : team.budgets()) {
      if (rule.unit().equals(quota.currency()) && rule.every() != Every.ONCE) {
        boolean known = known(rule, month);
        long nanos = amount(rule, month);
        if (least == null || nanos < least.nanos()) {
          least = new Budget(team.costCenter(), "team " + team.name(), nanos, basis(known));
        }
      }
    }
    return least;
  }

  private void add(
      Map<String, Long> members,
      Map<String, Boolean> recorded,
      String team,
      BudgetRule rule,
      Instant month) {
    if (rule.unit().equals(quota.currency())) {
      members.merge(team, amount(rule, month), Math::addExact);
      recorded.merge(team, known(rule, month), (a, b) -> a || b);
    }
  }

  private boolean known(BudgetRule rule, Instant month) {
    return rule.every() == Every.MONTH && accounts.containsKey(rule.account(month));
  }

  private long amount(BudgetRule rule, Instant month) {
    AccountTotals totals = accounts.get(rule.account(month));
    if (totals != null && rule.every() == Every.MONTH) {
      return totals.granted();
    }
    return rule.every() == Every.DAY && !rule.proration().isWhole()
        ? days(rule, month)
        : MonthlyGrants.inMonth(rule, month);
  }

  /** A daily budget of somebody who may come or go within the month. */
  private static long days(BudgetRule rule, Instant month) {
    YearMonth of = YearMonth.from(month.atZone(rule.zone()));
    long sum = 0;
    for (int day = 1; day <= of.lengthOfMonth(); day++) {
      Instant noon = of.atDay(day).atTime(12, 0).atZone(rule.zone()).toInstant();
      sum = Math.addExact(sum, rule.amount(noon));
    }
    return sum;
  }

  private static String basis(@Nullable Boolean recorded) {
    return Boolean.TRUE.equals(recorded) ? RECORDED : FILE;
  }

  /**
   * What attempts under way hold now, in money, by cost centre; the empty name for none. All of an
   * attempt is held on every account that binds it, so that of one owner the largest counts.
   */
  public Map<String, Long> held() {
    Map<String, Long> owners = new HashMap<>();
    accounts.forEach(
        (account, totals) -> {
          if (account.unit().equals(quota.currency()) && totals.held() > 0) {
            owners.merge(account.budget(), totals.held(), Math::max);
          }
        });
    Map<String, Long> byTeam = new HashMap<>();
    for (PrincipalConfig who : principals()) {
      long held = owners.getOrDefault(who.scope(), 0L);
      byTeam.merge(who.team() == null ? NO_TEAM : who.team(), held, Math::addExact);
    }
    Map<String, Long> held = new HashMap<>();
    byTeam.forEach(
        (team, members) -> {
          String center = costCenter(team);
          long most = Math.max(members, owners.getOrDefault("team/" + team, 0L));
          held.merge(center == null ? "" : center, most, Math::addExact);
        });
    return held;
  }

  /** Everybody who is entitled on some day of a range of time, and where each is counted. */
  public List<Access.Entitled> entitled(Access.By by, Instant from, Instant to) {
    Set<String> capped = capped(from, to);
    List<Access.Entitled> people = new ArrayList<>();
    for (PrincipalConfig who : principals()) {
      if (!who.service() && entitled(who, from, to)) {
        String group =
            switch (by) {
              case TEAM -> who.team() == null ? "(no team)" : who.team();
              case LEVEL -> who.level().isEmpty() ? "(no allowance)" : who.level();
              case SITE -> who.timezone().getId();
            };
        people.add(new Access.Entitled(who.id(), group, capped.contains(who.id())));
      }
    }
    return people;
  }

  private static boolean entitled(PrincipalConfig who, Instant from, Instant to) {
    LocalDate first = from.atZone(who.timezone()).toLocalDate();
    LocalDate last = to.minusNanos(1).atZone(who.timezone()).toLocalDate();
    LocalDate since = who.proration().since();
    LocalDate until = who.proration().until();
    return (since == null || !since.isAfter(last)) && (until == null || !until.isBefore(first));
  }

  /** Who used up all that an own account got, of a period that the range touches. */
  private Set<String> capped(Instant from, Instant to) {
    Calendar calendar = new Calendar(Every.MONTH, quota.timezone(), quota.fiscalStart());
    Set<String> capped = new TreeSet<>();
    accounts.forEach(
        (account, totals) -> {
          if (account.budget().startsWith(PERSON) && touches(calendar, account, from, to)) {
            long got = totals.granted() + totals.carried() + totals.received() - totals.sent();
            if (totals.used() > 0 && totals.used() >= got) {
              capped.add(account.budget().substring(PERSON.length()));
            }
          }
        });
    return capped;
  }

  /** Periods without an end touch every range. */
  private static boolean touches(Calendar calendar, AccountKey account, Instant from, Instant to) {
    Instant start = calendar.startOf(account.period());
    Instant end = calendar.endOf(account.period());
    return (start == null || start.isBefore(to)) && (end == null || end.isAfter(from));
  }

  private List<PrincipalConfig> principals() {
    List<PrincipalConfig> all = new ArrayList<>();
    for (String id : quota.ids()) {
      PrincipalConfig who = quota.principal(id);
      if (who != null) {
        all.add(who);
      }
    }
    return all;
  }

  private @Nullable String costCenter(@Nullable String team) {
    Team found = team == null ? null : quota.teams().get(team);
    return found == null ? null : found.costCenter();
  }

  /** The unit of all money. */
  public Unit currency() {
    return quota.currency();
  }
}
