package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people see of prices. */
class PricesCommandsTest {
  private static final String CONTRACT =
      """
      version: contract-1
      kind: contracted
      currency: EUR
      provider: openai
      source: Order form 4711
      checked_on: 2026-11-01
      valid_from: 2026-01-01
      valid_to: 2027-01-01
      models:
        - { model: gpt-5, prices: { input: 1.3, cache_read: 0.1, output: 8 } }
      """;

  private final ObjectMapper json = new ObjectMapper();

  @TempDir Path folder;
  private Path config;
  private Path contract;

  @BeforeEach
  void files() throws IOException {
    contract = Files.writeString(folder.resolve("contract.yaml"), CONTRACT);
    config =
        Files.writeString(
            folder.resolve("stipend.yaml"),
            """
            gateway: { data: ./data }
            providers: { openai: { url: "http://127.0.0.1:1", key: k } }
            rate_cards: [builtin, contract.yaml]
            exchange_rates: [{ from: EUR, to: USD, date: 2026-01-01, rate: 1.1, source: ECB }]
            models: { allow: ["gpt-5*"], aliases: { best: gpt-5 } }
            """);
  }

  private Invocation run(String... args) {
    return Invocation.on(config, args);
  }

  private JsonNode read(String... args) throws IOException {
    Invocation run = run(args);
    assertThat(run.code()).as(run.err()).isZero();
    return json.readTree(run.out());
  }

  private static JsonNode price(JsonNode entry, String meter) {
    for (JsonNode item : entry.path("prices")) {
      if (item.path("meter").asText().equals(meter) && item.path("tier").asText().isEmpty()) {
        return item.path("price");
      }
    }
    return entry.path("missing");
  }

  @Test
  void aListShowsWhoDecidesAndWhatTheListWouldAsk() throws IOException {
    JsonNode lines = read("prices", "list", "--at", "2026-11-29", "--json");

    JsonNode line = lines.get(0);
    assertThat(line.path("model").asText()).isEqualTo("gpt-5");
    assertThat(price(line.path("decides"), "input").asText()).isEqualTo("1.43");
    assertThat(line.path("decides").path("card").asText()).isEqualTo("contract-1@EUR=1.1");
    assertThat(line.path("decides").path("currency").asText()).isEqualTo("USD");
    assertThat(price(line.path("decides"), "web_search").asText()).isEqualTo("0.01");
    assertThat(price(line.path("list"), "input").asText()).isEqualTo("1.25");
    for (JsonNode one : lines) {
      assertThat(one.path("model").asText()).startsWith("gpt-5");
    }
    assertThat(lines.size()).isGreaterThan(10);
    JsonNode later = read("prices", "list", "--at", "2027-01-01", "--json").get(0);
    assertThat(later.path("decides").path("kind").asText()).isEqualTo("list");
    assertThat(later.path("list").isNull()).isTrue();
    assertThat(run("prices", "list", "--at", "2026-11-29").out())
        .contains("contract-1@EUR=1.1", "contracted", "2027-01-01");
    assertThat(run("prices", "list", "--provider", "nobody").err())
        .contains("--provider: nobody (expected: one of [openai])");
    assertThat(run("prices", "list", "--at", "soon").code()).isEqualTo(2);
  }

  @Test
  void allEntriesOfAModelAreShownWithWhatBecameOfThem() throws IOException {
    JsonNode shown = read("prices", "show", "best", "--at", "2026-11-29", "--json").get(0);
    assertThat(shown.path("entries").findValuesAsText("status"))
        .containsExactly("DECIDES", "HIDDEN");
    JsonNode before = read("prices", "show", "openai/gpt-5", "--at", "2025-06-01", "--json").get(0);
    assertThat(before.path("entries").findValuesAsText("status"))
        .containsExactly("FUTURE", "DECIDES");
    assertThat(run("prices", "show", "gpt-5").out())
        .contains("contract.yaml:10", "builtin/openai.yaml:", "cache_read");
    Invocation unknown = run("prices", "show", "gpt-55");
    assertThat(unknown.code()).isEqualTo(1);
    assertThat(unknown.err()).contains("gpt-55 has no price", "did you mean");
  }

  @Test
  void aCardIsComparedAsIfTheQuotaFileNamedItLast() throws IOException {
    Path next =
        Files.writeString(
            folder.resolve("next.yaml"),
            CONTRACT.replace("contract-1", "contract-2").replace("output: 8", "output: 10"));
    JsonNode changes = read("prices", "diff", next.toString(), "--at", "2026-11-29", "--json");
    assertThat(changes).hasSize(1);
    assertThat(changes.get(0).path("item").asText()).isEqualTo("output");
    assertThat(changes.get(0).path("before").asText()).isEqualTo("8.8");
    assertThat(changes.get(0).path("after").asText()).isEqualTo("11");
    assertThat(changes.get(0).path("ratio").asText()).isEqualTo("1.25");
    JsonNode files =
        read(
            "prices", "diff", next.toString(), contract.toString(), "--at", "2026-11-29", "--json");
    assertThat(files.get(0).path("ratio").asText()).isEqualTo("0.8");
    assertThat(run("prices", "diff", contract.toString(), "--at", "2026-11-29").out())
        .contains("No price differs.");
    assertThat(
            read("prices", "diff", "2026-11-29", "2027-01-02", "--json").findValuesAsText("what"))
        .contains("CHANGED");
    assertThat(run("prices", "diff", "2026-11-29", next.toString()).code()).isEqualTo(2);
  }

  @Test
  void aCardIsCheckedBeforeItIsInForce() throws IOException {
    Path bad =
        Files.writeString(
            folder.resolve("bad.yaml"), CONTRACT.replace("input: 1.3", "input: -1, ouput: 3"));
    Invocation run = run("prices", "check", bad.toString());
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out())
        .contains(
            "bad.yaml:10:38 input: -1 (expected: EUR per million tokens",
            "bad.yaml:10:42 ouput: unknown key");
    assertThat(read("prices", "check", contract.toString(), "--json").path("warnings"))
        .anyMatch(w -> w.path("message").asText().contains("input: 1.43 USD is above the list"));
    Path other =
        Files.writeString(
            folder.resolve("other.yaml"),
            CONTRACT
                .replace("contract-1", "contract-3")
                .replace("EUR", "CHF")
                .replace("2026-11-01", "2024-01-01")
                .replace("valid_to: 2027-01-01\n", ""));
    assertThat(run("prices", "check", other.toString()).err())
        .contains("no rate of exchange from CHF to USD")
        .contains("checked_on: 2024-01-01 is more than 180 days ago")
        .contains("model: gpt-5 is priced at the same time by card contract-1");
    assertThat(Invocation.on(folder.resolve("none.yaml"), "prices", "check", contract.toString()))
        .matches(checked -> checked.code() == 0 && checked.err().contains("EUR to USD"));
    assertThat(run("check").out()).contains("valid");
  }

  @Test
  void aCatalogIsImportedIntoAFileThatPassesTheCheckAndOverwritesNothing() throws IOException {
    Path catalog =
        Files.writeString(
            folder.resolve("catalog.json"),
            """
            {"good": {"litellm_provider": "openai", "mode": "chat",
              "input_cost_per_token": 1.5e-06, "output_cost_per_token": "0.000006"},
             "gpt-5": {"litellm_provider": "openai", "mode": "chat",
              "input_cost_per_token": 2e-06, "output_cost_per_token": 1e-05},
             "bad": {"litellm_provider": "openai", "mode": "chat",
              "input_cost_per_token": 0.015, "output_cost_per_token": NaN}}
            """);
    Path out = folder.resolve("reviewed.yaml");
    String[] args = {
      "prices", "import", catalog.toString(), "--from", "litellm", "--out", out.toString(), "--json"
    };
    JsonNode made = read(args);
    assertThat(made.path("models").asInt()).isEqualTo(2);
    assertThat(made.path("quarantined")).hasSize(1);
    assertThat(made.path("changes").findValuesAsText("model")).contains("good");
    assertThat(run("prices", "check", out.toString()).code()).isZero();
    assertThat(Files.readString(out)).contains("input: 1.5\n", "#   bad: ", "(at most 1000)");
    assertThat(run(args).code()).as("there already").isEqualTo(2);
    args[args.length - 1] = "--force";
    assertThat(run(args).out()).contains("1 quarantined", "is written; read it");
    assertThat(run("prices", "import", catalog.toString(), "--from", "me").code()).isEqualTo(2);
    Invocation none =
        run("prices", "import", catalog.toString(), "--from", "litellm", "--provider", "x");
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.err()).contains("provider: x has no models there (expected: one of [openai])");
    assertThat(run("prices", "import", contract.toString(), "--from", "genai-prices").code())
        .isEqualTo(1);
  }
}
