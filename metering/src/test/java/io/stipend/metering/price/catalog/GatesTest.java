package io.stipend.metering.price.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.catalog.CatalogImport.Format;
import io.stipend.metering.price.catalog.CatalogImport.Request;
import io.stipend.metering.price.catalog.CatalogImport.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each gate, each mapping, and what is not mapped. */
class GatesTest {
  @TempDir Path folder;

  private Result read(Format format, String json) throws Exception {
    Path file = Files.writeString(folder.resolve("catalog.json"), json);
    LocalDate day = LocalDate.parse("2026-11-20");
    Request request = new Request(file, format, null, "imported-1", "a catalogue", day, day);
    RateCards builtin = RateCards.load(List.of(RateCards.Source.builtin()));
    return CatalogImport.run(
        request, builtin, UnaryOperator.identity(), Instant.parse("2026-11-20T12:00:00Z"));
  }

  private Result litellm(String name, String fields) throws Exception {
    return read(
        Format.LITELLM,
        "{\"%s\": {\"litellm_provider\": \"openai\", \"mode\": \"chat\", %s}}"
            .formatted(name, fields.replace('\'', '"').replace('`', '"')));
  }

  private static String outcome(Result result) {
    return !result.quarantined().isEmpty()
        ? "quarantined: " + result.quarantined().get(0).reason()
        : !result.leftOut().isEmpty()
            ? "left out: " + result.leftOut().get(0).reason()
            : "priced " + result.notMapped();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      x     | 0.001                  | priced
      x     | 0.001000000001         | quarantined: input: 1000.000001 USD per million tokens (at most 1000)
      x     | 1e999                  | quarantined: input: 1E+1005 USD per million tokens (at most 1000)
      x     | 1e99999                | quarantined: input_cost_per_token: 1e99999 (expected: a number, not below 0)
      x     | -1e-06                 | quarantined: input_cost_per_token: -1e-06 (expected: a number
      x     | NaN                    | quarantined: input_cost_per_token: NaN (expected: a number, not below 0)
      x     | Infinity               | quarantined: input_cost_per_token: Infinity (expected
      x     | `free`                 | quarantined: input_cost_per_token: free (expected
      x     | 0                      | quarantined: input: 0 (expected: above 0)
      x     | 1E-06                  | priced
      x     | `0.000001`             | priced
      x     | 1e-999                 | priced [Found[model=x, reason=more decimals than a card holds
      x     | 1.0000000000000002e-06 | priced [Found[model=x, reason=more decimals than a card holds
      gpt-5 | 0.00000625             | priced
      gpt-5 | 0.000006250001         | quarantined: input: 6.250001 USD, in force is 1.25 (a change of more than five times)
      gpt-5 | 0.00000025             | priced
      gpt-5 | 0.000000249999         | quarantined: input: 0.249999 USD, in force is 1.25 (a change of more
      a/b   | 0.000001               | left out: a name of a region, a size or a pattern, not of a model
      """)
  void aPriceOfInputPassesItsGates(String name, String price, String expected) throws Exception {
    Result result =
        litellm(name, "'input_cost_per_token': " + price + ", 'output_cost_per_token': 1e-05");

    assertThat(outcome(result)).startsWith(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      `cache_read_input_token_cost`: 2e-06            | priced
      `cache_read_input_token_cost`: 2.000001e-06     | quarantined: cache_read: 2.000001 is dearer than input, 2
      `supports_prompt_caching`: true                 | quarantined: cache support without a price of cache reads
      `supports_prompt_caching`: false                | priced []
      `input_cost_per_request`: 0.005                 | left out: input_cost_per_request: a rate card cannot say it
      `input_cost_per_request`: 0                     | priced []
      `output_cost_per_reasoning_token`: 9e-06        | left out: output_cost_per_reasoning_token: dearer than output
      `output_cost_per_reasoning_token`: 8e-06        | priced []
      `input_cost_per_video_per_second`: 0.1          | priced [Found[model=x, reason=input_cost_per_video_per_second]]
      `output_cost_per_token_priority`: 9e-06         | priced []
      `cache_read_input_token_cost_priority`: 1e-06   | priced [Found[model=x, reason=tier priority without input and output]]
      `cache_read_input_token_cost_above_200k_tokens`: 0.0001 | quarantined: cache_read >200000: 100 is dearer than input, 2
      """)
  void aPriceBesideInputAndOutputPassesItsGates(String field, String expected) throws Exception {
    String output =
        field.contains("priority`: 9") ? ", 'input_cost_per_token_priority': 3e-06" : "";
    Result result =
        litellm(
            "x",
            "'input_cost_per_token': 2e-06, 'output_cost_per_token': 8e-06, " + field + output);

    assertThat(outcome(result)).startsWith(expected);
  }

  @Test
  void everyTierAndSizeOfLiteLlmIsMapped() throws Exception {
    Result result =
        litellm(
            "x",
            """
            'input_cost_per_token': 2e-06, 'output_cost_per_token': 8e-06,
            'cache_creation_input_token_cost': 2.5e-06,
            'cache_creation_input_token_cost_above_1hr': 4e-06,
            'input_cost_per_token_above_200k_tokens': 4e-06,
            'input_cost_per_token_batches': 1e-06, 'output_cost_per_token_batches': 4e-06,
            'input_cost_per_token_priority': 3e-06, 'output_cost_per_token_priority': 14e-06,
            'regional_processing_uplift_multiplier_eu': 1.1, 'max_output_tokens': 4096,
            'input_cost_per_audio_token': 1e-05, 'mystery': 1,
            'search_context_cost_per_query': {'search_context_size_low': 0.01,
              'search_context_size_medium': 0.02}
            """);

    assertThat(result.text())
        .contains(
            """
              - model: "x"
                max_output: 4096
                prices:
                  input: 2
                  cache_write_5m: 2.5
                  cache_write_1h: 4
                  output: 8
                  input_audio: 10
                  above:
                    - { input_over: 200000, input: 4, output: 8 }
                tiers:
                  "batch":
                    input: 1
                    cache_write_5m: 2.5
                    cache_write_1h: 4
                    output: 4
                  "priority":
                    input: 3
                    cache_write_1h: 4
                    output: 14
                  "eu": { basis_points: 11000 }
                per_unit:
                  web_search: { low: 0.01, medium: 0.02 }
            """);
    assertThat(result.unknownKeys()).containsOnlyKeys("mystery");
  }

  @Test
  void datedPricesAndTimesOfDayOfGenAiPrices() throws Exception {
    Result result =
        read(
            Format.GENAI_PRICES,
            """
            [{"id": "acme", "models": [
              {"id": "dated", "match": {"or": [{"equals": "dated-1"}, {"starts_with": "da"}]},
               "prices": [{"prices": {"input_mtok": 1, "output_mtok": "2.5"}},
                 {"constraint": {"start_date": "2026-12-01"},
                  "prices": {"input_mtok": {"base": 3, "tiers": [{"start": 200000, "price": 6}]},
                             "cache_read_mtok": 0.3, "output_mtok": 4, "web_searches_kcount": 10}}]},
              {"id": "night", "prices": [{"prices": {"input_mtok": 1, "output_mtok": 2}},
                 {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"},
                  "prices": {"input_mtok": 2, "output_mtok": 4}}]},
              {"id": "per-request", "prices": {"input_mtok": 1, "output_mtok": 2, "requests_kcount": 5}},
              {"id": "bad", "prices": {"input_mtok": "-1", "output_mtok": 2}}]}]
            """);

    assertThat(result.text())
        .contains(
            """
            provider: "acme"
            """,
            """
              - model: "dated"
                names: ["dated-1"]
                valid_to: 2026-12-01
                prices:
                  input: 1
                  output: 2.5
              - model: "dated"
                names: ["dated-1"]
                valid_from: 2026-12-01
                prices:
                  input: 3
                  cache_read: 0.3
                  output: 4
                  above:
                    - { input_over: 200000, input: 6, cache_read: 0.3, output: 4 }
                per_unit:
                  web_search: 0.01
            """);
    assertThat(result.leftOut())
        .extracting(CatalogImport.Found::model)
        .containsExactly("acme/night", "acme/per-request");
    assertThat(result.quarantined())
        .extracting(CatalogImport.Found::model)
        .containsExactly("acme/bad");
    assertThat(result.notMapped()).hasSize(1);
  }

  @Test
  void whatIsNoCatalogIsToldAsThat() {
    assertThatThrownBy(() -> read(Format.LITELLM, "[]"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected a mapping of models to prices");
    assertThatThrownBy(() -> read(Format.GENAI_PRICES, "{}")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read(Format.LITELLM, "{\"a\": {}, \"a\": {}}"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Duplicate");
    assertThatThrownBy(() -> read(Format.LITELLM, "{} {}")).isInstanceOf(IOException.class);
  }
}
