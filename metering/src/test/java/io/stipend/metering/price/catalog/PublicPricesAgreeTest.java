package io.stipend.metering.price.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.metering.price.CardText;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import io.stipend.metering.price.catalog.CatalogImport.Format;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Every model that is imported costs here what genai-prices says for the same usage, worked out
 * from its data once more and by other code: 200 of a seeded choice with five usages, the rest with
 * one. {@code docs/prices-compared.md} explains the differences.
 */
class PublicPricesAgreeTest {
  private static final long SEED = 20_261_120;
  private static final int MODELS = 200;
  private static final int USAGES = 5;
  private static final BigDecimal MILLION = BigDecimal.valueOf(1_000_000);

  /** A price of more decimals than a card holds is rounded up there. */
  private static final String DECIMALS = "more than six decimals";

  /**
   * Where no price of a write for an hour is stated and that of a write is below input: a card
   * takes the higher of both, since no vendor gives the longer time for less.
   */
  private static final String HOUR = "a write for an hour";

  /** The models that differ; the page says the same. */
  private static final Map<String, Set<String>> EXPLAINED =
      Map.of(
          HOUR,
          Set.of(
              "minimax/MiniMax-M2.1-highspeed",
              "minimax/MiniMax-M2.5-highspeed",
              "minimax/MiniMax-M2.7-highspeed",
              "openrouter/google/gemini-2.5-flash-image",
              "openrouter/google/gemini-2.5-flash-lite",
              "openrouter/google/gemini-3-flash-preview",
              "openrouter/google/gemini-3-pro-image-preview",
              "openrouter/google/gemini-3.1-flash-lite",
              "openrouter/google/gemini-3.1-pro-preview",
              "openrouter/google/gemini-3.5-flash",
              "openrouter/~google/gemini-flash-latest",
              "openrouter/~google/gemini-pro-latest"),
          DECIMALS,
          Set.of("huggingface_together/Qwen/Qwen3-VL-8B-Instruct"));

  private record Model(String provider, JsonNode entry) {
    String id() {
      return provider + "/" + entry.get("id").asText();
    }
  }

  @Test
  void everyModelCostsWhatItsCatalogSays() throws Exception {
    CatalogImport.Result result =
        WholeCatalogsTest.imported(Format.GENAI_PRICES, null, "2025-01-01");
    RateCards cards = RateCards.of(List.of(new CardText("imported", "", result.text())), "USD");
    Set<String> aside = new TreeSet<>();
    result.quarantined().forEach(found -> aside.add(found.model()));
    result.leftOut().forEach(found -> aside.add(found.model()));
    Random random = new Random(SEED);
    Map<String, Set<String>> different = new TreeMap<>();
    int compared = 0;
    for (Model model : chosen(aside, random)) {
      Instant at = Instant.parse("2025-01-01T00:00:00Z").plusSeconds(random.nextInt(70_000_000));
      String scope = Scopes.of(model.provider());
      String name = scope.substring(scope.indexOf(' ') + 1);
      String id = model.entry().get("id").asText();
      Rating rating =
          scope.startsWith("vendor")
              ? cards.rating("none", name, id, at)
              : cards.rating(name, "none", id, at);
      assertThat(rating).as("%s at %s, seed %d", model.id(), at, SEED).isNotNull();
      JsonNode prices = prices(model.entry().get("prices"), at);
      int usages = compared++ < MODELS ? USAGES : 1;
      for (int i = 0; i < usages; i++) {
        UsageReport usage = usage(random, prices);
        BigDecimal theirs = cost(prices, usage);
        BigDecimal ours = BigDecimal.valueOf(rating.charge(usage).nanos(), 9);
        BigDecimal rounded = theirs.setScale(9, RoundingMode.CEILING);
        if (ours.compareTo(rounded) != 0) {
          String why = reason(prices, usage);
          different.computeIfAbsent(why, w -> new TreeSet<>()).add(model.id());
          // Whatever the reason, it is never less.
          assertThat(ours)
              .as("%s: theirs %s for %s of %s", model.id(), rounded, usage, prices)
              .isGreaterThan(rounded);
          if (why.equals(DECIMALS)) {
            assertThat(ours.subtract(rounded)).isLessThan(rounded.movePointLeft(5));
          }
        }
      }
    }
    assertThat(compared).isGreaterThan(MODELS);
    assertThat(different).isEqualTo(EXPLAINED);
  }

  private static String reason(JsonNode prices, UsageReport report) {
    TokenUsage usage = report.parts().get(0).usage();
    BigDecimal input = price(prices, "input_mtok", BigDecimal.ZERO, usage.inputTotal());
    BigDecimal write = price(prices, "cache_write_mtok", input, usage.inputTotal());
    return !prices.has("cache_write_1h_mtok") && write.compareTo(input) < 0 ? HOUR : DECIMALS;
  }

  private static List<Model> chosen(Set<String> aside, Random random) throws Exception {
    JsonMapper mapper =
        JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
    List<Model> models = new ArrayList<>();
    for (JsonNode provider :
        mapper.readTree(WholeCatalogsTest.file(Format.GENAI_PRICES).toFile())) {
      for (JsonNode entry : provider.get("models")) {
        Model model = new Model(provider.get("id").asText(), entry);
        if (!aside.contains(model.id())) {
          models.add(model);
        }
      }
    }
    Collections.shuffle(models, random);
    return models;
  }

  /** The last of several whose condition holds. */
  private static JsonNode prices(JsonNode prices, Instant at) {
    if (!prices.isArray()) {
      return prices;
    }
    JsonNode last = null;
    for (JsonNode one : prices) {
      JsonNode start = one.path("constraint").path("start_date");
      boolean holds =
          start.isMissingNode()
              || !at.isBefore(Instant.parse(LocalDate.parse(start.asText()) + "T00:00:00Z"));
      last = holds ? one.get("prices") : last;
    }
    return last;
  }

  private static UsageReport usage(Random random, JsonNode prices) {
    long input = random.nextInt(150_000);
    long cacheRead = random.nextInt(120_000);
    long write1h = random.nextInt(20_000);
    long write = write1h + random.nextInt(20_000);
    long output = prices.has("output_mtok") ? random.nextInt(50_000) : 0;
    long audio = prices.has("input_audio_mtok") ? random.nextInt((int) input + 1) : 0;
    long spoken = prices.has("output_audio_mtok") ? random.nextInt((int) output + 1) : 0;
    TokenUsage usage = new TokenUsage(input, cacheRead, write, write1h, output, 0);
    Units units =
        prices.has("web_searches_kcount")
            ? Units.of(Meter.WEB_SEARCH, random.nextInt(4))
            : Units.NONE;
    MediaTokens media = new MediaTokens(audio, 0, 0, 0, spoken, 0);
    return new UsageReport(
        List.of(new UsageReport.Part(null, usage, media, units)), null, null, false);
  }

  private static BigDecimal cost(JsonNode prices, UsageReport report) {
    UsageReport.Part part = report.parts().get(0);
    TokenUsage usage = part.usage();
    long total = usage.inputTotal();
    BigDecimal input = price(prices, "input_mtok", BigDecimal.ZERO, total);
    BigDecimal output = price(prices, "output_mtok", BigDecimal.ZERO, total);
    BigDecimal write = price(prices, "cache_write_mtok", input, total);
    long audio = part.media().audioInput();
    long spoken = part.media().audioOutput();
    BigDecimal sum =
        times(usage.input() - audio, input)
            .add(times(audio, price(prices, "input_audio_mtok", input, total)))
            .add(times(usage.cacheRead(), price(prices, "cache_read_mtok", input, total)))
            .add(times(usage.cacheWrite() - usage.cacheWrite1h(), write))
            .add(times(usage.cacheWrite1h(), price(prices, "cache_write_1h_mtok", write, total)))
            .add(times(usage.output() - spoken, output))
            .add(times(spoken, price(prices, "output_audio_mtok", output, total)));
    BigDecimal searches = price(prices, "web_searches_kcount", BigDecimal.ZERO, total);
    return sum.divide(MILLION)
        .add(times(part.units().of(Meter.WEB_SEARCH), searches).movePointLeft(3));
  }

  private static BigDecimal times(long count, BigDecimal price) {
    return price.multiply(BigDecimal.valueOf(count));
  }

  /**
   * A price for a request with so much input; what has none of its own costs what it is part of.
   */
  private static BigDecimal price(JsonNode prices, String key, BigDecimal otherwise, long total) {
    JsonNode price = prices.get(key);
    if (price == null) {
      return otherwise;
    }
    BigDecimal found = number(price.isObject() ? price.get("base") : price);
    for (JsonNode tier : price.path("tiers")) {
      found = total > tier.get("start").asLong() ? number(tier.get("price")) : found;
    }
    return found;
  }

  private static BigDecimal number(JsonNode value) {
    return new BigDecimal(value.asText());
  }
}
