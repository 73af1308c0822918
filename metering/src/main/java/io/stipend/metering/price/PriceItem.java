package io.stipend.metering.price;

import io.stipend.metering.Meter;
import io.stipend.metering.price.UnitPrices.UnitPrice;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One price of a model.
 *
 * @param meter what is counted, such as {@code input} or {@code web_search}
 * @param tier the service tier; empty for the default one
 * @param inputOver it holds for requests with more input than this; 0 for all
 * @param variant of a unit, such as a size and quality; empty if there is no choice
 * @param unit what the price is for: {@code 1000000 tokens}, {@code one}, or {@code request}
 * @param price in the currency that stands beside it, without trailing zeros
 */
public record PriceItem(
    String meter, String tier, long inputOver, String variant, String unit, BigDecimal price) {
  /** The unit of all prices of tokens. */
  public static final String MILLION = "1000000 tokens";

  private static final int PICOS_PER_MILLION = 6;
  private static final int NANOS = 9;

  /** Which price it is among those of its model: {@code batch input >200000}. */
  public String label() {
    return (tier.isEmpty() ? "" : tier + " ")
        + meter
        + (variant.isEmpty() ? "" : " " + variant)
        + (inputOver == 0 ? "" : " >" + inputOver);
  }

  /** The price as plain text. */
  public String text() {
    return price.toPlainString();
  }

  /** All prices of tokens of a rate; audio and images where they do not cost what text does. */
  static List<PriceItem> tokens(Rate rate) {
    List<PriceItem> items = new ArrayList<>();
    if (rate.pricesTokens()) {
      add(items, "", rate.tiers().standard());
      new TreeMap<>(rate.tiers().others()).forEach((tier, prices) -> add(items, tier, prices));
    }
    return items;
  }

  private static void add(List<PriceItem> items, String tier, ContextPrices ladder) {
    for (ContextPrices.Step step : ladder.steps()) {
      Prices p = step.prices();
      MediaPrices own = p.media();
      MediaPrices text = p.asText();
      long over = step.inputOver();
      items.add(token("input", tier, over, p.input()));
      items.add(token("cache_read", tier, over, p.cacheRead()));
      items.add(token("cache_write_5m", tier, over, p.cacheWrite5m()));
      items.add(token("cache_write_1h", tier, over, p.cacheWrite1h()));
      items.add(token("output", tier, over, p.output()));
      String[] names = {
        "input_audio",
        "input_image",
        "cache_read_audio",
        "cache_read_image",
        "output_audio",
        "output_image"
      };
      for (int i = 0; i < names.length; i++) {
        if (media(own, i) != media(text, i)) {
          items.add(token(names[i], tier, over, media(own, i)));
        }
      }
    }
  }

  private static long media(MediaPrices prices, int which) {
    return switch (which) {
      case 0 -> prices.inputAudio();
      case 1 -> prices.inputImage();
      case 2 -> prices.cacheReadAudio();
      case 3 -> prices.cacheReadImage();
      case 4 -> prices.outputAudio();
      default -> prices.outputImage();
    };
  }

  private static PriceItem token(String meter, String tier, long over, long picos) {
    return new PriceItem(meter, tier, over, "", MILLION, decimal(picos, PICOS_PER_MILLION));
  }

  /** The prices of one meter of units; none if there is no price. */
  static List<PriceItem> units(Meter meter, @Nullable UnitPrice price) {
    List<PriceItem> items = new ArrayList<>();
    if (price != null) {
      String unit = price.once() ? "request" : "one";
      new TreeMap<>(price.byVariant())
          .forEach(
              (variant, nanos) ->
                  items.add(
                      new PriceItem(meter.label(), "", 0, variant, unit, decimal(nanos, NANOS))));
    }
    return items;
  }

  private static BigDecimal decimal(long units, int scale) {
    BigDecimal value = BigDecimal.valueOf(units, scale).stripTrailingZeros();
    return value.scale() < 0 ? value.setScale(0) : value;
  }
}
