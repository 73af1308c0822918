package io.stipend.metering.price.catalog;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The data of genai-prices, version 2: a list of providers with their models, prices in USD per
 * million tokens.
 *
 * @see <a href="https://github.com/pydantic/genai-prices">pydantic/genai-prices, MIT</a>
 */
final class GenAiCatalog {
  private static final Map<String, String> METERS =
      Map.of(
          "input_mtok",
          Offer.INPUT,
          "output_mtok",
          Offer.OUTPUT,
          "cache_read_mtok",
          Offer.CACHE_READ,
          "cache_write_mtok",
          Offer.CACHE_WRITE_5M,
          "cache_write_1h_mtok",
          Offer.CACHE_WRITE_1H,
          "input_audio_mtok",
          "input_audio",
          "output_audio_mtok",
          "output_audio",
          "cache_audio_read_mtok",
          "cache_read_audio",
          "input_image_mtok",
          "input_image",
          "output_image_mtok",
          "output_image");

  private static final String CACHED_IMAGES = "cache_image_read_mtok";

  /** A card does not tell these tokens from others, so the others' price must be enough. */
  private static final Map<String, String> WITHIN =
      Map.of(
          "input_video_mtok", Offer.INPUT,
          "output_video_mtok", Offer.OUTPUT,
          "output_reasoning_mtok", Offer.OUTPUT,
          "output_citation_mtok", Offer.OUTPUT);

  private static final String SEARCHES = "web_searches_kcount";
  private static final String REQUESTS = "requests_kcount";
  private static final int KILO = 3;

  private static final Set<String> MODEL_KEYS =
      Set.of(
          "id",
          "match",
          "prices",
          "name",
          "context_window",
          "description",
          "price_comments",
          "deprecated");

  private GenAiCatalog() {}

  /** Reads the whole file. */
  static Catalog read(Path file) throws IOException {
    List<@Nullable Object> providers = Json.list(Json.read(file));
    if (providers.isEmpty()) {
      throw new IOException("expected a list of providers, as genai-prices has it");
    }
    Catalog catalog = new Catalog();
    for (Object each : providers) {
      Map<String, @Nullable Object> provider = Json.map(each);
      String id = Json.text(provider.get("id"));
      for (Object model : Json.list(provider.get("models"))) {
        catalog.add(offer(id, Json.map(model), catalog));
      }
    }
    return catalog;
  }

  private static Offer offer(
      String provider, Map<String, @Nullable Object> entry, Catalog catalog) {
    String id = Json.text(entry.get("id"));
    Offer offer = new Offer(provider + "/" + id, Scopes.of(provider), id);
    names(offer, entry.get("match"));
    entry.keySet().stream().filter(key -> !MODEL_KEYS.contains(key)).forEach(catalog::unknown);
    Object prices = entry.get("prices");
    if (prices instanceof List<?>) {
      Json.list(prices).forEach(one -> dated(offer, Json.map(one), catalog));
    } else {
      offer.dated.add(prices(offer, null, Json.map(prices), catalog));
    }
    boolean output = offer.dated.stream().anyMatch(dated -> dated.base().containsKey(Offer.OUTPUT));
    String called = (offer.id + entry.get("name")).toLowerCase(Locale.ROOT);
    if (!output && (called.contains("embed") || called.contains("voyage"))) {
      offer.maxOutput = 0L;
    }
    for (Offer.Dated dated : offer.dated) {
      boolean writes =
          dated.base().containsKey(Offer.CACHE_WRITE_5M)
              || dated.base().containsKey(Offer.CACHE_WRITE_1H);
      if (writes && !dated.base().containsKey(Offer.CACHE_READ)) {
        offer.doubts.add("cache support without a price of cache reads");
      }
    }
    return offer;
  }

  /** Only exact names: a pattern would price models that nobody has looked at. */
  private static void names(Offer offer, @Nullable Object match) {
    Map<String, @Nullable Object> clause = Json.map(match);
    String equal = Json.text(clause.get("equals"));
    if (!equal.isEmpty() && !equal.equals(offer.model) && !offer.names.contains(equal)) {
      offer.names.add(equal);
    }
    Json.list(clause.get("or")).forEach(one -> names(offer, one));
    if (clause.keySet().stream().anyMatch(k -> !k.equals("equals") && !k.equals("or"))
        && !offer.notMapped.contains("names by pattern")) {
      offer.notMapped.add("names by pattern");
    }
  }

  private static void dated(Offer offer, Map<String, @Nullable Object> one, Catalog catalog) {
    Map<String, @Nullable Object> constraint = Json.map(one.get("constraint"));
    LocalDate from = null;
    if (!constraint.isEmpty()) {
      try {
        from = LocalDate.parse(Json.text(constraint.get("start_date")));
      } catch (DateTimeException e) {
        offer.leftOut = "prices by the time of day or another condition " + constraint.keySet();
        return;
      }
    }
    offer.dated.add(prices(offer, from, Json.map(one.get("prices")), catalog));
  }

  private static Offer.Dated prices(
      Offer offer,
      @Nullable LocalDate from,
      Map<String, @Nullable Object> prices,
      Catalog catalog) {
    Offer.Dated dated = new Offer.Dated(from);
    prices.forEach((key, value) -> read(offer, dated, key, value, catalog));
    prices.forEach((key, value) -> within(offer, dated, key, value));
    // A price without tiers holds for requests of any size.
    Map<String, BigDecimal> base = dated.base();
    for (Map<String, BigDecimal> step :
        dated.tiers.getOrDefault(Offer.DEFAULT_TIER, new TreeMap<>()).values()) {
      base.forEach(step::putIfAbsent);
    }
    return dated;
  }

  private static void read(
      Offer offer, Offer.Dated dated, String key, @Nullable Object value, Catalog catalog) {
    String meter = key.equals(CACHED_IMAGES) ? "cache_read_image" : METERS.get(key);
    if (meter != null) {
      Map<String, @Nullable Object> tiered = Json.map(value);
      Object base = tiered.isEmpty() ? value : tiered.get("base");
      put(offer, dated.step(Offer.DEFAULT_TIER, 0), key, meter, base);
      for (Object tier : Json.list(tiered.get("tiers"))) {
        BigDecimal start = Json.decimal(Json.map(tier).get("start"));
        if (start == null || start.signum() <= 0 || start.stripTrailingZeros().scale() > 0) {
          offer.doubts.add(key + ": a tier that starts at " + start);
        } else {
          Object price = Json.map(tier).get("price");
          put(offer, dated.step(Offer.DEFAULT_TIER, start.longValueExact()), key, meter, price);
        }
      }
    } else if (key.equals(SEARCHES)) {
      BigDecimal fee = price(offer, key, value);
      if (fee != null && fee.signum() != 0) {
        dated.units.put("web_search", Map.of("", fee.movePointLeft(KILO)));
      }
    } else if (key.equals(REQUESTS)) {
      offer.leftOut = key + ": a rate card cannot say it, and without it a call would cost less";
    } else if (!WITHIN.containsKey(key)) {
      offer.notMapped.add(key);
      catalog.unknown(key);
    }
  }

  private static void put(
      Offer offer, Map<String, BigDecimal> step, String key, String meter, @Nullable Object value) {
    BigDecimal price = price(offer, key, value);
    if (price != null) {
      step.put(meter, price);
    }
  }

  private static void within(Offer offer, Offer.Dated dated, String key, @Nullable Object value) {
    String meter = WITHIN.get(key);
    BigDecimal own = meter == null ? null : price(offer, key, value);
    BigDecimal other = meter == null ? null : dated.base().get(meter);
    if (own != null && (other == null || own.compareTo(other) > 0)) {
      offer.leftOut = key + ": dearer than " + meter + ", and a rate card has one price for both";
    } else if (own != null && own.compareTo(other) < 0) {
      offer.notMapped.add(key);
    }
  }

  private static @Nullable BigDecimal price(Offer offer, String key, @Nullable Object value) {
    BigDecimal number = Json.decimal(value);
    if (number == null || number.signum() < 0) {
      offer.doubts.add(key + ": " + Json.shown(value) + " (expected: a number, not below 0)");
      return null;
    }
    return number;
  }
}
