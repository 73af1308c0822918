package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.testing.Csv;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.ledger.UsageRow;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What calls to three vendors cost, as a FOCUS file of the command has it. */
class FocusCommandTest {
  private static final String QUOTAS =
      """
      calendar: { timezone: America/New_York, currency: USD }
      providers:
        openai: { url: "%1$s", key: "provider-key" }
        anthropic: { url: "%1$s", key: "provider-key" }
        gpu: { url: "%1$s", dialect: openai, models: ["house-model"], key: "provider-key" }
      rate_cards: [builtin, CARD]
      models: { allow: ["*"] }
      allowances: { engineer: { amount: 100 USD, every: year } }
      teams: { payments: { cost_center: CC-1 } }
      people: { ada: { name: "ada@corp.example", team: payments, allowance: engineer } }
      """;

  private static final String CARD =
      """
      version: house-1
      kind: contracted
      currency: USD
      provider: gpu
      source: the house
      checked_on: 2026-01-05
      valid_from: 2020-01-01
      models:
        - { model: house-model, max_output: 8192, prices: { input: 0.1, output: 0.3 } }
      """;

  private final ObjectMapper json = new ObjectMapper();

  @TempDir private static Path folder;
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static FakeProvider provider;
  private static TestGateway gateway;

  @BeforeAll
  static void start() throws Exception {
    provider = FakeProvider.start(0);
    Path card = Files.writeString(folder.resolve("house.yaml"), CARD);
    gateway =
        TestGateway.start(QUOTAS.replace("CARD", card.toString()).replace("%1$s", provider.url()));
    calls();
  }

  @AfterAll
  static void stop() {
    gateway.close();
    provider.close();
  }

  private static void calls() throws Exception {
    String key = gateway.key("ada");
    String chat =
        "{'model':'%s','max_completion_tokens':100,'messages':[],'user':'me@corp.example'}";
    for (int i = 0; i < 2; i++) {
      admitted(
          "/v1/chat/completions",
          key,
          chat.formatted("gpt-4o-mini"),
          "x-fake-input-tokens",
          "1003",
          "x-fake-cache-read-tokens",
          "401",
          "x-fake-output-tokens",
          "77");
    }
    admitted("/v1/chat/completions", key, chat.formatted("house-model"));
    admitted(
        "/v1/messages",
        key,
        "{'model':'claude-haiku-4-5','max_tokens':100,'messages':[],"
            + "'tools':[{'type':'web_search_20250305','name':'web_search','max_uses':5}]}",
        "x-fake-searches",
        "2",
        "x-fake-cache-write-5m-tokens",
        "31",
        "x-fake-cache-write-1h-tokens",
        "7");
    Awaitility.await()
        .untilAsserted(
            () -> {
              assertThat(gateway.rows()).hasSameSizeAs(provider.billed()).hasSize(4);
              assertThat(gateway.balance("ada").held()).isEqualTo("0");
            });
  }

  private static void admitted(String path, String key, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(gateway.url() + path))
            .header("Authorization", "Bearer " + key)
            .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')));
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<String> answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as("%s said %s", body, answer.body()).isEqualTo(200);
  }

  @Test
  void theFileIsWhatTheProvidersCountedAndTheLedgerCharged() throws Exception {
    List<UsageRow> rows = gateway.rows();
    Invocation run = export("--out", "-");
    assertThat(run.code()).as(run.err()).isZero();
    List<Map<String, String>> focus = Csv.read(run.out());

    long nanos = rows.stream().mapToLong(UsageRow::nanos).sum();
    assertThat(sum(focus, "BilledCost")).isEqualByComparingTo(BigDecimal.valueOf(nanos, 9));
    assertThat(sum(focus, "x_RequestCount").longValueExact()).isEqualTo(4);
    tokens(focus, "x_InputTokens", TokenUsage::input);
    tokens(focus, "x_CacheReadTokens", TokenUsage::cacheRead);
    tokens(focus, "x_CacheWriteTokens", TokenUsage::cacheWrite);
    tokens(focus, "x_OutputTokens", TokenUsage::output);

    Map<String, String> cached = one(focus, "gpt-4o-mini", "Cache Read Input Tokens");
    assertThat(cached)
        .containsEntry("ConsumedQuantity", "802.0")
        .containsEntry("PricingQuantity", "0.000802")
        .containsEntry("PricingUnit", "1000000 Tokens")
        .containsEntry("ContractedUnitPrice", "0.075")
        .containsEntry("BilledCost", "0.00006015")
        .containsEntry("ServiceProviderName", "OpenAI")
        .containsEntry("SubAccountId", "payments")
        .containsEntry("Tags", "{\"team\":\"payments\",\"cost_center\":\"CC-1\"}")
        .containsEntry("x_ConsumerId", "ada")
        .containsEntry("x_CredentialId", rows.get(0).keyId())
        .containsEntry("x_UsageSource", "provider");
    assertThat(one(focus, "claude-haiku-4-5", "Web Searches"))
        .containsEntry("ConsumedQuantity", "2.0")
        .containsEntry("ConsumedUnit", "Searches")
        .containsEntry("ContractedCost", "0.02");
    assertThat(one(focus, "claude-haiku-4-5", "Cache Write 1h Input Tokens"))
        .containsEntry("x_CacheWriteTokens", "7.0")
        .containsEntry("ServiceName", "Claude API");
    assertThat(one(focus, "house-model", "Output Tokens"))
        .containsEntry("ServiceProviderName", "gpu")
        .containsEntry("HostProviderName", "")
        .containsEntry("x_PriceVersion", "house-1");
    assertThat(run.out()).doesNotContain("@").doesNotContain("corp.example");
  }

  @Test
  void anOlderVersionIsWrittenWithItsMetadata() throws Exception {
    Path file = folder.resolve("focus.csv");
    Invocation run = export("--focus-version", "1.2", "--out", file.toString());
    assertThat(run.code()).as(run.err()).isZero();
    List<Map<String, String>> rows = Csv.read(Files.readString(file));
    JsonNode meta = json.readTree(Files.readString(folder.resolve("focus.csv.meta.json")));
    assertThat(meta.path("rows").asInt()).isEqualTo(rows.size());
    assertThat(meta.at("/focus/FocusVersion").asText()).isEqualTo("1.2");
    assertThat(meta.at("/focus/DataGenerator").asText()).isEqualTo("Stipend");
    assertThat(meta.at("/focus/ColumnDefinition").size()).isEqualTo(rows.get(0).size());
    assertThat(rows.get(0))
        .containsEntry("ProviderName", "OpenAI")
        .doesNotContainKey("ServiceProviderName");
    assertThat(sum(rows, "PricingCurrencyEffectiveCost"))
        .isEqualByComparingTo(meta.at("/totals/USD").asText());
  }

  @Test
  void aFolderByDayHasTheSameRows() throws Exception {
    Path days = folder.resolve("days");
    Invocation run = export("--by", "day", "--out", days.toString());
    assertThat(run.code()).as(run.err()).isZero();
    List<String> together = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(days, "focus-*.csv")) {
      for (Path file : files) {
        Files.readAllLines(file).stream().skip(1).forEach(together::add);
      }
    }
    List<String> whole = export("--out", "-").out().lines().skip(1).toList();
    assertThat(together).isNotEmpty().containsExactlyInAnyOrderElementsOf(whole);
  }

  /** The page's own statements, by an engine that reads what they say. */
  @Test
  void whatThePageSaysOfLoadingIsTrue() throws Exception {
    Path file = folder.resolve("load.csv");
    assertThat(export("--out", file.toString()).code()).isZero();
    String page = Files.readString(Path.of("../docs/focus.md"));
    String sql = page.substring(page.indexOf("```sql") + 6, page.lastIndexOf("```"));
    BigDecimal sum = BigDecimal.ZERO;
    List<String> sellers = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      for (String one : sql.replace("focus.csv", file.toString()).split(";\\s*", 0)) {
        statement.execute(one);
      }
      try (ResultSet found = statement.getResultSet()) {
        while (found.next()) {
          sellers.add(found.getString("ServiceProviderName"));
          sum = sum.add(found.getBigDecimal("cost"));
          assertThat(found.getBigDecimal("saved")).isEqualByComparingTo("0");
        }
      }
    }
    assertThat(sellers).contains("OpenAI", "Anthropic", "gpu");
    long nanos = gateway.rows().stream().mapToLong(UsageRow::nanos).sum();
    assertThat(sum).isEqualByComparingTo(BigDecimal.valueOf(nanos, 9));
  }

  @Test
  void whatCannotBeWrittenIsTold() {
    for (List<String> wrong :
        List.of(
            List.of("expected: 1.4 or 1.2", "--focus-version", "1.3", "--out", "-"),
            List.of(
                "with --format focus", "--format", "csv", "--focus-version", "1.2", "--out", "-"),
            List.of("the begin of a UTC day", "--from", "2026-01-01T05:00:00Z", "--out", "-"))) {
      Invocation run = export(wrong.subList(1, wrong.size()).toArray(String[]::new));
      assertThat(run.code()).as(wrong.toString()).isEqualTo(2);
      assertThat(run.err()).contains(wrong.get(0));
    }
  }

  private static Invocation export(String... more) {
    // Days of UTC, whatever the calendar's zone: all that these calls can be of.
    LocalDate today = LocalDate.now(ZoneOffset.UTC);
    List<String> said = List.of(more);
    List<String> all = new ArrayList<>(List.of("usage", "export"));
    if (!said.contains("--format")) {
      all.addAll(List.of("--format", "focus"));
    }
    if (!said.contains("--from")) {
      all.addAll(List.of("--from", today.minusDays(1).toString()));
    }
    all.addAll(List.of("--to", today.plusDays(2).toString()));
    all.addAll(said);
    return Invocation.on(gateway.quotaFile(), all.toArray(String[]::new));
  }

  private static void tokens(
      List<Map<String, String>> focus, String column, ToLongFunction<TokenUsage> kind) {
    long billed = provider.billed().stream().map(Billed::usage).mapToLong(kind).sum();
    assertThat(sum(focus, column).longValueExact()).as(column).isEqualTo(billed);
  }

  private static BigDecimal sum(List<Map<String, String>> rows, String column) {
    return rows.stream()
        .map(row -> row.get(column))
        .filter(cell -> !cell.isEmpty())
        .map(BigDecimal::new)
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  private static Map<String, String> one(
      List<Map<String, String>> rows, String model, String meter) {
    return rows.stream()
        .filter(row -> row.get("ResourceName").equals(model) && row.get("SkuMeter").equals(meter))
        .findFirst()
        .orElseThrow();
  }
}
