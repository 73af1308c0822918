package io.stipend.policy.config;

import io.stipend.policy.budget.BudgetRule;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What stands above a principal: its team, the team's group, that group's parents, the
 * organisation.
 *
 * @param organisation binds everybody
 * @param groups by name
 * @param teams by name
 */
record SharedBudgets(
    Organisation organisation, Map<String, Group> groups, Map<String, Team> teams) {
  /** The budgets above the members of a team, nearest first. */
  List<BudgetRule> above(@Nullable String teamName) {
    List<BudgetRule> rules = new ArrayList<>();
    Team team = teamName == null ? null : teams.get(teamName);
    if (team != null) {
      rules.addAll(team.budgets());
      groupsOf(team).forEach(group -> rules.addAll(group.budgets()));
    }
    rules.addAll(organisation.budgets());
    return rules;
  }

  /** The groups of a team, nearest first; each once, even in a file whose groups go in a circle. */
  List<Group> groupsOf(Team team) {
    Set<Group> path = new LinkedHashSet<>();
    String name = team.group();
    while (name != null) {
      Group group = groups.get(name);
      name = group != null && path.add(group) ? group.parent() : null;
    }
    return List.copyOf(path);
  }
}
