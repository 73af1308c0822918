package io.stipend.metering.price;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The prices of one model by service tier. */
final class TierPrices {
  /** Words of the vendors for the tier that a request gets when it asks for none in particular. */
  static final Set<String> DEFAULT_NAMES =
      Set.of("", "auto", "default", "standard", "standard_only", "on_demand", "unspecified");

  /** Stands where tokens have no price: whoever sees it must charge something else. */
  static final TierPrices NONE =
      new TierPrices(
          new ContextPrices(List.of(new ContextPrices.Step(0, new Prices(0, 0, 0, 0, 0)))),
          Map.of());

  private final ContextPrices standard;
  private final Map<String, ContextPrices> others;
  private final ContextPrices dearest;

  /**
   * @param standard the prices of the default tier
   * @param others the prices of the other tiers by name, in lower case
   */
  TierPrices(ContextPrices standard, Map<String, ContextPrices> others) {
    this.standard = standard;
    this.others = Map.copyOf(others);
    this.dearest = others.values().stream().reduce(standard, ContextPrices::max);
  }

  /** The prices of a tier in the vendor's word; of an unknown tier, the dearest of all. */
  ContextPrices of(@Nullable String tier) {
    ContextPrices known = known(tier);
    return known == null ? dearest : known;
  }

  /** The prices of a tier in the vendor's word; null if it is unknown. */
  @Nullable ContextPrices known(@Nullable String tier) {
    String name = tier == null ? "" : tier.toLowerCase(Locale.ROOT);
    return DEFAULT_NAMES.contains(name) ? standard : others.get(name);
  }

  ContextPrices standard() {
    return standard;
  }

  Map<String, ContextPrices> others() {
    return others;
  }
}
