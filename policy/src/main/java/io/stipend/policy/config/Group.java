package io.stipend.policy.config;

import io.stipend.policy.budget.BudgetRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group of teams, or of groups.
 *
 * @param name as the quota file writes it
 * @param parent the group that it is part of; null if none
 * @param budgets what binds all in it
 * @param models what all in it may use
 * @param limits the limits that all in it share or each has
 */
public record Group(
    String name,
    @Nullable String parent,
    List<BudgetRule> budgets,
    ModelRules models,
    ScopeLimits limits) {
  /** Copies the list. */
  public Group {
    budgets = List.copyOf(budgets);
  }
}
