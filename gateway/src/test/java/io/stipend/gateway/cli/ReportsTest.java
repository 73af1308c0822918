package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageReport;
import io.stipend.metering.price.RateCards;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xml.sax.InputSource;

/**
 * Every report over what went through a real gateway: its total is what the provider would bill, in
 * every format, while the gateway runs.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReportsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String RANGE = " --from 2020-01-01 --to 2100-01-01";

  private final ObjectMapper json = new ObjectMapper();
  private final HttpClient http = HttpClient.newHttpClient();
  private final String month = YearMonth.now(ZoneOffset.UTC).toString();

  @TempDir Path folder;
  private FakeProvider provider;
  private TestGateway gateway;
  private long billed;

  @BeforeAll
  void work() throws Exception {
    provider = FakeProvider.start(0);
    gateway =
        TestGateway.start(
            """
            providers:
              openai: { url: "%s", key: "provider-key" }
            allowances:
              engineer: { amount: 400 USD, every: month }
              broke: { amount: 0.000001 USD, every: month }
            teams:
              red: { cost_center: CC-1, budget: { amount: 100 USD, every: month } }
              blue: { cost_center: CC-2 }
            people:
              ada.lovelace: { team: red, allowance: engineer }
              bob.jones: { team: red, allowance: engineer }
              cyd.smith: { team: blue, allowance: engineer }
              dan.brown: { team: blue, allowance: engineer }
              eve.adams: { allowance: engineer }
              fay.wray: { team: blue, allowance: broke }
            services:
              ci-bot: { budget: { amount: 30 USD, every: day } }
            """
                .formatted(provider.url()));
    for (String who : List.of("ada.lovelace", "bob.jones", "cyd.smith", "eve.adams", "ci-bot")) {
      String key = gateway.key(who);
      for (int i = 0; i < 3; i++) {
        assertThat(call(key, 1_000 + 100 * i)).isEqualTo(200);
      }
    }
    assertThat(call(gateway.key("fay.wray"), 5_000)).isIn(402, 429);
    // Refusals are entered by the minute, or when they are asked for.
    assertThat(gateway.refusals("fay.wray")).isEqualTo(1);
    billed = billed();
  }

  @AfterAll
  void stop() {
    gateway.close();
    provider.close();
  }

  private int call(String key, int input) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/responses"))
            .timeout(PATIENCE)
            .header("Authorization", "Bearer " + key)
            .header("x-fake-input-tokens", Integer.toString(input))
            .header("session-id", "s-" + input)
            .header("user-agent", "codex_exec/0.171.0 (Debian)")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"model\":\"gpt-5-mini\",\"stream\":true,\"input\":\"planted words\"}"))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
  }

  /** What the provider would bill, once all of it stands in the ledger. */
  private long billed() throws Exception {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(provider.billed()).hasSize(15).noneMatch(b -> b.end() == End.RUNNING);
              assertThat(gateway.rows()).hasSize(15);
            });
    RateCards cards = RateCards.load(List.of(RateCards.Source.builtin()));
    long sum = 0;
    for (Billed one : provider.billed()) {
      UsageReport.Part part = new UsageReport.Part(null, one.usage());
      UsageReport report = new UsageReport(List.of(part), one.model(), one.serviceTier(), false);
      sum += cards.rating("openai", "openai", one.model(), Instant.now()).charge(report).nanos();
    }
    return sum;
  }

  private Invocation run(String line) {
    List<String> words = new ArrayList<>(List.of("report"));
    words.addAll(List.of(line.replace("MONTH", month).split(" ")));
    return Invocation.on(gateway.quotaFile(), words.toArray(String[]::new));
  }

  private JsonNode read(String line) throws Exception {
    Invocation run = run(line + " --json");
    assertThat(run.code()).as(run.err()).isZero();
    return json.readTree(run.out());
  }

  private static long sum(JsonNode table, String column) {
    long sum = 0;
    for (JsonNode row : table) {
      sum += Unit.USD.parse(row.path(column).asText());
    }
    return sum;
  }

  private static JsonNode row(JsonNode table, String column, String name) {
    for (JsonNode row : table) {
      if (row.path(column).asText().equals(name)) {
        return row;
      }
    }
    throw new AssertionError("no " + name + " in " + table);
  }

  @Test
  void aChargebackIsTheBillOfTheProvider() throws Exception {
    for (String split : List.of("usage", "even", "headcount")) {
      JsonNode report = read("chargeback --split " + split + RANGE);
      assertThat(report.path("totals").path("USD").asText()).isEqualTo(Unit.USD.format(billed));
      for (String table : List.of("cost_centers", "by_team", "by_model", "by_day")) {
        assertThat(sum(report.path(table), "cost")).as(split + ", " + table).isEqualTo(billed);
      }
      assertThat(report.path("shared_costs").get(0).path("source").asText())
          .isEqualTo("service ci-bot");
    }
    JsonNode red = read("chargeback --shared blue --by cost_center,client" + RANGE);
    assertThat(red.path("by_client").get(0).path("client").asText()).isEqualTo("codex_exec");
    assertThat(red.has("by_team")).isFalse();
    assertThat(row(red.path("cost_centers"), "cost_center", "CC-2").path("direct").asText())
        .isEqualTo("0");
  }

  @Test
  void budgetsAreThoseOfTheFileAndTheActualIsTheBill() throws Exception {
    JsonNode report = read("budget-vs-actual --month MONTH");

    assertThat(sum(report.path("cost_centers"), "actual")).isEqualTo(billed);
    assertThat(row(report.path("cost_centers"), "cost_center", "CC-1").path("budget").asText())
        .isEqualTo("100");
    assertThat(row(report.path("cost_centers"), "cost_center", "CC-2").path("budget").asText())
        .as("cyd and dan, and what fay has")
        .isEqualTo("800.000001");
    JsonNode all = row(report.path("variance"), "cost_center", "All together");
    assertThat(all.path("volume").asText()).as("no baseline").isEqualTo(Unit.USD.format(billed));
    assertThat(report.path("notes").toString()).doesNotContain("do not tell unit prices");
  }

  @Test
  void aForecastOfADaySaysThatItKnowsTooLittle() throws Exception {
    JsonNode report = read("forecast");

    assertThat(report.path("to_date").asText()).isEqualTo(Unit.USD.format(billed));
    assertThat(report.path("month_end").isNull()).isTrue();
    assertThat(report.path("notes").get(0).asText()).startsWith("No forecast: 0 complete days");
  }

  @Test
  void accessNamesNobodyWhateverItIsGroupedBy() throws Exception {
    for (String by : List.of("team", "level", "site")) {
      for (String format : List.of("table", "csv", "json", "html")) {
        Invocation run = run("access --by " + by + " --min-group 3 --format " + format + RANGE);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
            .doesNotContain("ada.lovelace", "bob.jones", "cyd.smith", "dan.brown", "eve.adams")
            .doesNotContain("fay.wray", "ci-bot", "planted", "s-1000", "codex");
      }
    }
    JsonNode level = read("access --by level --min-group 3" + RANGE);
    assertThat(level.path("groups")).as("one is broke, so that both are hidden").hasSize(1);
    JsonNode all = row(level.path("groups"), "group", "All people");
    assertThat(all.path("people").asLong()).isEqualTo(6);
    assertThat(all.path("active").asLong()).isEqualTo(4);
    assertThat(all.path("at_cap").asText()).as("fay").isEqualTo("0.166667");
    assertThat(row(level.path("refusals"), "reason", "budget_exhausted").path("count").asLong())
        .isEqualTo(1);
  }

  @Test
  void sessionsHaveADistribution() throws Exception {
    JsonNode report = read("sessions" + RANGE);

    JsonNode all = row(report.path("by_client"), "client", "All clients");
    assertThat(all.path("sessions").asLong()).as("three of each of five").isEqualTo(15);
    assertThat(Unit.USD.parse(all.path("cost").asText())).isEqualTo(billed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "chargeback" + RANGE,
        "budget-vs-actual --month MONTH",
        "forecast",
        "access" + RANGE,
        "sessions" + RANGE
      })
  void everyReportIsAFileInEveryFormatAndAPageThatIsXml(String line) throws Exception {
    for (String format : List.of("table", "csv", "json", "html")) {
      Path file = folder.resolve("report." + format);
      Invocation run = run(line + " --format " + format + " --out " + file);
      assertThat(run.code()).as(run.err()).isZero();
      assertThat(run.out()).contains("; ledger head ").hasLineCount(1);
      assertThat(Files.readString(file)).isNotBlank();
      assertThat(Files.list(folder).filter(f -> f.toString().endsWith(".part"))).isEmpty();
    }
    String page = Files.readString(folder.resolve("report.html"));
    DocumentBuilderFactory xml = DocumentBuilderFactory.newInstance();
    assertThat(
            xml.newDocumentBuilder()
                .parse(new InputSource(new StringReader(page)))
                .getDocumentElement()
                .getTagName())
        .isEqualTo("html");
    assertThat(page).doesNotContain("<script", "http:", "https:", "url(", "src=");
    assertThat(Files.readString(folder.resolve("report.csv"))).startsWith("table,fact,value,");
    json.readTree(folder.resolve("report.json").toFile());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          chargeback --split fair            | --split: fair (expected: usage, even, headcount)
          chargeback --by colour             | --by: colour (expected: cost_center, team, model,
          chargeback --shared CC-9           | --shared: CC-9 (expected: a team or a cost centre of
          chargeback --format pdf            | --format: pdf (expected: table, csv, json or html)
          chargeback --format csv --json     | --json: with --format csv (expected: one of them)
          access --by person                 | --by: person (expected: team, level, site)
          access --min-group 2               | --min-group: 2 (expected: at least 3)
          """)
  void whatIsWrongIsNamedWithWhatIsExpected(String line, String message) {
    Invocation run = run(line + RANGE);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains(message);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void aMonthThatIsNoneIsRefused() {
    assertThat(run("budget-vs-actual --month 2026-13").err())
        .contains("--month: 2026-13 (expected: a month such as 2026-11)");
    assertThat(run("budget-vs-actual").code()).isEqualTo(2);
  }
}
