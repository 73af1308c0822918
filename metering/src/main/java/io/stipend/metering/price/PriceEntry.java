package io.stipend.metering.price;

import io.stipend.metering.Meter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a card says of one model for one span of time.
 *
 * @param card its version; where it was converted, with the rate of exchange
 * @param scope whose models it prices: {@code provider openai-eu} or {@code vendor openai}
 * @param kind {@code list} or {@code contracted}
 * @param model the name in the card, or a pattern
 * @param names other names of the same model
 * @param currency of the prices
 * @param validFrom first instant, UTC
 * @param validTo the instant after the last one; null if open
 * @param source where the prices were read
 * @param checkedOn when they were read
 * @param file where the entry stands
 * @param line from 1
 * @param column from 1
 * @param prices all of them
 */
public record PriceEntry(
    String card,
    String scope,
    String kind,
    String model,
    List<String> names,
    String currency,
    String validFrom,
    @Nullable String validTo,
    String source,
    String checkedOn,
    String file,
    int line,
    int column,
    List<PriceItem> prices) {
  /** Copies the lists. */
  public PriceEntry {
    names = List.copyOf(names);
    prices = List.copyOf(prices);
  }

  /** What a rate says itself, and of units also its card. */
  static PriceEntry of(RateCard card, Rate rate) {
    return of(
        card,
        rate,
        meter -> {
          UnitPrices.UnitPrice own = rate.units().of(meter);
          return own != null ? own : card.tools().of(meter);
        });
  }

  /** The same with the prices of units of all cards. */
  static PriceEntry of(
      RateCard card, Rate rate, Function<Meter, UnitPrices.@Nullable UnitPrice> units) {
    List<PriceItem> items = new ArrayList<>(PriceItem.tokens(rate));
    for (Meter meter : Meter.values()) {
      items.addAll(PriceItem.units(meter, units.apply(meter)));
    }
    return new PriceEntry(
        rate.cardVersion(),
        card.scope().label(),
        card.contracted() ? "contracted" : "list",
        rate.model(),
        rate.names(),
        card.currency(),
        rate.validFrom().toString(),
        rate.validTo() == null ? null : rate.validTo().toString(),
        rate.source(),
        rate.checkedOn().toString(),
        rate.place().file(),
        rate.place().line(),
        rate.place().column(),
        items);
  }

  /** The price of a meter at the default tier and any size; null if it has none. */
  public @Nullable BigDecimal price(String meter) {
    for (PriceItem item : prices) {
      if (item.label().equals(meter)) {
        return item.price();
      }
    }
    return null;
  }
}
