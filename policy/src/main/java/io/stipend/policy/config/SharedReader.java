package io.stipend.policy.config;

import java.time.ZoneId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what several people share: the organisation, groups and teams. */
final class SharedReader {
  private static final int MAX_COST_CENTER = 64;

  private final ZoneId zone;
  private final BudgetReader budgets;

  /**
   * @param zone whose calendar decides all shared periods
   */
  SharedReader(ZoneId zone, BudgetReader budgets) {
    this.zone = zone;
    this.budgets = budgets;
  }

  Organisation organisation(@Nullable Section section) {
    if (section == null) {
      return Organisation.NONE;
    }
    try (section) {
      return new Organisation(
          budgets.several(section.get("budget")).stream()
              .map(terms -> terms.of(Organisation.SCOPE, zone))
              .toList(),
          LimitsReader.ofMany(section.section("limits"), Organisation.SCOPE));
    }
  }

  Map<String, Group> groups(@Nullable Section section) {
    Map<String, Group> groups = new LinkedHashMap<>();
    Map<String, Value> parents = new HashMap<>();
    if (section == null) {
      return groups;
    }
    Set<String> names = section.named().keySet();
    for (Map.Entry<String, Value> entry : section.named().entrySet()) {
      String name = entry.getKey();
      section.checkName(name);
      Section group = entry.getValue().section("a mapping with budget");
      if (group != null) {
        try (group) {
          Value parent = group.get("group");
          String parentName = parent == null ? null : Scalars.reference(parent, "a group", names);
          if (parent != null && parentName != null) {
            parents.put(name, parent);
          }
          groups.put(
              name,
              new Group(
                  name,
                  parentName,
                  budgets.several(group.get("budget")).stream()
                      .map(terms -> terms.of("group/" + name, zone))
                      .toList(),
                  ModelsReader.rules(group.get("models")),
                  LimitsReader.ofMany(group.section("limits"), "group/" + name)));
        }
      }
    }
    reportCycles(groups, parents);
    return groups;
  }

  Map<String, Team> teams(@Nullable Section section, Set<String> groups) {
    Map<String, Team> teams = new LinkedHashMap<>();
    if (section == null) {
      return teams;
    }
    for (Map.Entry<String, Value> entry : section.named().entrySet()) {
      String name = entry.getKey();
      section.checkName(name);
      Section team = entry.getValue().section("a mapping with budget, group or cost_center");
      if (team != null) {
        try (team) {
          Value group = team.get("group");
          BudgetTerms pool = budgets.pool(team.get("pool"));
          teams.put(
              name,
              new Team(
                  name,
                  group == null ? null : Scalars.reference(group, "a group", groups),
                  Scalars.line(team.get("cost_center"), MAX_COST_CENTER, "1 to 64 characters"),
                  budgets.several(team.get("budget")).stream()
                      .map(terms -> terms.of("team/" + name, zone))
                      .toList(),
                  pool == null ? null : pool.of("pool/" + name, zone),
                  ModelsReader.rules(team.get("models")),
                  LimitsReader.ofMany(team.section("limits"), "team/" + name)));
        }
      }
    }
    return teams;
  }

  private static void reportCycles(Map<String, Group> groups, Map<String, Value> parents) {
    Set<String> reported = new HashSet<>();
    for (String start : groups.keySet()) {
      Set<String> path = new LinkedHashSet<>();
      String name = start;
      while (name != null && path.add(name)) {
        Group group = groups.get(name);
        name = group == null ? null : group.parent();
      }
      Value parent = parents.get(start);
      if (start.equals(name) && parent != null && reported.add(start)) {
        reported.addAll(path);
        parent.problem(
            "goes in a circle: "
                + String.join(" → ", path)
                + " → "
                + start
                + " (expected: a tree)");
      }
    }
  }
}
