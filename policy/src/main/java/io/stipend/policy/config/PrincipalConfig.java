package io.stipend.policy.config;

import io.stipend.policy.budget.BudgetRule;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A person or a service of the quota file.
 *
 * @param id unique among both
 * @param service whether it is a service
 * @param name for people to read; empty if unsaid
 * @param team its team; null if none
 * @param budgets its own allowances and budgets; they differ in how often or in what they count
 * @param timezone decides its own periods
 * @param models what it may use
 * @param limits its own limits
 */
public record PrincipalConfig(
    String id,
    boolean service,
    String name,
    @Nullable String team,
    List<BudgetRule> budgets,
    ZoneId timezone,
    ModelRules models,
    LimitRule limits) {
  /** Copies the list. */
  public PrincipalConfig {
    budgets = List.copyOf(budgets);
  }
}
