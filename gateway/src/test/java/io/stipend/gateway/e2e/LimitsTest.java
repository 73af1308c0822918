package io.stipend.gateway.e2e;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Limits over a running gateway, as programs and the official SDKs meet them. */
class LimitsTest {
  private static final int USED = 1_234;
  private static final int SLOW_MILLIS = 800;

  private static final WireMockServer provider =
      new WireMockServer(WireMockConfiguration.options().dynamicPort());
  private static TestGateway gateway;

  /** Most limits are those of each key: a new key has used none. */
  @BeforeAll
  static void start() {
    provider.start();
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: UTC, currency: USD }
            providers:
              openai: { url: "%1$s", key: "provider-key" }
              anthropic: { url: "%1$s", key: "provider-key" }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini", "claude-haiku-4-5"] }
            allowances:
              engineer: { amount: 400 USD, every: month }
              broke: { amount: 0.000001 USD, every: month }
            people:
              ada: { allowance: engineer, limits: { per_key: { requests_per_minute: 2 } } }
              bob: { allowance: broke, limits: { per_key: { tokens_per_minute: 100 } } }
              cy: { allowance: engineer, limits: { concurrent: 1 } }
              dee: { allowance: engineer, limits: { per_key: { tokens_per_minute: 10000 } } }
              fay: { allowance: engineer, limits: { models: { "gpt-*": { requests_per_minute: 2 } } } }
              eve: { allowance: engineer }
            """
                .formatted(provider.baseUrl()));
  }

  @AfterAll
  static void stop() {
    gateway.close();
    provider.stop();
  }

  @BeforeEach
  void forget() {
    provider.resetAll();
  }

  private void answers(Api api, int delayMillis) {
    provider.stubFor(
        post(anyUrl())
            .willReturn(
                aResponse()
                    .withFixedDelay(delayMillis)
                    .withHeader("content-type", "application/json")
                    .withHeader("x-ratelimit-limit-requests", "777")
                    .withHeader("x-ratelimit-remaining-tokens", "778")
                    .withHeader("anthropic-ratelimit-requests-limit", "777")
                    .withHeader("anthropic-ratelimit-tokens-remaining", "778")
                    .withHeader("anthropic-ratelimit-input-tokens-remaining", "779")
                    .withBody(answer(api))));
  }

  private static String answer(Api api) {
    return api == Api.CHAT
        ? """
          {"id":"c1","object":"chat.completion","created":1790000000,"model":"gpt-4o-mini",
           "choices":[{"index":0,"message":{"role":"assistant","content":"Yes","refusal":null},"logprobs":null,"finish_reason":"stop"}],
           "usage":{"prompt_tokens":1200,"completion_tokens":34,"total_tokens":1234}}
          """
        : """
          {"id":"m1","type":"message","role":"assistant","model":"claude-haiku-4-5",
           "content":[{"type":"text","text":"Yes","citations":null}],"stop_reason":"end_turn","stop_sequence":null,
           "usage":{"input_tokens":1200,"output_tokens":34}}
          """;
  }

  private HttpResponse<String> send(Api api, String key) throws Exception {
    return api.post(gateway, key, api.body(false, 16));
  }

  private static String header(Api api, String what, String kind) {
    return api == Api.CHAT
        ? "x-ratelimit-" + what + "-" + kind
        : "anthropic-ratelimit-" + kind + "-" + what;
  }

  private static String value(HttpHeaders headers, String name) {
    return headers.firstValue(name).orElse(null);
  }

  @ParameterizedTest
  @EnumSource(
      value = Api.class,
      names = {"CHAT", "MESSAGES"})
  void answersAndRefusalsShowOurLimitInTheVendorsHeaders(Api api) throws Exception {
    answers(api, 0);
    String ada = gateway.key("ada");
    String limit = header(api, "limit", "requests");
    String remaining = header(api, "remaining", "requests");
    for (int left = 1; left >= 0; left--) {
      HttpResponse<String> answer = send(api, ada);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().allValues(limit)).containsExactly("2");
      assertThat(answer.headers().allValues(remaining)).containsExactly("" + left);
      assertThat(secondsToReset(api, answer.headers())).isBetween(58L, 61L);
      assertThat(value(answer.headers(), header(api, "remaining", "tokens")))
          .as("the provider's, of a kind that is not limited here")
          .isEqualTo("778");
    }
    HttpResponse<String> refusal = send(api, ada);
    assertThat(refusal.statusCode()).isEqualTo(429);
    assertThat(value(refusal.headers(), limit)).isEqualTo("2");
    assertThat(value(refusal.headers(), remaining)).isEqualTo("0");
    assertThat(secondsToReset(api, refusal.headers())).isBetween(50L, 61L);
    assertThat(Long.parseLong(value(refusal.headers(), "retry-after"))).isBetween(50L, 60L);
    assertThat(refusal.headers().map()).doesNotContainKeys("x-should-retry");
    assertThat(refusal.body()).contains(" of person/ada may send 2 requests per minute");
    provider.verify(2, postRequestedFor(anyUrl()));
  }

  private static long secondsToReset(Api api, HttpHeaders headers) {
    String reset = value(headers, header(api, "reset", "requests"));
    return api == Api.CHAT
        ? Long.parseLong(reset.substring(0, reset.indexOf('s')))
        : Duration.between(Instant.now(), Instant.parse(reset)).toSeconds() + 1;
  }

  @ParameterizedTest
  @EnumSource(
      value = Api.class,
      names = {"CHAT", "MESSAGES"})
  void whereNoLimitOfOursBindsTheProvidersHeadersPass(Api api) throws Exception {
    answers(api, 0);
    HttpResponse<String> answer = send(api, gateway.key("eve"));
    assertThat(value(answer.headers(), header(api, "limit", "requests"))).isEqualTo("777");
    assertThat(value(answer.headers(), header(api, "remaining", "tokens"))).isEqualTo("778");
  }

  @ParameterizedTest
  @EnumSource(
      value = Api.class,
      names = {"CHAT", "MESSAGES"})
  void theTokensThatAreTakenAreThoseThatTheProviderReportsOnceItDoes(Api api) throws Exception {
    answers(api, 0);
    String dee = gateway.key("dee");
    HttpResponse<String> answer = send(api, dee);
    String remaining = header(api, "remaining", "tokens");
    assertThat(Long.parseLong(value(answer.headers(), remaining))).isBetween(9_900L, 9_980L);
    assertThat(value(answer.headers(), header(api, "limit", "tokens"))).isEqualTo("10000");
    assertThat(value(answer.headers(), header(api, "limit", "requests"))).isEqualTo("777");
    assertThat(value(answer.headers(), "anthropic-ratelimit-input-tokens-remaining"))
        .isEqualTo("779");

    // Too large for a whole minute: it takes nothing, and shows what is left.
    String large = api.body(api.model, false, 16, "\"x\":\"" + "word ".repeat(7_000) + "\",");
    Awaitility.await()
        .until(
            () -> value(api.post(gateway, dee, large).headers(), remaining),
            left -> left.equals("" + (10_000 - USED)));
    HttpResponse<String> refusal = api.post(gateway, dee, large);
    assertThat(refusal.statusCode()).isEqualTo(429);
    assertThat(refusal.body()).contains("it must be smaller");
  }

  @ParameterizedTest
  @EnumSource(
      value = Api.class,
      names = {"CHAT", "MESSAGES"})
  void whatABudgetRefusesGivesItsTokensBack(Api api) throws Exception {
    String bob = gateway.key("bob");
    for (int i = 0; i < 10; i++) {
      assertThat(send(api, bob).statusCode()).isEqualTo(402);
    }
    provider.verify(0, postRequestedFor(anyUrl()));
  }

  @Test
  void anEditedLimitHoldsWithoutARestartAndKnowsWhatWasUsed() throws Exception {
    answers(Api.CHAT, 0);
    String fay = gateway.key("fay");
    assertThat(send(Api.CHAT, fay).statusCode()).isEqualTo(200);
    assertThat(send(Api.CHAT, fay).statusCode()).isEqualTo(200);
    assertThat(send(Api.CHAT, fay).statusCode()).isEqualTo(429);
    Path next = gateway.quotaFile().resolveSibling("next.yaml");
    Files.writeString(
        next,
        Files.readString(gateway.quotaFile())
            .replace("{ requests_per_minute: 2 } } } }", "{ requests_per_minute: 3 } } } }"));
    Files.move(next, gateway.quotaFile(), StandardCopyOption.REPLACE_EXISTING);
    Awaitility.await()
        .atMost(Duration.ofSeconds(15))
        .until(() -> send(Api.CHAT, fay).statusCode() == 200);
    assertThat(send(Api.CHAT, fay).statusCode()).isEqualTo(429);
    provider.verify(3, postRequestedFor(anyUrl()));
  }

  @Test
  void theOpenAiSdkWaitsAsLongAsItIsToldAndThenSucceeds() throws Exception {
    answers(Api.CHAT, SLOW_MILLIS);
    var client =
        OpenAIOkHttpClient.builder()
            .baseUrl(gateway.url() + "/v1")
            .apiKey(gateway.key("cy"))
            .build();
    var call =
        ChatCompletionCreateParams.builder()
            .model("gpt-4o-mini")
            .maxCompletionTokens(16)
            .addUserMessage("Hello")
            .build();
    retried(() -> client.chat().completions().create(call).choices().get(0).message().content());
  }

  @Test
  void theAnthropicSdkWaitsAsLongAsItIsToldAndThenSucceeds() throws Exception {
    answers(Api.MESSAGES, SLOW_MILLIS);
    var client =
        AnthropicOkHttpClient.builder().baseUrl(gateway.url()).apiKey(gateway.key("cy")).build();
    var call =
        MessageCreateParams.builder()
            .model("claude-haiku-4-5")
            .maxTokens(16)
            .addUserMessage("Hello")
            .build();
    retried(() -> client.messages().create(call).content().get(0).text().map(t -> t.text()));
  }

  /** One call holds the only place; another is refused meanwhile, waits a second and passes. */
  private void retried(Supplier<Object> call) throws Exception {
    long refusals = gateway.refusals("cy");
    CompletableFuture<Object> first = CompletableFuture.supplyAsync(call);
    Awaitility.await().until(() -> provider.getAllServeEvents().size() == 1 || first.isDone());
    long before = System.nanoTime();
    assertThat(call.get()).hasToString("Optional[Yes]");
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(Duration.ofSeconds(1));
    assertThat(first.get()).hasToString("Optional[Yes]");
    assertThat(gateway.refusals("cy") - refusals).as("times it had to wait").isBetween(1L, 2L);
    provider.verify(2, postRequestedFor(anyUrl()));
  }

  @Test
  void anSdkThatDoesNotRetryThrowsItsRateLimitErrorWithTheHeaders() throws Exception {
    answers(Api.CHAT, 0);
    String ada = gateway.key("ada");
    send(Api.CHAT, ada);
    send(Api.CHAT, ada);
    var client =
        OpenAIOkHttpClient.builder()
            .baseUrl(gateway.url() + "/v1")
            .apiKey(ada)
            .maxRetries(0)
            .build();
    var call =
        ChatCompletionCreateParams.builder().model("gpt-4o-mini").addUserMessage("Hello").build();
    RateLimitException error =
        catchThrowableOfType(
            RateLimitException.class, () -> client.chat().completions().create(call));
    assertThat(error.code()).contains("rate_limit_exceeded");
    assertThat(error.type()).contains("requests");
    assertThat(error.headers().values("x-ratelimit-remaining-requests")).containsExactly("0");
  }
}
