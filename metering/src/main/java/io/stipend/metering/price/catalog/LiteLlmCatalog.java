package io.stipend.metering.price.catalog;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * LiteLLM's {@code model_prices_and_context_window.json}: a mapping of names to entries, prices in
 * USD per token.
 *
 * @see <a href="https://github.com/BerriAI/litellm">BerriAI/litellm, MIT</a>
 */
final class LiteLlmCatalog {
  private static final int PER_MILLION = 6;
  private static final int BASIS_POINTS = 4;
  private static final BigDecimal MOST_OUTPUT = BigDecimal.valueOf(1_000_000_000);
  private static final Set<String> NO_MODELS = Set.of("sample_spec", "last_updated");

  /** Without these a request would cost less than it does, so the model is left out. */
  private static final Set<String> NEEDED =
      Set.of("input_cost_per_request", "input_cost_per_query", "citation_cost_per_token");

  private static final String REASONING = "output_cost_per_reasoning_token";
  private static final String SEARCH = "search_context_cost_per_query";
  private static final String UPLIFT = "regional_processing_uplift_multiplier_";
  private static final String FILE_SEARCH = "file_search_cost_per_1k_calls";

  private LiteLlmCatalog() {}

  /** Reads the whole file. */
  static Catalog read(Path file) throws IOException {
    Map<String, @Nullable Object> root = Json.map(Json.read(file));
    if (root.isEmpty()) {
      throw new IOException("expected a mapping of models to prices, as LiteLLM has it");
    }
    Catalog catalog = new Catalog();
    root.forEach(
        (name, value) -> {
          if (!NO_MODELS.contains(name)) {
            catalog.add(offer(name, Json.map(value), catalog));
          }
        });
    return catalog;
  }

  private static Offer offer(String name, Map<String, @Nullable Object> entry, Catalog catalog) {
    String provider = Json.text(entry.get("litellm_provider"));
    String scope = Scopes.of(provider);
    Offer offer = new Offer(name, scope, Scopes.model(provider, name));
    Offer.Dated prices = new Offer.Dated(null);
    offer.dated.add(prices);
    String mode = Json.text(entry.get("mode"));
    offer.maxOutput = maxOutput(mode, entry);
    entry.forEach((key, value) -> read(offer, prices, mode, key, value, catalog));
    specific(prices, Json.map(entry.get("provider_specific_entry")));
    if (!offer.generates()) {
      prices.tiers.values().forEach(t -> t.values().forEach(step -> step.remove(Offer.OUTPUT)));
    }
    reasoning(offer, prices, entry);
    if (Boolean.TRUE.equals(entry.get("supports_prompt_caching"))
        && prices.base().containsKey(Offer.INPUT)
        && !prices.base().containsKey(Offer.CACHE_READ)) {
      offer.doubts.add("cache support without a price of cache reads");
    }
    return offer;
  }

  private static @Nullable Long maxOutput(String mode, Map<String, @Nullable Object> entry) {
    if (mode.equals("embedding")) {
      return 0L;
    }
    BigDecimal most = Json.decimal(entry.get("max_output_tokens"));
    if (most == null
        || most.signum() <= 0
        || most.compareTo(MOST_OUTPUT) > 0
        || most.stripTrailingZeros().scale() > 0) {
      return null;
    }
    return most.longValueExact();
  }

  private static void read(
      Offer offer,
      Offer.Dated prices,
      String mode,
      String key,
      @Nullable Object value,
      Catalog catalog) {
    LiteLlmKeys.TokenPrice token = LiteLlmKeys.tokenPrice(key);
    if (token != null) {
      BigDecimal price = price(offer, key, value, PER_MILLION);
      if (price != null) {
        prices.step(token.tier(), token.inputOver()).putIfAbsent(token.meter(), price);
      }
    } else if (key.equals(SEARCH)) {
      search(offer, prices, Json.map(value));
    } else if (key.startsWith(UPLIFT)) {
      multiple(prices, key.substring(UPLIFT.length()), value);
    } else if (!unit(offer, prices, mode, key, value)) {
      other(offer, key, value, catalog);
    }
  }

  /** What is billed by the piece, where the kind of model leaves no doubt what the piece is. */
  private static boolean unit(
      Offer offer, Offer.Dated prices, String mode, String key, @Nullable Object value) {
    String meter =
        switch (mode + " " + key) {
          case "audio_transcription input_cost_per_second" -> "second";
          case "audio_speech input_cost_per_character" -> "character";
          case "image_generation output_cost_per_image" -> "image";
          default -> key.equals(FILE_SEARCH) ? "file_search" : null;
        };
    if (meter == null) {
      return false;
    }
    BigDecimal price = price(offer, key, value, key.equals(FILE_SEARCH) ? -3 : 0);
    if (price != null && price.signum() != 0) {
      prices.units.put(meter, Map.of("", price));
    }
    return true;
  }

  private static void other(Offer offer, String key, @Nullable Object value, Catalog catalog) {
    BigDecimal number = Json.decimal(value);
    boolean nothing = number != null && number.signum() == 0;
    if (LiteLlmKeys.isInformation(key) || key.equals(REASONING) || nothing) {
      return;
    }
    if (NEEDED.contains(key)) {
      offer.leftOut = key + ": a rate card cannot say it, and without it a call would cost less";
    } else if (LiteLlmKeys.isPrice(key)) {
      offer.notMapped.add(key);
    } else {
      catalog.unknown(key);
    }
  }

  private static void search(
      Offer offer, Offer.Dated prices, Map<String, @Nullable Object> bySize) {
    Map<String, BigDecimal> byVariant = new TreeMap<>();
    bySize.forEach(
        (size, value) -> {
          BigDecimal price = price(offer, SEARCH + "." + size, value, 0);
          if (price != null && price.signum() != 0) {
            byVariant.put(size.replace("search_context_size_", ""), price);
          }
        });
    if (byVariant.size() == 1 || byVariant.values().stream().distinct().count() == 1) {
      prices.units.put("web_search", Map.of("", byVariant.values().iterator().next()));
    } else if (!byVariant.isEmpty()) {
      prices.units.put("web_search", byVariant);
    }
  }

  /** Anthropic's inference in one country, its fast mode, and both. */
  private static void specific(Offer.Dated prices, Map<String, @Nullable Object> factors) {
    multiple(prices, "us", factors.get("us"));
    multiple(prices, "fast", factors.get("fast"));
    Long us = prices.multiples.get("us");
    Long fast = prices.multiples.get("fast");
    if (factors.containsKey("fast") && us != null && fast != null) {
      BigDecimal both = BigDecimal.valueOf(us).multiply(BigDecimal.valueOf(fast));
      multiple(prices, "fast+us", new Json.Decimal(both.movePointLeft(8).toPlainString()));
    }
  }

  private static void multiple(Offer.Dated prices, String tier, @Nullable Object factor) {
    BigDecimal number = Json.decimal(factor);
    if (number != null && number.signum() > 0 && number.compareTo(BigDecimal.valueOf(100)) <= 0) {
      BigDecimal points = number.movePointRight(BASIS_POINTS).setScale(0, RoundingMode.CEILING);
      prices.multiples.put(tier, points.longValueExact());
    }
  }

  private static void reasoning(
      Offer offer, Offer.Dated prices, Map<String, @Nullable Object> entry) {
    BigDecimal reasoning = price(offer, REASONING, entry.get(REASONING), PER_MILLION);
    BigDecimal output = prices.base().get(Offer.OUTPUT);
    if (reasoning != null && output != null && reasoning.compareTo(output) > 0) {
      offer.leftOut = REASONING + ": dearer than output, and a rate card has one price for both";
    }
  }

  /** A price; null if there is none, or, noted as a doubt, if it is not a number of money. */
  private static @Nullable BigDecimal price(
      Offer offer, String key, @Nullable Object value, int right) {
    if (value == null) {
      return null;
    }
    BigDecimal number = Json.decimal(value);
    if (number == null || number.signum() < 0) {
      offer.doubts.add(key + ": " + Json.shown(value) + " (expected: a number, not below 0)");
      return null;
    }
    return number.movePointRight(right).add(BigDecimal.ZERO);
  }
}
