package io.stipend.policy.config;

import io.stipend.policy.budget.BudgetRule;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Reads people and services, and checks that every one of them is bound by some budget. */
final class PrincipalsReader {
  private static final int MAX_NAME = 200;

  private final ZoneId zone;
  private final Map<String, @Nullable BudgetTerms> allowances;
  private final Set<String> teams;
  private final Problems problems;
  private final Map<String, PrincipalConfig> principals = new LinkedHashMap<>();
  private final Map<String, Place> places = new HashMap<>();

  /** What is wrong with these was told; what follows from it is not worth telling. */
  private final Set<String> broken = new HashSet<>();

  /**
   * @param zone of people without one
   * @param allowances by name; the terms are null if they are broken and were reported
   * @param teams the names of all teams
   */
  PrincipalsReader(
      ZoneId zone,
      Map<String, @Nullable BudgetTerms> allowances,
      Set<String> teams,
      Problems problems) {
    this.zone = zone;
    this.allowances = allowances;
    this.teams = teams;
    this.problems = problems;
  }

  void people(@Nullable Section section) {
    each(section, "a mapping with team and allowance", this::person);
  }

  void services(@Nullable Section section) {
    each(section, "a mapping with team and budget", this::service);
  }

  private void each(
      @Nullable Section section,
      String expected,
      BiFunction<String, Section, PrincipalConfig> reading) {
    if (section == null) {
      return;
    }
    for (Map.Entry<String, Value> entry : section.named().entrySet()) {
      String id = entry.getKey();
      int before = problems.count();
      section.checkName(id);
      Section one = entry.getValue().section(expected);
      if (one == null) {
        continue;
      }
      PrincipalConfig config;
      try (one) {
        config = reading.apply(id, one);
      }
      add(section.placeOf(id), config, before);
    }
  }

  private PrincipalConfig person(String id, Section person) {
    ZoneId own = Scalars.zone(person.get("timezone"), zone);
    List<BudgetTerms> terms = new ArrayList<>();
    Value allowance = person.get("allowance");
    for (Value item : allowance == null ? List.<Value>of() : allowance.oneOrMore()) {
      String name = Scalars.reference(item, "an allowance", allowances.keySet());
      BudgetTerms found = name == null ? null : allowances.get(name);
      if (found != null) {
        BudgetReader.add(terms, found, item);
      }
    }
    budgets(person.get("budget"), terms);
    person.notBuilt("since", "until", "fte");
    return principal(person, id, false, own, terms);
  }

  private PrincipalConfig service(String id, Section service) {
    List<BudgetTerms> terms = new ArrayList<>();
    budgets(service.get("budget"), terms);
    return principal(service, id, true, zone, terms);
  }

  /** A person of the list of people. */
  void listed(PeopleCsv.Row row) {
    List<BudgetTerms> terms = new ArrayList<>();
    BudgetTerms allowance = row.allowance() == null ? null : allowances.get(row.allowance());
    if (allowance != null) {
      terms.add(allowance);
    }
    ZoneId own = row.timezone() == null ? zone : row.timezone();
    add(
        row.place(),
        new PrincipalConfig(
            row.id(),
            false,
            row.name(),
            row.team(),
            rules(row.id(), false, terms, own),
            own,
            ModelRules.ALL,
            LimitRule.none(scope(row.id(), false))),
        problems.count());
  }

  Set<String> allowanceNames() {
    return allowances.keySet();
  }

  Set<String> teamNames() {
    return teams;
  }

  /** All of them by id, each one bound by some budget of its own or above it. */
  Map<String, PrincipalConfig> checked(SharedBudgets shared) {
    for (PrincipalConfig principal : principals.values()) {
      if (!broken.contains(principal.id())
          && principal.budgets().isEmpty()
          && shared.above(principal.team()).isEmpty()) {
        problems.add(
            places.getOrDefault(principal.id(), Place.start("")),
            scope(principal.id(), principal.service())
                + ": no budget would bind it (expected: an allowance or a budget of its own, or of"
                + " its team, group or organisation)");
      }
    }
    return principals;
  }

  private PrincipalConfig principal(
      Section section, String id, boolean service, ZoneId own, List<BudgetTerms> terms) {
    Value team = section.get("team");
    return new PrincipalConfig(
        id,
        service,
        name(section.get("name")),
        team == null ? null : Scalars.reference(team, "a team", teams),
        rules(id, service, terms, own),
        own,
        ModelsReader.rules(section.get("models")),
        SharedReader.limits(section.section("limits"), scope(id, service)));
  }

  /**
   * @param before how many problems there were before this one was read
   */
  private void add(Place place, PrincipalConfig principal, int before) {
    if (problems.count() > before) {
      broken.add(principal.id());
    }
    Place first = places.putIfAbsent(principal.id(), place);
    if (first == null) {
      principals.put(principal.id(), principal);
    } else {
      problems.add(
          place,
          Problems.shown(principal.id())
              + " is there already (expected: an id of its own; the first is at "
              + first.file()
              + ":"
              + first.line()
              + ")");
    }
  }

  private static void budgets(@Nullable Value value, List<BudgetTerms> terms) {
    if (value != null) {
      for (Value item : value.oneOrMore()) {
        BudgetTerms own = BudgetReader.one(item);
        if (own != null) {
          BudgetReader.add(terms, own, item);
        }
      }
    }
  }

  private static List<BudgetRule> rules(
      String id, boolean service, List<BudgetTerms> terms, ZoneId zone) {
    return terms.stream().map(t -> t.of(scope(id, service), zone)).toList();
  }

  /**
   * The scope of a principal, which also names its budgets: not the allowance, so that a person who
   * moves to another allowance keeps what was used.
   */
  private static String scope(String id, boolean service) {
    return (service ? "service/" : "person/") + id;
  }

  private static String name(@Nullable Value value) {
    String name = Scalars.line(value, MAX_NAME, "a name of at most 200 characters");
    return name == null ? "" : name;
  }
}
