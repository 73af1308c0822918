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
 * @param most what the call may cost at most, in nano-units, if it is generated in the background
 * @param routes every way that it can go, this one among them; empty where there is no other
 */
public record Permit(
    Principal principal,
    ProviderConfig provider,
    String model,
    Rating rating,
    List<BudgetRule> budgets,
    Lease lease,
    long most,
    List<Route> routes)
    implements Decision {
  /** Copies the list. */
  public Permit {
    routes = List.copyOf(routes);
  }

  /** One that can go one way only. */
  public Permit(
      Principal principal,
      ProviderConfig provider,
      String model,
      Rating rating,
      List<BudgetRule> budgets,
      Lease lease,
      long most) {
    this(principal, provider, model, rating, budgets, lease, most, List.of());
  }

  /** One whose cost its budgets alone bound. */
  public Permit(
      Principal principal,
      ProviderConfig provider,
      String model,
      Rating rating,
      List<BudgetRule> budgets,
      Lease lease) {
    this(principal, provider, model, rating, budgets, lease, Long.MAX_VALUE);
  }

  /** The same call on one of its routes, at that one's prices. */
  public Permit by(Route route) {
    return new Permit(
        principal, route.provider(), route.model(), route.rating(), budgets, lease, most, routes);
  }

  /** The same call, on this one of its routes and no other. */
  public Permit only(Route route) {
    return new Permit(
        principal, route.provider(), route.model(), route.rating(), budgets, lease, most);
  }
}
