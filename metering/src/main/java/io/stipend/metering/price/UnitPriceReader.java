package io.stipend.metering.price;

import io.stipend.metering.Meter;
import io.stipend.metering.price.UnitPrices.UnitPrice;
import java.math.BigDecimal;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads from a card what one of anything costs that is not a token. */
final class UnitPriceReader {
  /** Nine decimals of USD are nano-units. */
  private static final int SCALE = 9;

  private static final Pattern DECIMAL = Pattern.compile("\\d{1,9}(\\.\\d{1," + SCALE + "})?");

  /** A unit that costs more is a typing error: 1,000 USD; of other currencies, a million. */
  private static final long MOST = 1_000L * 1_000_000_000;

  private static final long SMALLEST = 1_000;

  private static final String PER_UNIT = "per_unit";
  private static final String PER_REQUEST = "per_request";

  private final boolean freeAllowed;
  private final String currency;
  private final long most;

  /**
   * @param freeAllowed whether a price may be zero: in a contract yes, in a list price it is an
   *     error
   * @param currency of all prices
   */
  UnitPriceReader(boolean freeAllowed, String currency) {
    this.freeAllowed = freeAllowed;
    this.currency = currency;
    this.most = currency.equals("USD") ? MOST : SMALLEST * MOST;
  }

  /** The prices of one model. */
  UnitPrices of(YamlMap entry) {
    return read(entry, false);
  }

  /** The prices of tools that a card has for all its models. */
  UnitPrices ofTools(YamlMap card) {
    return read(card, true);
  }

  private UnitPrices read(YamlMap from, boolean toolsOnly) {
    Map<Meter, UnitPrice> prices = new EnumMap<>(Meter.class);
    for (String key : new String[] {PER_UNIT, PER_REQUEST}) {
      YamlMap map = from.map(key);
      if (map == null) {
        continue;
      }
      for (Meter meter : Meter.values()) {
        if ((toolsOnly || key.equals(PER_REQUEST)) && !meter.isTool()) {
          continue;
        }
        UnitPrice price = price(map, meter.label(), key.equals(PER_REQUEST));
        if (price != null && prices.putIfAbsent(meter, price) != null) {
          map.problem(meter.label(), meter.label() + ": priced by the unit and by the request");
        }
      }
      map.finish();
    }
    return new UnitPrices(prices);
  }

  private @Nullable UnitPrice price(YamlMap map, String meter, boolean once) {
    Map<String, Long> byVariant = new LinkedHashMap<>();
    YamlMap variants = map.hasMap(meter) ? map.map(meter) : null;
    if (variants != null) {
      for (String variant : variants.keys()) {
        put(byVariant, variants, variant, variant);
      }
      if (byVariant.isEmpty()) {
        map.problem(meter, meter + ": expected at least one price");
      }
    } else if (map.has(meter)) {
      put(byVariant, map, meter, "");
    }
    return byVariant.isEmpty() ? null : new UnitPrice(byVariant, once);
  }

  /** Notes a problem where there is no price; zero stands in its place. */
  private void put(Map<String, Long> prices, YamlMap map, String key, String variant) {
    String text = map.text(key);
    long price = 0;
    if (text != null && !DECIMAL.matcher(text).matches()) {
      map.problem(
          key, key + ": " + text + " (expected: " + currency + " for one, at most 9 decimals)");
    } else if (text != null) {
      price = new BigDecimal(text).movePointRight(SCALE).longValueExact();
      if (price > most) {
        map.problem(
            key,
            "%s: %s (expected: at most %d %s for one)"
                .formatted(key, text, most / 1_000_000_000, currency));
      } else if (price == 0 && !freeAllowed) {
        map.problem(key, key + ": " + text + " (expected: a price above 0 in a list card)");
      }
    }
    prices.put(variant, price);
  }
}
