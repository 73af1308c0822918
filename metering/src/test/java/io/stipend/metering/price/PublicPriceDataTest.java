package io.stipend.metering.price;

import static java.math.RoundingMode.HALF_UP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.stipend.metering.Meter;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The built-in card against public price data, where that data lies beside the project. */
class PublicPriceDataTest {
  private static final Path DATA =
      Path.of("../../shared/data/prices/litellm-model_prices_and_context_window.json");
  private static final Instant DATA_DATE = Instant.parse("2026-07-24T00:00:00Z");
  private static final Pattern DALL_E =
      Pattern.compile("(?:(hd|standard)/)?(\\d+)-x-(\\d+)/(dall-e-\\d)");
  private static final BigDecimal PICOS = BigDecimal.valueOf(1_000_000_000_000L);
  private static final Map<String, String> PREFIXES =
      Map.of("openai", "", "anthropic", "", "gemini", "gemini/");

  /** Known to differ at that date; the comments in the card say why. */
  private static final Set<String> DIFFERENT =
      Set.of(
          "gemini-3.6-flash",
          "gpt-4o-mini-tts",
          "gpt-4o-mini-tts-2025-03-20",
          "gpt-4o-mini-tts-2025-12-15");

  private JsonNode data;

  @BeforeEach
  void readData() throws Exception {
    assumeTrue(Files.isRegularFile(DATA), "no price data at " + DATA + ": nothing was compared");
    JsonMapper mapper =
        JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
    data = mapper.readTree(DATA.toFile());
  }

  @Test
  void theBuiltinListPricesAgreeWithPublicData() {
    RateCards cards = Cards.builtin();
    List<String> compared = new ArrayList<>();
    for (Map.Entry<String, String> vendor : PREFIXES.entrySet()) {
      for (String model : cards.models("p", vendor.getKey(), DATA_DATE)) {
        JsonNode entry = data.get(vendor.getValue() + model);
        if (entry == null || DIFFERENT.contains(model)) {
          continue;
        }
        Rate rate = cards.find("p", vendor.getKey(), model, DATA_DATE);
        assertThat(rate.pricesTokens()).as(model).isEqualTo(entry.has("input_cost_per_token"));
        if (!rate.pricesTokens()) {
          continue;
        }
        Prices prices = rate.tiers().standard().at(0);
        assertThat(prices.input()).as(model).isEqualTo(picos(entry, "input_cost_per_token"));
        if (entry.has("output_cost_per_token")
            && picos(entry, "output_cost_per_token") > 0
            && !model.startsWith("gpt-image-2")) {
          // What generates nothing has no price of output there, and that of input here.
          assertThat(prices.output()).as(model).isEqualTo(picos(entry, "output_cost_per_token"));
        }
        compared.add(model);
      }
    }
    assertThat(compared).hasSizeGreaterThan(60);
  }

  @Test
  void everyPublicLongContextPriceIsKnown() {
    RateCards cards = Cards.builtin();
    int compared = 0;
    for (Map.Entry<String, String> vendor : PREFIXES.entrySet()) {
      for (String model : cards.models("p", vendor.getKey(), DATA_DATE)) {
        JsonNode entry = data.path(vendor.getValue() + model);
        for (int size : new int[] {200, 272}) {
          String meter = "output_cost_per_token_above_" + size + "k_tokens";
          if (entry.has(meter)) {
            Prices prices =
                cards
                    .find("p", vendor.getKey(), model, DATA_DATE)
                    .tiers()
                    .standard()
                    .at(size * 1_000L + 1);
            assertThat(prices.output()).as(model).isEqualTo(picos(entry, meter));
            compared++;
          }
        }
      }
    }
    assertThat(compared).isGreaterThan(10);
  }

  @Test
  void everyUnitCostsWhatPublicDataSays() {
    RateCards cards = Cards.builtin();
    assertThat(unit(cards, "openai", "whisper-1", Meter.SECOND, null))
        .isEqualTo(nanos("whisper-1", "input_cost_per_second"));
    for (String model : new String[] {"tts-1", "tts-1-hd", "tts-1-1106", "tts-1-hd-1106"}) {
      assertThat(unit(cards, "openai", model, Meter.CHARACTER, null))
          .as(model)
          .isEqualTo(nanos(model, "input_cost_per_character"));
    }
    int compared = 0;
    for (String vendor : PREFIXES.keySet()) {
      for (String model : cards.models("p", vendor, DATA_DATE)) {
        JsonNode fee =
            data.path(PREFIXES.get(vendor) + model).path("search_context_cost_per_query");
        if (fee.isObject() && !model.equals("gpt-4o-mini-2024-07-18")) {
          String size = "search_context_size_medium";
          long nanos = fee.get(size).decimalValue().movePointRight(9).longValueExact();
          assertThat(unit(cards, vendor, model, Meter.WEB_SEARCH, "medium"))
              .as(model)
              .isEqualTo(nanos);
          compared++;
        }
      }
    }
    assertThat(compared).isGreaterThan(30);
  }

  @Test
  void everyImageOfDallECostsItsPixels() {
    RateCards cards = Cards.builtin();
    int compared = 0;
    for (Map.Entry<String, JsonNode> entry : data.properties()) {
      Matcher name = DALL_E.matcher(entry.getKey());
      if (name.matches()) {
        long pixels = Long.parseLong(name.group(2)) * Long.parseLong(name.group(3));
        String quality = name.group(1) == null ? "standard" : name.group(1);
        String variant = name.group(2) + "x" + name.group(3) + "/" + quality;
        BigDecimal price = entry.getValue().get("input_cost_per_pixel").decimalValue();
        // The data holds the vendor's price of an image divided by its pixels, and rounded.
        long cents =
            price
                .multiply(BigDecimal.valueOf(pixels))
                .setScale(3, HALF_UP)
                .movePointRight(9)
                .longValueExact();
        assertThat(unit(cards, "openai", name.group(4), Meter.IMAGE, variant))
            .as(variant)
            .isEqualTo(cents);
        compared++;
      }
    }
    assertThat(compared).isEqualTo(9);
  }

  private long nanos(String model, String key) {
    return data.get(model).get(key).decimalValue().movePointRight(9).longValueExact();
  }

  private static long unit(
      RateCards cards, String vendor, String model, Meter meter, String variant) {
    return cards.unitPrice("p", vendor, model, meter, DATA_DATE).of(variant);
  }

  private static long picos(JsonNode entry, String meter) {
    return entry.get(meter).decimalValue().multiply(PICOS).longValueExact();
  }
}
