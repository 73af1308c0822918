package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.admin.AdminService.CorrectionOrder;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.ChargeLines;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each row says what its cost is made of, and what the list asks where a contract is in force. */
class LinesBooksTest {
  private static final String CARD =
      """
      version: contract-%1$s
      kind: contracted
      currency: USD
      provider: %1$s
      source: a contract
      checked_on: 2026-01-05
      valid_from: 2026-01-01
      models:
        - { model: %2$s, prices: { %3$s } }
      """;
  private static final String QUOTAS =
      """
      calendar: { timezone: Europe/Berlin, currency: USD }
      providers:
        openai: { url: "%1$s", key: "provider-key" }
        anthropic: { url: "%1$s", key: "provider-key" }
        gemini: { url: "%1$s", key: "provider-key" }
      rate_cards: [builtin%2$s]
      models: { allow: ["*"] }
      allowances: { engineer: { amount: 400 USD, every: year } }
      people: { ada: { allowance: engineer } }
      """;
  private static final String MESSAGE =
      "{'model':'claude-haiku-4-5','max_tokens':100,'messages':[]%s}";
  private static final String RUNS =
      "{'id':'m','type':'message','model':'claude-opus-4-5','content':[],"
          + "'usage':{'input_tokens':23000,'output_tokens':1000,"
          + "'iterations':[{'type':'compaction','input_tokens':180000,'output_tokens':3500},"
          + "{'type':'advisor_message','model':'claude-haiku-4-5','input_tokens':10,"
          + "'cache_read_input_tokens':5,'output_tokens':2},"
          + "{'type':'message','model':'claude-opus-4-5','input_tokens':23000,"
          + "'output_tokens':1000}]}}";

  @TempDir Path folder;

  private String contract(String provider, String model, String prices) throws Exception {
    Path file = folder.resolve(provider + ".yaml");
    Files.writeString(file, CARD.formatted(provider, model, prices));
    return ", " + file;
  }

  private static ChargeLine line(String meter, long quantity, long picos, long listPicos) {
    return new ChargeLine(meter, quantity, picos, listPicos);
  }

  @Test
  void aContractsPriceStandsBesideThatOfTheListInEveryDialect() throws Exception {
    String cards =
        contract("openai", "gpt-4o-mini", "input: 0.1, cache_read: 0.05, output: 0.4")
            + contract(
                "anthropic",
                "claude-haiku-4-5",
                "input: 0.8, cache_read: 0.07, cache_write_5m: 0.9, cache_write_1h: 1.7, output: 4")
            + contract("gemini", "gemini-2.5-flash", "input: 0.2, cache_read: 0.02, output: 2.25");
    try (Books books = new Books(QUOTAS.replace("%2$s", cards), "")) {
      String key = books.gateway.key("ada");
      String[] said = {
        "x-fake-input-tokens", "1300",
        "x-fake-cache-read-tokens", "300",
        "x-fake-output-tokens", "7"
      };
      List<ChargeLine> mini =
          List.of(
              line("input", 1_000, 100_000, 150_000),
              line("cache_read", 300, 50_000, 75_000),
              line("output", 7, 400_000, 600_000));
      String chat = "{'model':'gpt-4o-mini','messages':[]%s}";
      asked(books, mini, "/v1/chat/completions", key, chat.formatted(""), said);
      asked(books, mini, "/v1/chat/completions", key, chat.formatted(",'stream':true"), said);
      asked(
          books,
          List.of(
              mini.get(0),
              mini.get(1),
              mini.get(2),
              line("web_search", 3, 11_200_000_000L, 11_200_000_000L)),
          "/v1/responses",
          key,
          "{'model':'gpt-4o-mini','input':'find it','tools':[{'type':'web_search'}]}",
          with(said, "x-fake-searches", "3"));
      List<ChargeLine> haiku =
          List.of(
              line("input", 940, 800_000, 1_000_000),
              line("cache_read", 300, 70_000, 100_000),
              line("cache_write_5m", 20, 900_000, 1_250_000),
              line("cache_write_1h", 40, 1_700_000, 2_000_000),
              line("output", 7, 4_000_000, 5_000_000));
      String[] writes =
          with(said, "x-fake-cache-write-5m-tokens", "20", "x-fake-cache-write-1h-tokens", "40");
      asked(books, haiku, "/v1/messages", key, MESSAGE.formatted(""), writes);
      asked(books, haiku, "/v1/messages", key, MESSAGE.formatted(",'stream':true"), writes);
      asked(
          books,
          List.of(
              line("input", 1_000, 200_000, 300_000),
              line("cache_read", 300, 20_000, 30_000),
              line("output", 7, 2_250_000, 2_500_000)),
          "/v1beta/models/gemini-2.5-flash:generateContent",
          key,
          "{'contents':[{'parts':[{'text':'Hi'}]}]}",
          said);
      corrected(books, mini);
    }
  }

  private static String[] with(String[] headers, String... more) {
    return java.util.stream.Stream.of(headers, more)
        .flatMap(java.util.Arrays::stream)
        .toArray(String[]::new);
  }

  private static void asked(
      Books books, List<ChargeLine> lines, String path, String key, String body, String... headers)
      throws Exception {
    books.admitted(path, key, body, headers);
    List<UsageRow> rows = books.rows();
    assertThat(rows.get(rows.size() - 1).lines()).as(path + " " + body).isEqualTo(lines);
  }

  /** Another usage at the prices on record; a cost that somebody names is no product of them. */
  private static void corrected(Books books, List<ChargeLine> mini) {
    UsageRow first = books.rows().get(0);
    correct(books, first, 107L, null);
    UsageRow row = books.rows().get(0);
    assertThat(row.lines()).containsExactly(mini.get(0), mini.get(1), mini.get(2).of(107));
    assertThat(row.nanos()).isEqualTo(first.nanos() + 40_000);
    assertThat(row.priceVersion()).isEqualTo("contract-openai");
    correct(books, first, 107L, "0.5");
    row = books.gateway.rows().get(0);
    assertThat(row.nanos()).isEqualTo(500_000_000);
    assertThat(row.lines()).isEmpty();
    correct(books, first, 107L, null);
    assertThat(books.rows().get(0).lines())
        .containsExactly(mini.get(0), mini.get(1), mini.get(2).of(107));
    assertThat(books.gateway.verify().problems()).isEmpty();
  }

  private static void correct(Books books, UsageRow row, Long output, String cost) {
    AdminClient.find(books.gateway.data())
        .orElseThrow()
        .correct(
            new CorrectionOrder(
                row.exchangeId(), null, null, null, null, null, output, null, cost, "the invoice"),
            "grace");
  }

  /** A stream that broke is assumed: what was never metered has no lines until it is corrected. */
  @Test
  void whatIsAssumedHasLinesOnceItsUsageIsKnown() throws Exception {
    try (Books books = new Books(QUOTAS.replace("%2$s", ""), "")) {
      String key = books.gateway.key("ada");
      String[] broken = {"x-fake-reset-after", "1", "x-fake-output-tokens", "3"};
      try {
        assertThat(books.post("/v1/messages", key, MESSAGE.formatted(""), broken).statusCode())
            .as("if it broke before anything was relayed")
            .isEqualTo(502);
      } catch (IOException e) {
        // It broke while it was relayed.
      }
      UsageRow row = books.rows().get(0);
      assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
      correct(books, row, 3L, null);
      UsageRow mended = books.rows().get(0);
      assertThat(mended.lines())
          .containsExactly(
              line("input", row.usage().input(), 1_000_000, 1_000_000),
              line("output", 3, 5_000_000, 5_000_000));
      assertThat(ChargeLines.nanos(mended.lines())).isEqualTo(mended.nanos());
    }
  }

  @Test
  void runsOfSeveralModelsAreLinesOfTheirOwn() throws Exception {
    HttpServer provider =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] answer = RUNS.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    provider.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.getResponseHeaders().add("content-type", "application/json");
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    provider.start();
    String url = "http://127.0.0.1:" + provider.getAddress().getPort();
    try (TestGateway gateway =
        TestGateway.start(QUOTAS.replace("%1$s", url).replace("%2$s", ""), "")) {
      HttpResponse<String> said =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
                      .header("Authorization", "Bearer " + gateway.key("ada"))
                      .POST(
                          HttpRequest.BodyPublishers.ofString(
                              MESSAGE.formatted("").replace("haiku", "opus").replace('\'', '"')))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(said.statusCode()).as(said.body()).isEqualTo(200);
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> gateway.rows().size() == 1);
      UsageRow row = gateway.rows().get(0);
      assertThat(row.lines())
          .containsExactly(
              line("input", 180_000, 5_000_000, 5_000_000),
              line("output", 3_500, 25_000_000, 25_000_000),
              line("input", 10, 1_000_000, 1_000_000),
              line("cache_read", 5, 100_000, 100_000),
              line("output", 2, 5_000_000, 5_000_000),
              line("input", 23_000, 5_000_000, 5_000_000),
              line("output", 1_000, 25_000_000, 25_000_000));
      assertThat(ChargeLines.nanos(row.lines())).isEqualTo(row.nanos());
    } finally {
      provider.stop(0);
    }
  }
}
