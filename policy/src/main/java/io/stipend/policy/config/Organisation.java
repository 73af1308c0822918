package io.stipend.policy.config;

import io.stipend.policy.budget.BudgetRule;
import java.util.List;

/**
 * Everybody together.
 *
 * @param budgets what binds everybody
 * @param limits the limits that all share or each has
 */
public record Organisation(List<BudgetRule> budgets, ScopeLimits limits) {
  /** The name of its budgets and limits. */
  static final String SCOPE = "organisation";

  static final Organisation NONE = new Organisation(List.of(), ScopeLimits.NONE);

  /** Copies the list. */
  public Organisation {
    budgets = List.copyOf(budgets);
  }
}
