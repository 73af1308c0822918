package io.stipend.gateway.e2e;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The official SDK talks to a running gateway; WireMock stands in for the provider. */
class OpenAiSdkTest {
  private static final String ANSWER =
      """
      {"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"gpt-4o-mini-2024-07-18",
       "choices":[{"index":0,"message":{"role":"assistant","content":"Grüße 👋","refusal":null},"logprobs":null,"finish_reason":"stop"}],
       "usage":{"prompt_tokens":1200,"completion_tokens":34,"total_tokens":1234,
         "prompt_tokens_details":{"cached_tokens":1024,"audio_tokens":0},
         "completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},
       "service_tier":"default","system_fingerprint":"fp_1"}
      """;

  private static final String STREAM =
      """
      data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1790000000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}],"usage":null}

      data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1790000000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"content":"lo ü"},"finish_reason":null}],"usage":null}

      data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1790000000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

      data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1790000000,"model":"gpt-4o-mini-2024-07-18","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}

      data: [DONE]

      """;

  private final WireMockServer provider =
      new WireMockServer(WireMockConfiguration.options().dynamicPort());
  private TestGateway gateway;

  @BeforeEach
  void start() {
    provider.start();
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "%s", key: "provider-key" }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini"] }
            allowances:
              engineer: { amount: 400 USD, every: month }
              broke: { amount: 0.000001 USD, every: month }
            people:
              ada: { allowance: engineer }
              bob: { allowance: broke }
            """
                .formatted(provider.baseUrl()));
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.stop();
  }

  private OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder().baseUrl(gateway.url() + "/v1").apiKey(key).build();
  }

  private static ChatCompletionCreateParams.Builder call() {
    return ChatCompletionCreateParams.builder()
        .model("gpt-4o-mini")
        .maxCompletionTokens(200)
        .addUserMessage("Say hello.");
  }

  private UsageRow onlyRow() {
    Awaitility.await().until(() -> gateway.rows().size() == 1);
    return gateway.rows().get(0);
  }

  @Test
  void aPlainCallIsAnsweredAndEntersTheLedgerWithTheProvidersNumbers() {
    provider.stubFor(
        post(urlEqualTo("/v1/chat/completions"))
            .willReturn(
                aResponse()
                    .withHeader("content-type", "application/json")
                    .withHeader("x-request-id", "req_provider_1")
                    .withHeader("openai-organization", "org-secret")
                    .withHeader(
                        "content-length",
                        String.valueOf(ANSWER.getBytes(StandardCharsets.UTF_8).length))
                    .withBody(ANSWER)));
    ChatCompletion answer;
    try (var response =
        client(gateway.key("ada")).chat().completions().withRawResponse().create(call().build())) {
      assertThat(response.headers().values("stipend-exchange-id")).hasSize(1);
      assertThat(response.headers().values("openai-organization")).isEmpty();
      assertThat(response.headers().values("content-length"))
          .containsExactly(String.valueOf(ANSWER.getBytes(StandardCharsets.UTF_8).length));
      answer = response.parse();
    }
    assertThat(answer.choices().get(0).message().content()).contains("Grüße 👋");
    assertThat(answer.usage().orElseThrow().promptTokens()).isEqualTo(1_200);

    UsageRow row = onlyRow();
    assertThat(row.usage()).isEqualTo(new TokenUsage(176, 1_024, 0, 0, 34, 5));
    assertThat(row.usageSource()).isEqualTo(UsageSource.REPORTED);
    // gpt-4o-mini: 0.15, 0.075 cached and 0.60 USD per million tokens.
    assertThat(row.nanos()).isEqualTo(176 * 150 + 1_024 * 75 + 34 * 600);
    assertThat(row.providerRequestId()).isEqualTo("req_provider_1");
    assertThat(row.modelServed()).isEqualTo("gpt-4o-mini-2024-07-18");
    assertThat(row.outcome()).isEqualTo("completed");
    provider.verify(
        1,
        postRequestedFor(urlEqualTo("/v1/chat/completions"))
            .withHeader("authorization", WireMock.equalTo("Bearer provider-key")));
    Awaitility.await()
        .untilAsserted(() -> assertThat(gateway.balance("ada").used()).isEqualTo("0.0001236"));
  }

  @Test
  void aStreamIsReadToItsEndAndItsUsageHiddenFromAClientThatDidNotAsk() {
    provider.stubFor(
        post(anyUrl())
            .willReturn(
                aResponse().withHeader("content-type", "text/event-stream").withBody(STREAM)));
    StringBuilder text = new StringBuilder();
    int chunks = 0;
    try (StreamResponse<ChatCompletionChunk> stream =
        client(gateway.key("ada")).chat().completions().createStreaming(call().build())) {
      for (ChatCompletionChunk chunk : (Iterable<ChatCompletionChunk>) stream.stream()::iterator) {
        chunks++;
        assertThat(chunk.choices()).isNotEmpty();
        chunk.choices().get(0).delta().content().ifPresent(text::append);
      }
    }
    assertThat(text).hasToString("Hello ü");
    assertThat(chunks).isEqualTo(3);
    assertThat(onlyRow().usage()).isEqualTo(TokenUsage.of(9, 3));
    provider.verify(
        postRequestedFor(anyUrl())
            .withRequestBody(
                WireMock.matchingJsonPath("$.stream_options[?(@.include_usage == true)]")));
  }

  @Test
  void aStreamWhoseClientAskedForUsageCarriesIt() {
    provider.stubFor(
        post(anyUrl())
            .willReturn(
                aResponse().withHeader("content-type", "text/event-stream").withBody(STREAM)));
    long prompt = 0;
    try (StreamResponse<ChatCompletionChunk> stream =
        client(gateway.key("ada"))
            .chat()
            .completions()
            .createStreaming(
                call()
                    .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
                    .build())) {
      for (ChatCompletionChunk chunk : (Iterable<ChatCompletionChunk>) stream.stream()::iterator) {
        prompt += chunk.usage().map(u -> u.promptTokens()).orElse(0L);
      }
    }
    assertThat(prompt).isEqualTo(9);
    assertThat(onlyRow().usage()).isEqualTo(TokenUsage.of(9, 3));
  }

  @Test
  void anExhaustedBudgetIsTheSdksOwnExceptionAfterExactlyOneRequest() {
    RateLimitException refusal =
        catchThrowableOfType(
            RateLimitException.class,
            () -> client(gateway.key("bob")).chat().completions().create(call().build()));
    assertThat(refusal.statusCode()).isEqualTo(429);
    assertThat(refusal.code()).contains("insufficient_quota");
    assertThat(refusal.getMessage()).contains("person/bob").contains("resets");
    assertThat(refusal.headers().values("x-should-retry")).containsExactly("false");
    assertThat(refusal.headers().values("retry-after")).isEmpty();
    assertThat(refused("bob")).isEqualTo(1);
    provider.verify(0, postRequestedFor(anyUrl()));
    assertThat(gateway.rows()).isEmpty();
  }

  /** Refusals of a person as the gateway counted them: one for each request that it got. */
  private long refused(String person) {
    return gateway.refusals(person);
  }

  @Test
  void anUnknownModelAndABadKeyAreTheSdksOwnExceptionsToo() {
    OpenAIClient ada = client(gateway.key("ada"));
    NotFoundException unknown =
        catchThrowableOfType(
            NotFoundException.class,
            () -> ada.chat().completions().create(call().model("gpt-9-turbo").build()));
    assertThat(unknown.code()).contains("model_not_found");
    assertThat(gateway.refusals("ada")).isEqualTo(1);
    UnauthorizedException bad =
        catchThrowableOfType(
            UnauthorizedException.class,
            () -> client("sk-wrong").chat().completions().create(call().build()));
    assertThat(bad.statusCode()).isEqualTo(401);
    provider.verify(0, postRequestedFor(anyUrl()));
  }

  @Test
  void theModelsThatTheCallerMayUseAreListed() {
    List<String> models =
        client(gateway.key("ada")).models().list().data().stream().map(m -> m.id()).toList();
    assertThat(models).containsExactly("gpt-4o-mini");
  }
}
