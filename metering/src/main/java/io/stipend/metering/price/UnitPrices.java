package io.stipend.metering.price;

import io.stipend.metering.Meter;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prices of what is not a token, by meter; of a model, or of all models of a card. */
final class UnitPrices {
  /** Above what anybody can pay, and small enough to be summed: 100 million USD. */
  private static final long BEYOND = 100_000_000L * 1_000_000_000L;

  static final UnitPrices NONE = new UnitPrices(Map.of());

  private final Map<Meter, UnitPrice> prices;

  UnitPrices(Map<Meter, UnitPrice> prices) {
    this.prices = prices.isEmpty() ? Map.of() : new EnumMap<>(prices);
  }

  /**
   * What one unit costs.
   *
   * @param byVariant nano-units by the name of the variant; where there is no choice, one of name
   *     ""
   * @param dearest the highest of these
   * @param once whether a request pays for one unit however many it uses
   */
  record UnitPrice(Map<String, Long> byVariant, long dearest, boolean once) {
    UnitPrice(Map<String, Long> byVariant, boolean once) {
      this(
          Map.copyOf(byVariant),
          byVariant.values().stream().mapToLong(Long::longValue).max().orElse(0),
          once);
    }

    /** The price of one in nano-units; the dearest of all where the variant is not known. */
    long of(@Nullable String variant) {
      Long price = variant == null ? null : byVariant.get(variant);
      return price == null ? dearest : price;
    }

    /** The price of so many in nano-units, held at {@link #BEYOND}. */
    long of(long count, @Nullable String variant) {
      long price = of(variant);
      long billed = billed(count);
      return price > 0 && billed > BEYOND / price ? BEYOND : billed * price;
    }

    /** How many of so many a request pays for. */
    long billed(long count) {
      return once ? Math.min(1, count) : count;
    }

    /** The dearer of both for a unit of unknown variant. */
    UnitPrice max(UnitPrice other) {
      return other.dearest > dearest ? other : this;
    }
  }

  @Nullable UnitPrice of(Meter meter) {
    return prices.get(meter);
  }

  boolean isNone() {
    return prices.isEmpty();
  }
}
