package io.stipend.policy.config;

import io.stipend.policy.budget.BudgetRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A team.
 *
 * @param name as the quota file writes it
 * @param group the group that it is part of; null if none
 * @param costCenter whom finance charges; null if unsaid
 * @param budgets what binds all in it
 * @param pool a budget that binds nobody and that is given out by transfers; null if it has none
 * @param models what all in it may use
 * @param limits the limits that all in it share or each has
 */
public record Team(
    String name,
    @Nullable String group,
    @Nullable String costCenter,
    List<BudgetRule> budgets,
    @Nullable BudgetRule pool,
    ModelRules models,
    ScopeLimits limits) {
  /** Copies the list. */
  public Team {
    budgets = List.copyOf(budgets);
  }
}
