package io.stipend.metering.price;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The prices of the tokens of one model at one instant, to be looked at rather than charged. */
public final class ModelPrices {
  private final Rate rate;

  private ModelPrices(Rate rate) {
    this.rate = rate;
  }

  /**
   * The prices of a model, as {@link RateCards#rating} finds them.
   *
   * @return null if its tokens have no price then
   */
  public static @Nullable ModelPrices of(
      RateCards cards, String provider, String vendor, String model, Instant at) {
    Rate rate = cards.find(provider, vendor, model, at);
    return rate == null || !rate.pricesTokens() ? null : new ModelPrices(rate);
  }

  /** Whether a tier is the one that a request gets when it asks for none in particular. */
  public static boolean isDefault(@Nullable String tier) {
    return tier == null || TierPrices.DEFAULT_NAMES.contains(tier.toLowerCase(Locale.ROOT));
  }

  /** The version of the card. */
  public String version() {
    return rate.cardVersion();
  }

  /** Whether this is the same model of the same card. */
  public boolean isSameModel(ModelPrices other) {
    return rate.cardVersion().equals(other.rate.cardVersion())
        && rate.model().equals(other.rate.model());
  }

  /** The tiers beside the default one that the card knows, sorted. */
  public List<String> tiers() {
    return List.copyOf(new TreeSet<>(rate.tiers().others().keySet()));
  }

  /**
   * The prices of a request.
   *
   * @param tier the tier that was served; null for the default
   * @param inputTotal all its input, cached or not
   */
  public MeterPrices at(@Nullable String tier, long inputTotal) {
    return MeterPrices.of(rate.tiers().of(tier).at(inputTotal));
  }

  /** The sizes of input above which a request of this tier has other prices, rising; no zero. */
  public List<Long> steps(@Nullable String tier) {
    return rate.tiers().of(tier).steps().stream()
        .map(ContextPrices.Step::inputOver)
        .filter(over -> over > 0)
        .toList();
  }
}
