package io.stipend.metering.price;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.price.ContextPrices.Step;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the prices of one model from a card: by meter, by size of the request, by tier. */
final class PriceReader {
  /** Six decimals of USD per million tokens are twelve of USD per token. */
  private static final int SCALE = 6;

  private static final Pattern DECIMAL = Pattern.compile("\\d{1,12}(\\.\\d{1," + SCALE + "})?");
  private static final long WHOLE = 10_000;

  /** A tier that costs a hundred times another one is a typing error. */
  private static final long MOST_BASIS_POINTS = 1_000_000;

  private static final String BASIS_POINTS = "basis_points";
  private static final String INPUT = "input";
  private static final String OUTPUT = "output";

  /** How much smaller than a dollar the unit of another currency may be. */
  private static final long SMALLEST = 1_000;

  private final boolean freeAllowed;
  private final String currency;
  private final long mostPicos;

  /**
   * @param freeAllowed whether a price may be zero: in a contract yes, in a list price it is an
   *     error
   * @param currency of all prices
   */
  PriceReader(boolean freeAllowed, String currency) {
    this.freeAllowed = freeAllowed;
    this.currency = currency;
    // What is converted is held to the same bound afterwards.
    this.mostPicos = currency.equals("USD") ? Prices.MOST : SMALLEST * Prices.MOST;
  }

  /**
   * The prices of an entry; prices of zero stand where a problem was noted.
   *
   * @param byUnit whether it has prices of units, and so needs none of tokens
   * @param generates whether the model has output at all: only then must it have a price
   */
  TierPrices tiers(YamlMap entry, boolean byUnit, boolean generates) {
    YamlMap base = entry.map("prices");
    if (base == null) {
      if (!byUnit) {
        entry.problem("prices", "prices: missing");
      }
      return TierPrices.NONE;
    }
    ContextPrices standard = ladder(base, generates, null);
    base.finish();
    return new TierPrices(standard, others(entry.map("tiers"), standard, generates));
  }

  private Map<String, ContextPrices> others(
      @Nullable YamlMap tiers, ContextPrices standard, boolean generates) {
    Map<String, ContextPrices> others = new HashMap<>();
    if (tiers == null) {
      return others;
    }
    for (String name : tiers.keys()) {
      YamlMap tier = tiers.map(name);
      if (tier == null) {
        continue;
      }
      if (TierPrices.DEFAULT_NAMES.contains(name) || !name.equals(name.toLowerCase(Locale.ROOT))) {
        tiers.problem(name, name + ": expected another tier than the default, in lower case");
      }
      others.put(name, tier(tier, standard, generates));
      tier.finish();
    }
    return others;
  }

  private ContextPrices tier(YamlMap tier, ContextPrices standard, boolean generates) {
    if (tier.has(BASIS_POINTS)) {
      Long basisPoints = tier.count(BASIS_POINTS, 1, MOST_BASIS_POINTS);
      return basisPoints == null ? standard : scaled(tier, standard, basisPoints);
    }
    ContextPrices own = ladder(tier, generates, standard.at(0));
    // A tier that is silent on large requests must not make them cheap.
    return own.steps().size() > 1 || standard.steps().size() == 1 ? own : raised(own, standard);
  }

  private static ContextPrices raised(ContextPrices own, ContextPrices standard) {
    Prices base = own.at(0);
    List<Step> steps = new ArrayList<>(own.steps());
    for (Step step : standard.steps().subList(1, standard.steps().size())) {
      steps.add(new Step(step.inputOver(), step.prices().max(base)));
    }
    return new ContextPrices(steps);
  }

  private ContextPrices scaled(YamlMap tier, ContextPrices standard, long basisPoints) {
    List<Step> steps = new ArrayList<>();
    for (Step step : standard.steps()) {
      Prices scaled = step.prices().each(price -> scale(price, basisPoints));
      if (scaled.highest() > mostPicos) {
        tier.problem(
            BASIS_POINTS, "basis_points: " + basisPoints + " (expected: at most " + most());
      }
      steps.add(new Step(step.inputOver(), scaled));
    }
    return new ContextPrices(steps);
  }

  /** Rounded up to a pico-unit, so that a multiplier never loses anything. */
  private static long scale(long price, long basisPoints) {
    return (price * basisPoints + WHOLE - 1) / WHOLE;
  }

  private ContextPrices ladder(YamlMap map, boolean generates, @Nullable Prices usual) {
    List<Step> steps = new ArrayList<>();
    Prices first = prices(map, generates, usual);
    steps.add(new Step(0, first));
    long last = 0;
    for (YamlMap above : map.maps("above")) {
      Long inputOver = above.count("input_over", 1, TokenUsage.MAX_COUNT);
      if (!above.has("input_over")) {
        above.problem("input_over", "input_over: missing");
      } else if (inputOver != null && inputOver <= last) {
        above.problem("input_over", "input_over: " + inputOver + " (expected: above " + last + ")");
      }
      last = inputOver == null ? last : inputOver;
      steps.add(new Step(last, prices(above, generates, first)));
      above.finish();
    }
    return new ContextPrices(steps);
  }

  /**
   * An unpriced meter costs what input costs, never nothing.
   *
   * @param usual the prices beside which these stand; null if they are the first
   */
  private Prices prices(YamlMap map, boolean generates, @Nullable Prices usual) {
    long input = required(map, INPUT);
    long output = generates || map.has(OUTPUT) ? required(map, OUTPUT) : input;
    Long cacheRead = price(map, "cache_read");
    Long write5m = price(map, "cache_write_5m");
    Long write1h = price(map, "cache_write_1h");
    if (cacheRead != null && cacheRead > input && map.has(INPUT)) {
      map.problem(
          "cache_read", "cache_read: dearer than input (expected: at most the input price)");
    }
    long fiveMinutes = write5m != null ? write5m : input;
    Prices text =
        new Prices(
            input,
            cacheRead != null ? cacheRead : input,
            fiveMinutes,
            write1h != null ? write1h : Math.max(input, fiveMinutes),
            output);
    return text.with(
        new MediaPrices(
            media(map, "input_audio", text, usual, m -> m.inputAudio()),
            media(map, "input_image", text, usual, m -> m.inputImage()),
            media(map, "cache_read_audio", text, usual, m -> m.cacheReadAudio()),
            media(map, "cache_read_image", text, usual, m -> m.cacheReadImage()),
            media(map, "output_audio", text, usual, m -> m.outputAudio()),
            media(map, "output_image", text, usual, m -> m.outputImage())));
  }

  /**
   * What is not text and has no price of its own costs what text costs; where it usually has one,
   * at least that: a tier or step that is silent on it must not make it cheap.
   */
  private long media(
      YamlMap map,
      String meter,
      Prices text,
      @Nullable Prices usual,
      ToLongFunction<MediaPrices> which) {
    if (map.has(meter)) {
      return required(map, meter);
    }
    long asText = which.applyAsLong(text.media());
    if (usual == null) {
      return asText;
    }
    long own = which.applyAsLong(usual.media());
    boolean apart = own != which.applyAsLong(usual.asText());
    return apart ? Math.max(asText, own) : asText;
  }

  private long required(YamlMap map, String meter) {
    if (!map.has(meter)) {
      map.problem(meter, meter + ": missing (expected: " + currency + " per million tokens)");
    }
    Long price = price(map, meter);
    if (price != null && price == 0 && !freeAllowed) {
      map.problem(meter, meter + ": 0 (expected: a price above 0 in a list card)");
    }
    return price == null ? 0 : price;
  }

  private @Nullable Long price(YamlMap map, String meter) {
    String text = map.text(meter);
    if (text == null) {
      return null;
    }
    if (!DECIMAL.matcher(text).matches()) {
      map.problem(
          meter,
          meter
              + ": "
              + text
              + " (expected: "
              + currency
              + " per million tokens, at most 6 decimals, not below 0)");
      return null;
    }
    long price = new BigDecimal(text).movePointRight(SCALE).longValueExact();
    if (price > mostPicos) {
      map.problem(meter, meter + ": " + text + " (expected: at most " + most() + ")");
      return null;
    }
    return price;
  }

  private String most() {
    return mostPicos / 1_000_000 + " " + currency + " per million tokens";
  }
}
