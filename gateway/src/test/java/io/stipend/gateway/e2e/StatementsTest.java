package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.admin.PersonBalance;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.CapturedLog;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.UsageRow;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Statements of calls that were made through a gateway. */
class StatementsTest {
  private static final String PLANTED = "ada.private@corp.test";

  /** Half of the list's prices of the model of {@link Api#CHAT}. */
  private static final String CARD =
      """
      version: half
      kind: contracted
      currency: USD
      provider: openai
      source: test
      checked_on: 2026-01-05
      valid_from: 2026-01-01
      models:
        - { model: gpt-4o-mini, prices: { input: 0.075, cache_read: 0.0375, output: 0.3 } }
      """;

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, String> KEYS = new HashMap<>();
  private static FakeProvider provider;
  private static TestGateway gateway;
  private static CapturedLog log;
  private static Path card;

  @BeforeAll
  static void callsOfThree() throws Exception {
    log = new CapturedLog();
    provider = FakeProvider.start(0);
    card = Files.createTempFile("contract", ".yaml");
    Files.writeString(card, CARD);
    gateway =
        TestGateway.start(
            """
            providers:
              openai: { url: "%1$s", key: k1 }
              anthropic: { url: "%1$s", key: k2 }
            rate_cards: [builtin, "%2$s"]
            calendar: { timezone: Pacific/Auckland }
            allowances:
              engineer: { amount: 400 USD, every: month }
              intern: { amount: 5000000 tokens, every: year }
            people:
              ada: { name: "Ada <b>L</b>", allowance: engineer, compensation: { base: 987654 USD } }
              bob: { allowance: intern }
            services:
              ci-bot: { budget: { amount: 30 USD, every: day } }
            """
                .formatted(provider.url(), card));
    for (String person : List.of("ada", "bob", "ci-bot")) {
      KEYS.put(person, gateway.key(person));
      String user = "\"user\":\"" + PLANTED + "\",";
      String metadata = "\"metadata\":{\"user_id\":\"" + PLANTED + "\"},";
      for (boolean stream : new boolean[] {false, true}) {
        call(Api.CHAT, person, stream, user);
        call(Api.MESSAGES, person, stream, metadata);
      }
    }
    for (String role : List.of("finance", "auditor", "platform")) {
      KeyOrder order = new KeyOrder("eve", null, null, null, role);
      KEYS.put(role, gateway.gateway().admin().createKey(order, "t").key());
    }
    KEYS.put("admin-key", Files.readString(gateway.data().resolve("admin-key")).strip());
    KEYS.put("nobody", "stp_nothing");
  }

  private static void call(Api api, String person, boolean stream, String more) throws Exception {
    String body =
        api.body(api.model, stream, 200, more).replace("Say something.", "Say " + PLANTED);
    assertThat(api.post(gateway, KEYS.get(person), body).statusCode()).isEqualTo(200);
  }

  @AfterAll
  static void stop() throws Exception {
    Files.delete(card);
    gateway.close();
    provider.close();
    log.close();
  }

  private static HttpResponse<String> get(String path, String who) throws Exception {
    int port = gateway.gateway().adminAddress().getPort();
    return HTTP.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("authorization", "Bearer " + KEYS.get(who))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static JsonNode statement(String person) throws Exception {
    HttpResponse<String> answer = get("/v1/statements/" + person, "finance");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
    return JSON.readTree(answer.body());
  }

  @Test
  void everybodysUseIsTheExportsAndEveryClosingTheBalance() throws Exception {
    List<UsageRow> rows = gateway.rows();
    assertThat(rows).hasSize(12);
    long told = 0;
    for (String person : List.of("ada", "bob", "ci-bot")) {
      JsonNode statement = statement(person);
      long its =
          rows.stream().filter(r -> r.person().equals(person)).mapToLong(UsageRow::nanos).sum();
      assertThat(statement.at("/totals/0/cost").asText()).isEqualTo(Unit.USD.format(its));
      assertThat(statement.at("/totals/0/calls").asInt()).isEqualTo(4);
      assertThat(statement.at("/models").size()).isEqualTo(2);
      told += its;
      for (JsonNode model : statement.path("models")) {
        long cost = Unit.USD.parse(model.path("cost").asText());
        long list = Unit.USD.parse(model.path("list_value").asText());
        boolean contracted = model.path("model").asText().equals(Api.CHAT.model);
        assertThat(list).as("%s", model).isEqualTo(contracted ? 2 * cost : cost);
      }
    }
    assertThat(told).isEqualTo(rows.stream().mapToLong(UsageRow::nanos).sum()).isPositive();

    closes("ada", "budget_month_usd");
    closes("bob", "budget_year_tokens");
    closes("ci-bot", "budget_day_usd");
  }

  private static void closes(String person, String budget) throws Exception {
    PersonBalance.AccountLine own = gateway.balance(person).accounts().get(0);
    Unit unit = new Unit(own.unit());
    long left = unit.parse(own.remaining()) + unit.parse(own.held());
    JsonNode statement = statement(person);
    assertThat(statement.at("/" + budget + "_total/amount").asText())
        .as("%s", statement)
        .isEqualTo(unit.format(left));
    assertThat(own.used()).isNotEqualTo("0");
  }

  @Test
  void onlyThePersonAndFinanceSeeIt() throws Exception {
    Map<String, Integer> expected =
        Map.of(
            "ada",
            200,
            "finance",
            200,
            "bob",
            403,
            "ci-bot",
            403,
            "auditor",
            403,
            "platform",
            403,
            "admin-key",
            403,
            "nobody",
            401);
    for (Map.Entry<String, Integer> one : expected.entrySet()) {
      for (String query : List.of("", "?year=2026", "?format=html")) {
        HttpResponse<String> answer = get("/v1/statements/ada" + query, one.getKey());
        assertThat(answer.statusCode()).as(one + query).isEqualTo(one.getValue());
        assertThat(answer.body().contains("82304"))
            .isEqualTo(one.getValue() == 200 && !query.startsWith("?y"));
      }
    }
    assertThat(get("/v1/statements/stranger", "finance").statusCode()).isEqualTo(404);
  }

  @Test
  void aPageAsksForNothingAndRunsNothing() throws Exception {
    HttpResponse<String> page = get("/v1/statements/ada?format=html", "ada");
    assertThat(page.headers().firstValue("content-type")).hasValue("text/html; charset=utf-8");
    assertThat(page.headers().firstValue("content-security-policy").orElse(""))
        .contains("default-src 'none'");
    assertThat(page.headers().firstValue("cache-control")).hasValue("no-store");
    assertThat(page.body()).contains("Ada &lt;b&gt;L&lt;/b&gt;").doesNotContain("<b>", "<script");
  }

  @Test
  void whatIsNoTimeAndNoFormIsToldWithWhatWasExpected() throws Exception {
    for (String query :
        List.of("month=2026-13", "month=26-1", "year=x", "month=2026-01&year=2026", "format=pdf")) {
      HttpResponse<String> answer = get("/v1/statements/ada?" + query, "ada");
      assertThat(answer.statusCode()).as(query).isEqualTo(400);
      assertThat(answer.body()).as(query).contains("expected");
    }
  }

  @Test
  void payIsInNoOtherAnswerNorLogAndWhatCallersSayInNoStatement() throws Exception {
    List<String> elsewhere = new ArrayList<>();
    for (String path :
        List.of(
            "/v1/status",
            "/v1/audit",
            "/v1/balances",
            "/v1/balances/ada",
            "/v1/allowances/ada",
            "/v1/usage/ada",
            "/v1/keys",
            "/v1/months",
            "/v1/statements/bob")) {
      elsewhere.add(get(path, "finance").body());
    }
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      StringWriter export = new StringWriter();
      Instant end = Instant.parse("9000-01-01T00:00:00Z");
      UsageExport.write(reader, Instant.EPOCH, end, UsageExport.Format.JSONL, export);
      elsewhere.add(export.toString());
    }
    elsewhere.addAll(log.lines());
    assertThat(elsewhere).noneMatch(text -> text.contains("987654") || text.contains("82304"));
    for (String query : List.of("", "?format=html")) {
      assertThat(get("/v1/statements/ada" + query, "ada").body()).doesNotContain(PLANTED);
    }
    assertThat(get("/v1/statements/ada", "ada").body()).contains("82304.5");
  }
}
