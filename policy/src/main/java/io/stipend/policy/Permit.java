package io.stipend.policy;

import io.stipend.metering.price.Rating;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.config.ProviderConfig;
import io.stipend.policy.limit.Lease;
import java.util.List;

/**
 * The call may go ahead, if its budgets cover it.
 *
 * @param principal who asks
 * @param provider where it goes
 * @param model the model's name at that provider, aliases and provider prefix resolved
 * @param rating its prices, pinned now
 * @param budgets every budget that binds, the person's own first
 * @param lease what the limits hold for it; closed when the exchange ends
 */
public record Permit(
    Principal principal,
    ProviderConfig provider,
    String model,
    Rating rating,
    List<BudgetRule> budgets,
    Lease lease)
    implements Decision {}
