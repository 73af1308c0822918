package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The Gemini dialect between a real gateway and a provider that keeps its own tally. */
class GeminiTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** Thinks, and says so in its usage alone. */
  private static final String THINKER = "gemini-2.5-flash";

  /** All of its output shows. */
  private static final String VISIBLE = "gemini-2.0-flash";

  private static final String PLAIN = "generateContent";
  private static final String EVENTS = "streamGenerateContent?alt=sse";
  private static final String LIST = "streamGenerateContent";
  private static final long STEP = 1_024;

  private FakeProvider provider;
  private TestGateway gateway;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
  }

  @AfterEach
  void stop() {
    if (gateway != null) {
      assertThat(gateway.verify().problems()).isEmpty();
      gateway.close();
    }
    provider.close();
  }

  private String gateway(String amount, String terms, String keys) {
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              gemini: { url: "%1$s", key: "provider-key" }
              openai: { url: "%1$s", key: "provider-key" }
            rate_cards: [builtin]
            models:
              allow: ["gemini-2.5-flash", "gemini-2.0-flash*", "gemini-9-*", "gpt-5"]
              aliases: { fast: gemini-2.0-flash }
            allowances: { one: { amount: %2$s USD, every: month %3$s } }
            people: { ada: { allowance: one } }
            """
                .formatted(provider.url(), amount, terms),
            keys);
    return gateway.key("ada");
  }

  private String gateway() {
    return gateway("400", "", "");
  }

  private static String body(long cap) {
    return "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Say something.\"}]}],"
        + "\"generationConfig\":{\"maxOutputTokens\":"
        + cap
        + "}}";
  }

  private HttpRequest.Builder request(String key, String path) {
    return HttpRequest.newBuilder(gateway.url(path))
        .timeout(Duration.ofSeconds(60))
        .header("x-goog-api-key", key);
  }

  private HttpResponse<String> post(
      String key, String model, String method, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        request(key, "/v1beta/models/" + model + ":" + method)
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private UsageRow row() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> gateway.rows().size() == 1 && gateway.balance("ada").held().equals("0"));
    return gateway.rows().get(0);
  }

  private static Rating rating(String model) throws Exception {
    return RateCards.load(List.of(RateCards.Source.builtin()))
        .rating("gemini", "gemini", model, Instant.now());
  }

  private static long ceiling(long input, long output) throws Exception {
    return rating(VISIBLE).ceiling(input, output, null).nanos();
  }

  /** The one row agrees with the one bill to the nano-unit. */
  private UsageRow agrees() throws Exception {
    UsageRow row = row();
    Billed billed = provider.billed().get(0);
    assertThat(provider.billed()).hasSize(1);
    assertThat(row.usage()).isEqualTo(billed.usage());
    assertThat(row.usageSource()).isEqualTo(UsageSource.REPORTED);
    UsageReport report =
        new UsageReport(
            List.of(new UsageReport.Part(null, billed.usage())),
            billed.model(),
            billed.serviceTier(),
            false);
    assertThat(row.nanos()).isEqualTo(rating(billed.model()).charge(report).nanos());
    assertThat(Unit.USD.parse(gateway.balance("ada").used())).isEqualTo(row.nanos());
    assertThat(billed.key()).isEqualTo("provider-key");
    return row;
  }

  @ParameterizedTest
  @CsvSource({
    PLAIN + ", 0",
    EVENTS + ", 0",
    LIST + ", 0",
    PLAIN + ", 3",
    EVENTS + ", 1",
    LIST + ", 7"
  })
  void aCallIsRecordedAsTheProviderBillsIt(String method, String segment) throws Exception {
    String key = gateway();
    String body = body(900).replace("900", "900,\"candidateCount\":2");
    HttpResponse<String> answer =
        post(
            key,
            THINKER,
            method,
            body,
            "x-fake-output-tokens",
            "40",
            "x-fake-reasoning-tokens",
            "300",
            "x-fake-input-tokens",
            "1000",
            "x-fake-cache-read-tokens",
            "600",
            "x-fake-segment-bytes",
            segment);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("stipend-exchange-id")).isPresent();
    assertThat(answer.headers().firstValue("stipend-balance-remaining")).isPresent();
    UsageRow row = agrees();
    assertThat(row.usage()).isEqualTo(new TokenUsage(400, 600, 0, 0, 680, 600));
    assertThat(row.outcome()).isEqualTo("completed");
    assertThat(row.modelServed()).isEqualTo(THINKER);
    if (!method.equals(EVENTS)) {
      JsonNode json = JSON.readTree(answer.body());
      assertThat(json.isArray()).isEqualTo(method.equals(LIST));
      JsonNode last = json.isArray() ? json.get(json.size() - 1) : json;
      assertThat(last.at("/candidates/1/finishReason").asText()).isEqualTo("STOP");
      assertThat(last.at("/usageMetadata/thoughtsTokenCount").asLong()).isEqualTo(600);
    } else {
      assertThat(answer.body()).startsWith("data: {\"candidates\":").endsWith("}\r\n\r\n");
    }
  }

  @Test
  void aServedTierIsPricedAsItsOwn() throws Exception {
    String key = gateway("400", "", "");
    post(key, "gemini-2.5-flash", PLAIN, body(50), "x-fake-service-tier", "priority");
    assertThat(agrees().serviceTier()).isEqualTo("priority");
  }

  @Test
  void anAliasIsTheModelInThePathThatTheProviderGets() throws Exception {
    String key = gateway();
    assertThat(post(key, "fast", EVENTS, body(50)).statusCode()).isEqualTo(200);
    assertThat(provider.billed().get(0).path())
        .isEqualTo("/v1beta/models/gemini-2.0-flash:streamGenerateContent");
    assertThat(agrees().usage().output()).isEqualTo(50);
  }

  @Test
  void aDowngradeIsTheModelInThePathThatTheProviderGets() throws Exception {
    String terms =
        ", when_short: [downgrade, refuse], downgrade: { gemini-2.5-flash: gemini-2.0-flash-lite }";
    String key = gateway("0.001", terms, "");
    HttpResponse<String> answer = post(key, THINKER, PLAIN, body(1_000));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("stipend-model-downgraded"))
        .hasValue("gemini-2.5-flash -> gemini-2.0-flash-lite");
    assertThat(provider.billed().get(0).path())
        .isEqualTo("/v1beta/models/gemini-2.0-flash-lite:generateContent");
    agrees();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"contents\":[]}",
        "{\"contents\":[],\"generationConfig\":{\"maxOutputTokens\":8000}}",
        "{\"contents\":[],\"generation_config\":{\"temperature\":1}}"
      })
  void whatIsLeftLowersTheOutputCapThatTheProviderGets(String body) throws Exception {
    String key = gateway(Unit.USD.format(ceiling(60, 3_000)), "", "");
    HttpResponse<String> answer = post(key, VISIBLE, PLAIN, body, "x-fake-output-tokens", "20000");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    long cap = Long.parseLong(answer.headers().firstValue("stipend-output-cap").orElseThrow());
    assertThat(cap).isBetween(2_900L, 3_100L);
    if (!body.contains("_config")) {
      assertThat(provider.billed().get(0).usage().output()).isEqualTo(cap);
      agrees();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {EVENTS, LIST})
  void aStreamThatOutgrowsItsBudgetEndsNaturallyAndWithinTheBound(String method) throws Exception {
    String body = body(8_000);
    long budget = ceiling((body.length() + 2) / 3, 2 * STEP) + ceiling(0, 4) / 100;
    String key = gateway(Unit.USD.format(budget), "", "");
    HttpResponse<String> answer =
        post(
            key,
            VISIBLE,
            method,
            body,
            "x-fake-output-tokens",
            "8000",
            "x-fake-pace-micros",
            "500");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    String text = answer.body();
    JsonNode last;
    if (method.equals(LIST)) {
      JsonNode all = JSON.readTree(text);
      last = all.get(all.size() - 1);
    } else {
      last = JSON.readTree(text.substring(text.lastIndexOf("data: ") + 6));
    }
    assertThat(last.at("/candidates/0/finishReason").asText()).isEqualTo("MAX_TOKENS");
    assertThat(last.at("/usageMetadata/candidatesTokenCount").asLong()).isPositive();
    assertThat(text).doesNotContain("\"error\"");

    UsageRow row = row();
    assertThat(row.outcome()).isEqualTo("cut");
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    long step = ceiling(0, STEP);
    assertThat(row.nanos()).as("spent").isBetween(budget - step, budget + step);
    Awaitility.await().until(() -> provider.billed().get(0).end() != End.RUNNING);
    assertThat(provider.billed().get(0).end()).isEqualTo(End.CLIENT_GONE);
    assertThat(provider.billed().get(0).usage().output()).isLessThanOrEqualTo(row.usage().output());
    assertThat(post(key, VISIBLE, method, body).statusCode()).isEqualTo(429);
    assertThat(provider.requests()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {EVENTS, LIST})
  void aClientThatLeavesPaysForWhatWasGenerated(String method) throws Exception {
    String key = gateway("400", "", "client_gone: { time: 30s, bytes: 4MiB }");
    leave(key, method);
    UsageRow row = agrees();
    assertThat(row.outcome()).isEqualTo("client_gone");
    assertThat(provider.billed().get(0).end()).isEqualTo(End.COMPLETED);
  }

  @ParameterizedTest
  @ValueSource(strings = {EVENTS, LIST})
  void aClientThatLeavesIsCountedWhereItsStreamIsNotReadOn(String method) throws Exception {
    String key = gateway("400", "", "client_gone: { time: 1ms, bytes: 1 }");
    leave(key, method);
    UsageRow row = row();
    assertThat(row.outcome()).isEqualTo("client_gone");
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    Awaitility.await().until(() -> provider.billed().get(0).end() != End.RUNNING);
    assertThat(row.usage().output()).isBetween(provider.billed().get(0).usage().output(), 2_000L);
  }

  /** Reads a little of a stream of about three seconds, and leaves. */
  private void leave(String key, String method) throws Exception {
    HttpRequest request =
        request(key, "/v1beta/models/" + VISIBLE + ":" + method)
            .headers("x-fake-output-tokens", "1500", "x-fake-pace-micros", "2000")
            .POST(HttpRequest.BodyPublishers.ofString(body(2_000)))
            .build();
    HttpResponse<InputStream> answer = HTTP.send(request, BodyHandlers.ofInputStream());
    try (InputStream in = answer.body()) {
      assertThat(in.readNBytes(2_000)).hasSize(2_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {PLAIN, EVENTS, LIST})
  void anAnswerWithoutUsageIsCounted(String method) throws Exception {
    String key = gateway();
    HttpResponse<String> answer =
        post(
            key,
            VISIBLE,
            method,
            body(500),
            "x-fake-no-usage",
            "true",
            "x-fake-output-tokens",
            "200");
    assertThat(answer.body()).doesNotContain("usageMetadata", "\"error\"");
    UsageRow row = row();
    assertThat(row.outcome()).isEqualTo("completed");
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    assertThat(row.usage().output()).isBetween(200L, 500L);
  }

  @Test
  void anErrorOfTheProviderPassesAndCostsNothing() throws Exception {
    String key = gateway();
    HttpResponse<String> answer = post(key, VISIBLE, LIST, body(500), "x-fake-status", "503");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(JSON.readTree(answer.body()).at("/error/status").asText()).isEqualTo("UNAVAILABLE");
    assertThat(row().nanos()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {EVENTS, LIST})
  void aStreamThatBreaksEndsWithAnError(String method) throws Exception {
    String key = gateway();
    HttpResponse<String> answer =
        post(
            key,
            VISIBLE,
            method,
            body(500),
            "x-fake-reset-after",
            "3",
            "x-fake-pace-micros",
            "50000");
    String text = answer.body();
    // A reset may overtake what the provider sent just before it.
    JsonNode list = method.equals(LIST) ? JSON.readTree(text) : null;
    String last =
        list != null
            ? list.get(list.size() - 1).toString()
            : text.substring(text.lastIndexOf("data: ") + 6);
    assertThat(JSON.readTree(last).at("/error/code").asInt()).isEqualTo(502);
    assertThat(row().outcome()).isEqualTo("upstream_reset");
    assertThat(row().usage().output()).isGreaterThanOrEqualTo(3);
  }

  /** An end without a finish would be taken for an answer by every SDK. */
  @ParameterizedTest
  @ValueSource(strings = {EVENTS, LIST})
  void aStreamThatEndsWithoutAFinishEndsWithAnError(String method) throws Exception {
    String key = gateway();
    String text = post(key, VISIBLE, method, body(500), "x-fake-truncate-after", "3").body();
    String last =
        method.equals(LIST)
            ? JSON.readTree(text).get(3).toString()
            : text.substring(text.lastIndexOf("data: ") + 6);
    assertThat(JSON.readTree(last).at("/error/status").asText()).isEqualTo("UNAVAILABLE");
    UsageRow row = row();
    assertThat(row.outcome()).isEqualTo("upstream_truncated");
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    assertThat(row.usage().output()).isBetween(3L, 500L);
  }

  @Test
  void aCountIsFree() throws Exception {
    String key = gateway("0.000001", "", "");
    HttpResponse<String> answer =
        post(key, "fast", "countTokens", body(5), "x-fake-input-tokens", "33");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"totalTokens\":33}");
    assertThat(provider.billed()).isEmpty();
    assertThat(gateway.rows()).isEmpty();
  }

  @Test
  void anExhaustedBudgetAsksForMoreTimeThanAnAgentWaits() throws Exception {
    String key = gateway("0.000001", "", "");
    HttpResponse<String> answer = post(key, THINKER, EVENTS, body(500));
    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(answer.headers().firstValue("retry-after")).isEmpty();
    assertThat(answer.headers().firstValue("x-should-retry")).hasValue("false");
    JsonNode error = JSON.readTree(answer.body()).get("error");
    assertThat(error.path("code").asInt()).isEqualTo(429);
    assertThat(error.path("status").asText()).isEqualTo("RESOURCE_EXHAUSTED");
    assertThat(error.path("message").asText()).contains("person/ada", "resets at");
    assertThat(error.path("details")).hasSize(1);
    String delay = error.at("/details/0/retryDelay").asText();
    assertThat(error.at("/details/0/@type").asText()).endsWith("google.rpc.RetryInfo");
    assertThat(Long.parseLong(delay.substring(0, delay.length() - 1)))
        .isBetween(301L, Duration.ofDays(31).toSeconds() + 3_600);
    assertThat(provider.requests()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "gemini-9-ultra, generateContent, {}, 404, NOT_FOUND",
    "gemini-2.5-pro, generateContent, {}, 404, NOT_FOUND",
    "gpt-5, generateContent, {}, 404, NOT_FOUND",
    "gemini-2.5-flash, asyncBatchEmbedContent, {}, 404, NOT_FOUND",
    "gemini-2.5-flash, batchGenerateContent, {}, 404, NOT_FOUND",
    "gemini-2.5-flash, generateContent, [], 400, INVALID_ARGUMENT",
    "gemini-2.5-flash, generateContent, '{\"tools\":[{\"code_execution\":{}}]}', 400, INVALID_ARGUMENT",
    "gemini-2.5-flash, generateContent?key=abc, {}, 400, INVALID_ARGUMENT",
    "gemini-2.5-flash, generateContent?fields=candidates, {}, 400, INVALID_ARGUMENT",
    "gemini-2.5-flash%2F, generateContent, {}, 404, NOT_FOUND",
  })
  void whatIsNotServedIsRefusedInTheFormOfTheApi(
      String model, String method, String body, int status, String word) throws Exception {
    String key = gateway();
    HttpResponse<String> answer = post(key, model, method, body, "x-goog-api-client", "genai");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    JsonNode error = JSON.readTree(answer.body()).get("error");
    assertThat(error.path("code").asInt()).isEqualTo(status);
    assertThat(error.path("status").asText()).isEqualTo(word);
    assertThat(provider.requests()).isZero();
    assertThat(gateway.rows()).isEmpty();
  }

  @Test
  void aBadKeyIsABadArgumentAsAtTheProvider() throws Exception {
    gateway();
    HttpResponse<String> answer = post("nobody", THINKER, PLAIN, body(5));
    assertThat(answer.statusCode()).isEqualTo(400);
    JsonNode error = JSON.readTree(answer.body()).get("error");
    assertThat(error.path("status").asText()).isEqualTo("INVALID_ARGUMENT");
    assertThat(error.at("/details/0/reason").asText()).isEqualTo("API_KEY_INVALID");
    assertThat(provider.requests()).isZero();
  }

  @Test
  void aPinnedStatusHoldsForTheDialect() throws Exception {
    String key = gateway("0.000001", "", "refusals: { gemini: 403 }");
    HttpResponse<String> answer = post(key, THINKER, PLAIN, body(5));
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(JSON.readTree(answer.body()).at("/error/code").asInt()).isEqualTo(403);
  }

  @Test
  void theModelsThatCanBeAskedForAreListed() throws Exception {
    String key = gateway();
    for (String path : List.of("/v1beta/models", "/v1alpha/models?pageSize=50", "/v1/models")) {
      HttpRequest get = request(key, path).header("x-goog-api-client", "genai").GET().build();
      HttpResponse<String> answer = HTTP.send(get, BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      JsonNode models = JSON.readTree(answer.body()).get("models");
      assertThat(models.findValuesAsText("name"))
          .contains("models/gemini-2.5-flash", "models/gemini-2.0-flash", "models/fast")
          .doesNotContain("models/gpt-5");
      assertThat(models.at("/0/supportedGenerationMethods/0").asText())
          .isEqualTo("generateContent");
    }
    HttpResponse<String> openAi =
        HTTP.send(request(key, "/v1/models").GET().build(), BodyHandlers.ofString());
    assertThat(JSON.readTree(openAi.body()).path("object").asText()).isEqualTo("list");
  }
}
