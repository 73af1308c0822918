package io.stipend.policy.plan;

import io.stipend.metering.Charge;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.plan.PlanReport.ModelLine;
import io.stipend.policy.plan.PlanReport.PersonLine;
import io.stipend.policy.plan.PlanReport.TeamLine;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the calls of both reruns add up to, by person, team and model. For one thread. */
final class Tallies {
  private static final Set<String> MODEL_REASONS =
      Stream.of(
              RefusalReason.UNKNOWN_MODEL,
              RefusalReason.MODEL_NOT_ALLOWED,
              RefusalReason.UNPRICED_MODEL)
          .map(RefusalReason::label)
          .collect(Collectors.toUnmodifiableSet());

  private final Unit currency;
  private final Map<String, Person> people = new TreeMap<>();
  private final Map<String, Team> teams = new HashMap<>();
  private final Map<ModelKey, Model> models = new HashMap<>();
  private long calls;

  Tallies(Unit currency) {
    this.currency = currency;
  }

  private record ModelKey(String model, String reason) {}

  private static final class Person {
    private @Nullable String team;
    private long calls;
    private long used;
    private long usedNow;
    private long usedNew;
    private long refusedNow;
    private long refusedNew;
    private long shortenedNew;
    private long refusedAmountNew;
    private @Nullable Instant first;
    private final Map<String, Long> reasons = new TreeMap<>();

    boolean touched() {
      return refusedNow + refusedNew + shortenedNew > 0;
    }
  }

  private static final class Team {
    private Charge used = Charge.ZERO;
    private Charge refusedNow = Charge.ZERO;
    private Charge refusedNew = Charge.ZERO;
  }

  private static final class Model {
    private long calls;
    private long used;
  }

  long calls() {
    return calls;
  }

  /** Counts one call and what both files make of it. */
  void count(UsageRow row, Rerun.Answer now, Rerun.Answer next) {
    calls++;
    Charge cost = new Charge(row.nanos(), row.usage().total());
    Person person = people.computeIfAbsent(row.person(), id -> new Person());
    person.team = row.team();
    person.calls++;
    person.used = Math.addExact(person.used, cost.nanos());
    Team team = teams.computeIfAbsent(name(row.team()), name -> new Team());
    team.used = team.used.plus(cost);
    if (now.refused() == null) {
      person.usedNow = Math.addExact(person.usedNow, now.charge().nanos());
    } else {
      person.refusedNow++;
      team.refusedNow = team.refusedNow.plus(cost);
    }
    String refused = next.refused();
    if (refused == null) {
      person.usedNew = Math.addExact(person.usedNew, next.charge().nanos());
      person.shortenedNew += next.shortened() ? 1 : 0;
      return;
    }
    person.refusedNew++;
    person.refusedAmountNew = Math.addExact(person.refusedAmountNew, cost.nanos());
    person.first = person.first == null ? row.startedAt() : person.first;
    person.reasons.merge(refused, 1L, Math::addExact);
    team.refusedNew = team.refusedNew.plus(cost);
    if (MODEL_REASONS.contains(refused)) {
      ModelKey key = new ModelKey(row.provider() + "/" + row.modelRequested(), refused);
      Model model = models.computeIfAbsent(key, k -> new Model());
      model.calls++;
      model.used = Math.addExact(model.used, cost.nanos());
    }
  }

  private static String name(@Nullable String team) {
    return team == null ? "" : team;
  }

  List<PersonLine> people() {
    List<PersonLine> lines = new ArrayList<>();
    people.forEach(
        (id, p) -> {
          if (p.touched()) {
            lines.add(
                new PersonLine(
                    id,
                    p.team,
                    p.calls,
                    currency.name(),
                    currency.format(p.used),
                    currency.format(p.usedNow),
                    currency.format(p.usedNew),
                    p.refusedNow,
                    p.refusedNew,
                    p.shortenedNew,
                    currency.format(p.refusedAmountNew),
                    p.first == null ? null : p.first.toString(),
                    p.reasons));
          }
        });
    return lines;
  }

  List<ModelLine> models() {
    List<ModelLine> lines = new ArrayList<>();
    models.forEach(
        (key, m) ->
            lines.add(
                new ModelLine(
                    key.model, key.reason, m.calls, currency.format(m.used), currency.name())));
    lines.sort(Comparator.comparing(ModelLine::model).thenComparing(ModelLine::reason));
    return lines;
  }

  /** By name and unit; units in which nothing is granted and nothing was used are left out. */
  List<TeamLine> teams(MonthlyGrants now, MonthlyGrants next) {
    Set<MonthlyGrants.Key> keys =
        new TreeSet<>(
            Comparator.comparing(MonthlyGrants.Key::team).thenComparing(key -> key.unit().name()));
    keys.addAll(now.keys());
    keys.addAll(next.keys());
    teams.forEach(
        (name, team) -> {
          if (team.used.nanos() > 0) {
            keys.add(new MonthlyGrants.Key(name, currency));
          }
        });
    List<TeamLine> lines = new ArrayList<>();
    for (MonthlyGrants.Key key : keys) {
      lines.add(line(key, now, next));
    }
    return lines;
  }

  private TeamLine line(MonthlyGrants.Key key, MonthlyGrants now, MonthlyGrants next) {
    Unit unit = key.unit();
    Team team = teams.getOrDefault(key.team(), new Team());
    long before = now.members(key);
    long after = next.members(key);
    return new TeamLine(
        key.team(),
        unit.name(),
        unit.format(before),
        unit.format(after),
        unit.format(Math.subtractExact(after, before)),
        text(unit, now.budget(key)),
        text(unit, next.budget(key)),
        unit.format(team.used.in(unit)),
        unit.format(team.refusedNow.in(unit)),
        unit.format(team.refusedNew.in(unit)));
  }

  private static @Nullable String text(Unit unit, @Nullable Long amount) {
    return amount == null ? null : unit.format(amount);
  }

  /** All teams together, by unit; budgets of teams bind only their own and have no sum. */
  static List<TeamLine> total(List<TeamLine> teams) {
    Map<String, long[]> sums = new TreeMap<>();
    for (TeamLine line : teams) {
      Unit unit = new Unit(line.unit());
      long[] sum = sums.computeIfAbsent(line.unit(), name -> new long[6]);
      String[] amounts = {
        line.grantedPerMonthNow(),
        line.grantedPerMonthNew(),
        line.changePerMonth(),
        line.used(),
        line.refusedAmountNow(),
        line.refusedAmountNew()
      };
      for (int i = 0; i < amounts.length; i++) {
        sum[i] = Math.addExact(sum[i], unit.parse(amounts[i]));
      }
    }
    List<TeamLine> lines = new ArrayList<>();
    sums.forEach(
        (name, sum) -> {
          Unit unit = new Unit(name);
          lines.add(
              new TeamLine(
                  "",
                  name,
                  unit.format(sum[0]),
                  unit.format(sum[1]),
                  unit.format(sum[2]),
                  null,
                  null,
                  unit.format(sum[3]),
                  unit.format(sum[4]),
                  unit.format(sum[5])));
        });
    return lines;
  }
}
