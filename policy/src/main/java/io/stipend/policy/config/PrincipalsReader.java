package io.stipend.policy.config;

import io.stipend.policy.budget.Proration;
import java.time.LocalDate;
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
  static final int MAX_NAME = 200;
  static final String NAME_EXPECTED = "a name of at most 200 characters";

  private final ZoneId zone;
  private final BudgetReader budgets;
  private final Map<String, @Nullable BudgetTerms> allowances;
  private final Set<String> teams;
  private final Problems problems;
  private final Map<String, PrincipalConfig> principals = new LinkedHashMap<>();

  /** Of those that stand in the quota file. */
  private final Map<String, Place> places = new HashMap<>();

  /** What those of the list of people have in common. */
  private final Map<Kind, PrincipalConfig.Standing> standings = new HashMap<>();

  private String list = "";

  /** What is wrong with these was told; what follows from it is not worth telling. */
  private final Set<String> broken = new HashSet<>();

  private record Kind(@Nullable String allowance, ZoneId zone) {}

  /**
   * @param zone of people without one
   * @param allowances by name; the terms are null if they are broken and were reported
   * @param teams the names of all teams
   */
  PrincipalsReader(
      ZoneId zone,
      BudgetReader budgets,
      Map<String, @Nullable BudgetTerms> allowances,
      Set<String> teams,
      Problems problems) {
    this.zone = zone;
    this.budgets = budgets;
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
    List<String> levels = new ArrayList<>();
    Value allowance = person.get("allowance");
    for (Value item : allowance == null ? List.<Value>of() : allowance.oneOrMore()) {
      String name = Scalars.reference(item, "an allowance", allowances.keySet());
      BudgetTerms found = name == null ? null : allowances.get(name);
      if (found != null) {
        BudgetReader.add(terms, found, item);
        levels.add(name);
      }
    }
    budgets.addAll(terms, person.get("budget"));
    return principal(
        person,
        id,
        standing(person, id, false, String.join("+", levels), terms, own),
        proration(person),
        Compensation.read(person.get("compensation")));
  }

  private PrincipalConfig service(String id, Section service) {
    List<BudgetTerms> terms = budgets.several(service.get("budget"));
    return principal(
        service, id, standing(service, id, true, "", terms, zone), Proration.WHOLE, null);
  }

  private static Proration proration(Section person) {
    LocalDate since = date(person.get("since"));
    Value untilValue = person.get("until");
    LocalDate until = date(untilValue);
    if (untilValue != null && since != null && until != null && until.isBefore(since)) {
      untilValue.problem(Scalars.untilProblem(until.toString(), since));
      until = null;
    }
    Value fteValue = person.get("fte");
    String text = fteValue == null ? null : fteValue.text("a share of full time such as 0.8");
    int fte = text == null ? Proration.FULL_TIME : Scalars.fte(text);
    if (fteValue != null && text != null && fte == 0) {
      fteValue.problem(Scalars.fteProblem(text));
      fte = Proration.FULL_TIME;
    }
    return new Proration(since, until, fte);
  }

  private static @Nullable LocalDate date(@Nullable Value value) {
    String text = value == null ? null : value.text("a day such as 2026-03-15");
    LocalDate date = text == null ? null : Scalars.date(text);
    if (value != null && text != null && date == null) {
      value.problem(Scalars.dateProblem(text));
    }
    return date;
  }

  /**
   * Reads the list of people.
   *
   * @param name of the list, as problems show it
   */
  void list(String name, String text) {
    list = name;
    new PeopleCsv(name, teams, allowances.keySet(), problems).read(text, this::listed);
  }

  private void listed(PeopleCsv.Row row) {
    ZoneId own = row.timezone() == null ? zone : row.timezone();
    add(
        null,
        new PrincipalConfig(
            row.id(),
            row.name(),
            row.team(),
            standings.computeIfAbsent(new Kind(row.allowance(), own), this::standing),
            row.proration(),
            row.compensation(),
            row.line()),
        problems.count());
  }

  private PrincipalConfig.Standing standing(Kind kind) {
    BudgetTerms terms = kind.allowance == null ? null : allowances.get(kind.allowance);
    return new PrincipalConfig.Standing(
        false,
        terms == null || kind.allowance == null ? "" : kind.allowance,
        terms == null ? List.of() : List.of(terms),
        kind.zone,
        ModelRules.ALL,
        ScopeLimits.NONE);
  }

  /**
   * All of them by id, each one bound by some budget of its own or above it, unless an allowance is
   * broken: of whoever has it that is no news.
   */
  Map<String, PrincipalConfig> checked(SharedBudgets shared) {
    if (allowances.containsValue(null)) {
      return principals;
    }
    Map<String, Boolean> bound = new HashMap<>();
    for (PrincipalConfig principal : principals.values()) {
      String team = principal.team() == null ? "" : principal.team();
      if (!principal.hasBudgets()
          && !broken.contains(principal.id())
          && !bound.computeIfAbsent(team, t -> !shared.above(principal.team()).isEmpty())) {
        problems.add(
            place(principal),
            principal.scope()
                + ": no budget would bind it (expected: an allowance or a budget of its own, or of"
                + " its team, group or organisation)");
      }
    }
    return principals;
  }

  private Place place(PrincipalConfig principal) {
    Place place = places.get(principal.id());
    return place == null ? new Place(list, principal.line(), 1) : place;
  }

  private static PrincipalConfig.Standing standing(
      Section section,
      String id,
      boolean service,
      String level,
      List<BudgetTerms> terms,
      ZoneId own) {
    return new PrincipalConfig.Standing(
        service,
        level,
        terms,
        own,
        ModelsReader.rules(section.get("models")),
        LimitsReader.ofOne(section.section("limits"), PrincipalConfig.scope(id, service)));
  }

  private PrincipalConfig principal(
      Section section,
      String id,
      PrincipalConfig.Standing standing,
      Proration proration,
      @Nullable Compensation compensation) {
    Value team = section.get("team");
    String name = Scalars.line(section.get("name"), MAX_NAME, NAME_EXPECTED);
    return new PrincipalConfig(
        id,
        name == null ? "" : name,
        team == null ? null : Scalars.reference(team, "a team", teams),
        standing,
        proration,
        compensation,
        0);
  }

  /**
   * @param place where it stands; null if in the list of people
   * @param before how many problems there were before this one was read
   */
  private void add(@Nullable Place place, PrincipalConfig principal, int before) {
    if (problems.count() > before) {
      broken.add(principal.id());
    }
    PrincipalConfig first = principals.putIfAbsent(principal.id(), principal);
    if (first == null) {
      if (place != null) {
        places.put(principal.id(), place);
      }
      return;
    }
    Place there = place(first);
    problems.add(
        place == null ? new Place(list, principal.line(), 1) : place,
        Problems.shown(principal.id())
            + " is there already (expected: an id of its own; the first is at "
            + there.file()
            + ":"
            + there.line()
            + ")");
  }
}
