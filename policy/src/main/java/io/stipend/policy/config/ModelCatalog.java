package io.stipend.policy.config;

import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which provider serves which model. A name is resolved once: alias, then an optional {@code
 * provider/} prefix; what comes out is what is authorized, priced and sent.
 */
public final class ModelCatalog {
  private final List<ProviderConfig> providers;
  private final RateCards cards;
  private final Map<String, String> aliases;

  /** The catalog of a quota file. */
  public ModelCatalog(QuotaFile file) {
    this(file.providers(), file.rateCards(), file.aliases());
  }

  /** The catalog of these providers under other cards, without aliases. */
  public ModelCatalog(List<ProviderConfig> providers, RateCards cards) {
    this(providers, cards, Map.of());
  }

  ModelCatalog(List<ProviderConfig> providers, RateCards cards, Map<String, String> aliases) {
    this.providers = List.copyOf(providers);
    this.cards = cards;
    this.aliases = Map.copyOf(aliases);
  }

  /**
   * A resolved name.
   *
   * @param model the model's name at its provider
   * @param servedBy the providers that serve it, in the order of the file; empty if none
   */
  public record Resolved(String model, List<ProviderConfig> servedBy) {}

  /** Resolves a name as a client wrote it, over providers of all vendors. */
  public Resolved resolve(String written, Instant at) {
    return resolveTarget(aliases.getOrDefault(written, written), at);
  }

  /**
   * Resolves a name for a call that costs nothing and so needs no price: where no provider is known
   * to serve the model, those that list no models are taken to.
   */
  public Resolved resolveFree(String written, Instant at) {
    Resolved known = resolve(written, at);
    return known.servedBy().isEmpty()
        ? resolve(
            aliases.getOrDefault(written, written),
            (provider, model) -> provider.models().isEmpty())
        : known;
  }

  /** Resolves a name that is no alias. */
  public Resolved resolveTarget(String name, Instant at) {
    return resolve(name, (provider, model) -> serves(provider, model, at));
  }

  private Resolved resolve(String name, BiPredicate<ProviderConfig, String> serves) {
    int slash = name.indexOf('/');
    if (slash > 0) {
      String prefix = name.substring(0, slash);
      for (ProviderConfig provider : providers) {
        if (provider.name().equals(prefix)) {
          String model = name.substring(slash + 1);
          return new Resolved(model, serves.test(provider, model) ? List.of(provider) : List.of());
        }
      }
    }
    List<ProviderConfig> servedBy = new ArrayList<>();
    for (ProviderConfig provider : providers) {
      if (serves.test(provider, name)) {
        servedBy.add(provider);
      }
    }
    return new Resolved(name, servedBy);
  }

  /** The prices of a model at a provider; null if there are none: the call must be refused. */
  public @Nullable Rating rating(ProviderConfig provider, String model, Instant at) {
    return cards.rating(provider.name(), provider.prices(), model, at);
  }

  /** The names that a provider serves and that have a price, sorted. */
  public List<String> priced(ProviderConfig provider, Instant at) {
    TreeSet<String> names = new TreeSet<>();
    for (String name : cards.models(provider.name(), provider.prices(), at)) {
      if (serves(provider, name, at)) {
        names.add(name);
      }
    }
    for (String pattern : provider.models()) {
      if (new Glob(pattern).isExact() && rating(provider, pattern, at) != null) {
        names.add(pattern);
      }
    }
    return List.copyOf(names);
  }

  /** All providers, in the order of the file. */
  public List<ProviderConfig> providers() {
    return providers;
  }

  private boolean serves(ProviderConfig provider, String model, Instant at) {
    if (provider.models().isEmpty()) {
      return rating(provider, model, at) != null;
    }
    for (String pattern : provider.models()) {
      if (new Glob(pattern).matches(model)) {
        return true;
      }
    }
    return false;
  }
}
