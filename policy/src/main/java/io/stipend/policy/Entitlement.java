package io.stipend.policy;

import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.config.LimitRule;
import java.util.List;

/**
 * Everything that the quota file gives a principal, resolved once per key and snapshot.
 *
 * @param principal who it is
 * @param budgets every budget that binds, the person's own first, the organisation's last
 * @param limits the limits that bind this key, of all models, each with whose it is
 */
public record Entitlement(Principal principal, List<BudgetRule> budgets, List<LimitRule> limits) {
  /** The same principal, entitled to nothing any more. */
  public Entitlement ended() {
    return new Entitlement(principal, List.of(), List.of());
  }
}
