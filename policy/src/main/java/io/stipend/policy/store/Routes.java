package io.stipend.policy.store;

import io.stipend.metering.price.Rating;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.Route;
import io.stipend.policy.config.ModelCatalog;
import io.stipend.policy.config.ModelRules;
import io.stipend.policy.config.ProviderConfig;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds every way that a permitted call can go: the providers that serve its model, each with each
 * of its keys, then the models that it falls back to. What the caller may not use, what has no
 * price, what speaks another API and what has no room for the thinking that is asked for is none of
 * them.
 */
final class Routes {
  private final PolicySnapshot snapshot;
  private final List<ModelRules> rules;
  private final ModelCall call;
  private final Instant now;

  /**
   * @param rules of the caller
   * @param now whose prices count
   */
  Routes(PolicySnapshot snapshot, List<ModelRules> rules, ModelCall call, Instant now) {
    this.snapshot = snapshot;
    this.rules = rules;
    this.call = call;
    this.now = now;
  }

  static boolean allowed(List<ModelRules> rules, ProviderConfig provider, String model) {
    for (ModelRules rule : rules) {
      if (!rule.allows(provider.name(), model)) {
        return false;
      }
    }
    return true;
  }

  /**
   * The permit with all its routes; itself if it can go one way only.
   *
   * @param resolved its model, with all who serve it
   */
  Permit of(Permit permit, ModelCatalog.Resolved resolved) {
    List<String> fallbacks = snapshot.file().fallbacks().getOrDefault(resolved.model(), List.of());
    if (resolved.servedBy().size() == 1
        && fallbacks.isEmpty()
        && permit.provider().perKey().isEmpty()) {
      return permit;
    }
    List<Route> routes = new ArrayList<>();
    int rank = add(routes, permit, resolved, 0);
    for (String fallback : fallbacks) {
      rank = add(routes, permit, snapshot.catalog().resolveTarget(fallback, now), rank);
    }
    if (routes.size() < 2) {
      return permit;
    }
    return new Permit(
        permit.principal(),
        permit.provider(),
        permit.model(),
        permit.rating(),
        permit.budgets(),
        permit.lease(),
        permit.most(),
        routes);
  }

  /** Adds those who serve a model; returns the next free rank. */
  private int add(
      List<Route> routes, Permit permit, ModelCatalog.Resolved resolved, int firstRank) {
    List<Route> able = new ArrayList<>();
    boolean weighted = false;
    for (ProviderConfig provider : resolved.servedBy()) {
      boolean takes =
          provider.dialect().equals(call.vendor())
              && call.suits(permit.model(), resolved.model())
              && allowed(rules, provider, resolved.model())
              && !among(routes, provider, resolved.model());
      Rating rating = takes ? rating(permit, provider, resolved.model()) : null;
      if (rating != null) {
        able.add(new Route(provider, resolved.model(), rating, firstRank, Route.WHOLE));
        weighted |= provider.weight() > 0;
      }
    }
    int next = weighted ? firstRank + 1 : firstRank;
    for (Route one : able) {
      int weight = one.provider().weight();
      add(routes, one, weight > 0 ? firstRank : next++, Math.max(1, weight));
    }
    return next;
  }

  /** A fallback may name a provider of the model that is one of its own already. */
  private static boolean among(List<Route> routes, ProviderConfig provider, String model) {
    return routes.stream()
        .anyMatch(r -> r.provider().name().equals(provider.name()) && r.model().equals(model));
  }

  /** Adds a provider with each of its keys, which share its weight. */
  private static void add(List<Route> routes, Route one, int rank, int weight) {
    long share = weight * Route.WHOLE;
    List<ProviderConfig> perKey = one.provider().perKey();
    if (perKey.isEmpty()) {
      routes.add(new Route(one.provider(), one.model(), one.rating(), rank, share));
      return;
    }
    int all = perKey.stream().mapToInt(ProviderConfig::weight).sum();
    for (ProviderConfig keyed : perKey) {
      long ofKey = Math.max(1, share * keyed.weight() / all);
      routes.add(new Route(keyed, one.model(), one.rating(), rank, ofKey));
    }
  }

  /** Its prices; null if it cannot be used for this call for want of one. */
  private @Nullable Rating rating(Permit permit, ProviderConfig provider, String model) {
    Rating rating = snapshot.catalog().rating(provider, model, now);
    if (!call.metered()) {
      return rating == null ? NoPrice.NEEDED : rating;
    }
    return rating == null
            || UnpricedUse.of(call, rating, permit.budgets(), model) != null
            || UnpricedUse.untold(call, rating) != null
            || (!model.equals(permit.model()) && !call.hasRoom(rating))
        ? null
        : rating;
  }
}
