package io.stipend.metering.price;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The built-in card against public price data, where that data lies beside the project. */
class PublicPriceDataTest {
  private static final Path DATA =
      Path.of("../../shared/data/prices/litellm-model_prices_and_context_window.json");
  private static final Instant DATA_DATE = Instant.parse("2026-07-24T00:00:00Z");
  private static final BigDecimal PICOS = BigDecimal.valueOf(1_000_000_000_000L);
  private static final Map<String, String> PREFIXES =
      Map.of("openai", "", "anthropic", "", "gemini", "gemini/");

  /** Known to differ at that date; the comments in the card say why. */
  private static final Set<String> DIFFERENT = Set.of("gemini-3.6-flash");

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
        Prices prices = cards.find("p", vendor.getKey(), model, DATA_DATE).tiers().standard().at(0);
        assertThat(prices.input()).as(model).isEqualTo(picos(entry, "input_cost_per_token"));
        if (picos(entry, "output_cost_per_token") > 0) {
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

  private static long picos(JsonNode entry, String meter) {
    return entry.get(meter).decimalValue().multiply(PICOS).longValueExact();
  }
}
