package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.RateLimitException;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI Responses through a running gateway, by the official SDK and as Codex asks. */
class ResponsesApiTest {
  private static final String MODEL = "gpt-4o-mini";
  private static final String CODEX = "codex_exec/0.169.0 (Linux; x86_64)";
  private static final long STEP = 1_024;
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private FakeProvider provider;
  private TestGateway gateway;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  private void gateway(String amount) {
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers: { openai: { url: "%s", key: "provider-key" } }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini", "gpt-5-mini"] }
            allowances:
              engineer: { amount: %s, every: month }
              broke: { amount: 0.000001 USD, every: month }
            people: { ada: { allowance: engineer }, bob: { allowance: broke } }
            """
                .formatted(provider.url(), amount),
            "contact: \"Ask #llm-budget\"\n");
  }

  private OpenAIClient sdk(String person) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(gateway.url() + "/v1")
        .apiKey(gateway.key(person))
        .build();
  }

  private static ResponseCreateParams call() {
    return ResponseCreateParams.builder()
        .model(MODEL)
        .input("Say hello.")
        .maxOutputTokens(200)
        .putAdditionalHeader("x-fake-output-tokens", "40")
        .putAdditionalHeader("x-session-id", "s-1")
        .build();
  }

  private static String body(String model, boolean stream, long cap) {
    return "{\"model\":\"%s\",\"stream\":%s,\"max_output_tokens\":%d,\"input\":\"Say hello.\"}"
        .formatted(model, stream, cap);
  }

  private HttpResponse<String> post(String path, String key, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(gateway.url() + path))
            .header("authorization", "Bearer " + key)
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private List<UsageRow> rows(int count) {
    Awaitility.await().until(() -> gateway.rows().size() == count);
    return gateway.rows();
  }

  /** What the provider bills is what the ledger says and the balance shows. */
  private void agreed(int count) throws Exception {
    List<UsageRow> rows = rows(count);
    long all = 0;
    for (int i = 0; i < count; i++) {
      Billed billed = provider.billed().get(i);
      UsageReport.Part whole = new UsageReport.Part(null, billed.usage());
      long nanos =
          rating(billed.model())
              .charge(new UsageReport(List.of(whole), billed.model(), billed.serviceTier(), false))
              .nanos();
      assertThat(rows.get(i).usage()).isEqualTo(billed.usage());
      assertThat(rows.get(i).usageSource()).isEqualTo(UsageSource.REPORTED);
      assertThat(rows.get(i).nanos()).isEqualTo(nanos).isPositive();
      assertThat(rows.get(i).dialect()).isEqualTo("openai-responses");
      all += nanos;
    }
    Awaitility.await()
        .untilAsserted(() -> assertThat(gateway.balance("ada").held()).isEqualTo("0"));
    assertThat(Unit.USD.parse(gateway.balance("ada").used())).isEqualTo(all);
    assertThat(gateway.verify().problems()).isEmpty();
  }

  private static Rating rating(String model) throws Exception {
    return RateCards.load(List.of(RateCards.Source.builtin()))
        .rating("openai", "openai", model, Instant.now());
  }

  @Test
  void theSdkIsAnsweredPlainAndStreamedAndTheLedgerHasTheProvidersTally() throws Exception {
    gateway("400 USD");
    OpenAIClient client = sdk("ada");
    Response plain = client.responses().create(call());
    assertThat(plain.usage().orElseThrow().outputTokens()).isEqualTo(40);
    int completed = 0;
    try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(call())) {
      completed = (int) stream.stream().filter(ResponseStreamEvent::isCompleted).count();
    }
    assertThat(completed).isEqualTo(1);
    agreed(2);
    assertThat(gateway.rows().get(0).sessionId()).isEqualTo("s-1");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyKindOfTokenIsPricedAsTheProviderCountsIt(boolean stream) throws Exception {
    gateway("400 USD");
    HttpResponse<String> answer =
        post(
            "/v1/responses?beta=true",
            gateway.key("ada"),
            body("gpt-5-mini", stream, 4_000),
            "x-fake-input-tokens",
            "3000",
            "x-fake-cache-read-tokens",
            "2000",
            "x-fake-output-tokens",
            "300",
            "x-fake-reasoning-tokens",
            "120",
            "user-agent",
            CODEX);
    assertThat(answer.statusCode()).isEqualTo(200);
    agreed(1);
    assertThat(gateway.rows().get(0).usage().reasoning()).isEqualTo(120);
    assertThat(gateway.rows().get(0).usage().cacheRead()).isEqualTo(2_000);
    Map<String, List<String>> headers = answer.headers().map();
    assertThat(headers.get("x-codex-primary-window-minutes")).containsExactly("43200");
    assertThat(Long.parseLong(headers.get("x-codex-primary-reset-at").get(0)))
        .isGreaterThan(Instant.now().getEpochSecond());
    assertThat(headers.get("x-codex-primary-used-percent")).containsExactly("1");
    assertThat(headers).containsKeys("stipend-exchange-id", "stipend-balance-remaining");
  }

  @Test
  void anExhaustedCallerIsRefusedOnceInItsOwnWordsAndNothingIsSent() throws Exception {
    gateway("400 USD");
    RateLimitException sdk =
        catchThrowableOfType(RateLimitException.class, () -> sdk("bob").responses().create(call()));
    assertThat(sdk.code()).contains("insufficient_quota");
    String key = gateway.key("bob");
    HttpResponse<String> codex =
        post("/v1/responses", key, body(MODEL, true, 200), "user-agent", CODEX);
    assertThat(codex.statusCode()).isEqualTo(429);
    JsonNode error = MAPPER.readTree(codex.body()).get("error");
    assertThat(error.get("type").asText()).isEqualTo("usage_limit_reached");
    assertThat(error.get("resets_at").asLong()).isGreaterThan(Instant.now().getEpochSecond());
    assertThat(error.get("message").asText()).contains("Ask #llm-budget");
    assertThat(codex.headers().firstValue("x-codex-promo-message").orElseThrow())
        .startsWith("Budget ")
        .endsWith("Ask #llm-budget");
    assertThat(codex.headers().firstValue("x-codex-primary-used-percent")).contains("0");
    assertThat(post("/v1/responses", key, body(MODEL, true, 200)).statusCode()).isEqualTo(402);
    assertThat(provider.requests()).isZero();
    assertThat(gateway.refusals("bob")).isEqualTo(3);
    assertThat(gateway.rows()).isEmpty();
  }

  @Test
  void countingIsFreeForWhoeverHasNothingLeft() throws Exception {
    gateway("400 USD");
    HttpResponse<String> answer =
        post(
            "/v1/responses/input_tokens",
            gateway.key("bob"),
            "{\"model\":\"" + MODEL + "\",\"input\":\"Say hello.\"}",
            "x-fake-input-tokens",
            "17");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(MAPPER.readTree(answer.body()).get("input_tokens").asLong()).isEqualTo(17);
    assertThat(provider.billed()).isEmpty();
    assertThat(gateway.rows()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {CODEX, "agent/1"})
  void aStreamThatOutgrowsItsBudgetEndsSoThatItsClientDoesNotAskAgain(String agent)
      throws Exception {
    String body = body(MODEL, true, 8_000);
    long budget = rating(MODEL).ceiling((body.length() + 2) / 3, 2 * STEP + 4, null).nanos();
    gateway(Unit.USD.format(budget) + " USD");
    String key = gateway.key("ada");
    HttpResponse<String> answer =
        post(
            "/v1/responses",
            key,
            body,
            "x-fake-output-tokens",
            "8000",
            "x-fake-pace-micros",
            "500",
            "user-agent",
            agent);
    assertThat(answer.statusCode()).isEqualTo(200);
    String last = answer.body().substring(answer.body().stripTrailing().lastIndexOf("\n\n") + 2);
    JsonNode event = MAPPER.readTree(last.substring(last.indexOf("data: ") + 6));
    if (agent.equals(CODEX)) {
      assertThat(last).startsWith("event: response.failed\n");
      assertThat(event.at("/response/error/code").asText()).isEqualTo("invalid_prompt");
    } else {
      assertThat(last).startsWith("event: response.incomplete\n");
      assertThat(event.at("/response/incomplete_details/reason").asText())
          .isEqualTo("max_output_tokens");
    }
    long before = answer.body().lines().filter(line -> line.startsWith("event: ")).count() - 1;
    assertThat(event.get("sequence_number").asLong()).isEqualTo(before);
    UsageRow row = rows(1).get(0);
    assertThat(row.outcome()).isEqualTo("cut");
    assertThat(row.nanos())
        .isLessThanOrEqualTo(budget + rating(MODEL).ceiling(0, STEP, null).nanos());
    Awaitility.await().until(() -> provider.billed().get(0).end() != End.RUNNING);
    assertThat(provider.billed().get(0).usage().output()).isLessThanOrEqualTo(row.usage().output());
    assertThat(post("/v1/responses", key, body, "user-agent", agent).statusCode())
        .isEqualTo(agent.equals(CODEX) ? 429 : 402);
    assertThat(provider.requests()).isEqualTo(1);
  }

  @Test
  void aClientThatLeavesPaysForWhatWasGenerated() throws Exception {
    gateway("400 USD");
    String body = body(MODEL, true, 400);
    String request =
        "POST /v1/responses HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
            + gateway.key("ada")
            + "\r\nx-fake-output-tokens: 90\r\nx-fake-pace-micros: 25000\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    try (RawClient client = new RawClient(gateway.gateway().address())) {
      client.send(request.getBytes(StandardCharsets.UTF_8));
      Awaitility.await()
          .pollInterval(Duration.ofMillis(5))
          .until(
              () -> !provider.billed().isEmpty() && provider.billed().get(0).usage().output() > 9);
    }
    agreed(1);
    assertThat(gateway.rows().get(0).outcome()).isEqualTo("client_gone");
  }

  @Test
  void aStreamThatBreaksEndsAsFailedAndIsPaidFor() throws Exception {
    gateway("400 USD");
    HttpResponse<String> answer =
        post(
            "/v1/responses",
            gateway.key("ada"),
            body(MODEL, true, 400),
            "x-fake-output-tokens",
            "90",
            "x-fake-truncate-after",
            "40");
    String last = answer.body().substring(answer.body().stripTrailing().lastIndexOf("\n\n") + 2);
    assertThat(last).startsWith("event: response.failed\ndata: {\"type\":\"response.failed\"");
    UsageRow row = rows(1).get(0);
    assertThat(row.outcome()).isEqualTo("upstream_truncated");
    assertThat(row.usage().output())
        .isGreaterThanOrEqualTo(provider.billed().get(0).usage().output());
  }

  @Test
  void aClientThatAsksForASocketIsSentToPost() throws Exception {
    gateway("400 USD");
    String upgrade =
        "GET /v1/responses HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Authorization: Bearer "
            + gateway.key("ada")
            + "\r\n\r\n";
    try (RawClient client = new RawClient(gateway.gateway().address())) {
      client.send(upgrade.getBytes(StandardCharsets.UTF_8));
      assertThat(client.answer().status()).isEqualTo(426);
    }
    assertThat(provider.requests()).isZero();
  }
}
