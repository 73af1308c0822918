package io.stipend.gateway.e2e;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.ledger.UsageRow;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The official SDK talks to a running gateway; WireMock stands in for the provider. */
class AnthropicSdkTest {
  private static final String ANSWER =
      """
      {"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929",
       "content":[{"type":"text","text":"Grüße 👋","citations":null}],"stop_reason":"end_turn","stop_sequence":null,
       "usage":{"input_tokens":100,"cache_creation_input_tokens":30,"cache_read_input_tokens":500,
         "cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},
         "output_tokens":40,"service_tier":"standard"}}
      """;

  private static final String STREAM =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_2","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":5,"output_tokens":1}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      event: ping
      data: {"type":"ping"}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hällo"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":0}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":9}}

      event: message_stop
      data: {"type":"message_stop"}

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
              anthropic: { url: "%s", key: "provider-key" }
            rate_cards: [builtin]
            models: { allow: ["claude-sonnet-4-5*"] }
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

  private AnthropicClient client(String key) {
    return AnthropicOkHttpClient.builder().baseUrl(gateway.url()).apiKey(key).build();
  }

  private static MessageCreateParams.Builder call() {
    return MessageCreateParams.builder()
        .model("claude-sonnet-4-5")
        .maxTokens(200)
        .addUserMessage("Say hello.");
  }

  private UsageRow onlyRow() {
    Awaitility.await().until(() -> gateway.rows().size() == 1);
    return gateway.rows().get(0);
  }

  @Test
  void aPlainCallIsAnsweredAndEntersTheLedgerWithTheProvidersNumbers() {
    provider.stubFor(
        post(urlEqualTo("/v1/messages"))
            .willReturn(
                aResponse()
                    .withHeader("content-type", "application/json")
                    .withHeader("request-id", "req_provider_2")
                    .withBody(ANSWER)));
    Message answer = client(gateway.key("ada")).messages().create(call().build());
    assertThat(answer.content().get(0).asText().text()).isEqualTo("Grüße 👋");
    assertThat(answer.usage().inputTokens()).isEqualTo(100);

    UsageRow row = onlyRow();
    assertThat(row.usage()).isEqualTo(new TokenUsage(100, 500, 30, 20, 40, 0));
    // claude-sonnet-4-5: 3, 0.30 cached, 3.75 and 6 written, 15 USD per million tokens.
    assertThat(row.nanos())
        .isEqualTo(100 * 3_000 + 500 * 300 + 10 * 3_750 + 20 * 6_000 + 40 * 15_000);
    assertThat(row.providerRequestId()).isEqualTo("req_provider_2");
    assertThat(row.serviceTier()).isEqualTo("standard");
    provider.verify(
        1,
        postRequestedFor(urlEqualTo("/v1/messages"))
            .withHeader("x-api-key", equalTo("provider-key")));
  }

  @Test
  void aStreamIsReadToItsEnd() {
    provider.stubFor(
        post(anyUrl())
            .willReturn(
                aResponse().withHeader("content-type", "text/event-stream").withBody(STREAM)));
    StringBuilder text = new StringBuilder();
    try (StreamResponse<RawMessageStreamEvent> stream =
        client(gateway.key("ada")).messages().createStreaming(call().build())) {
      stream.stream()
          .flatMap(e -> e.contentBlockDelta().stream())
          .flatMap(d -> d.delta().text().stream())
          .forEach(t -> text.append(t.text()));
    }
    assertThat(text).hasToString("Hällo");
    assertThat(onlyRow().usage()).isEqualTo(new TokenUsage(7, 5, 0, 0, 9, 0));
  }

  @Test
  void anExhaustedBudgetIsTheSdksOwnExceptionAfterExactlyOneRequest() {
    AnthropicServiceException refusal =
        catchThrowableOfType(
            AnthropicServiceException.class,
            () -> client(gateway.key("bob")).messages().create(call().build()));
    assertThat(refusal.statusCode()).isEqualTo(402);
    assertThat(refusal.body().toString()).contains("billing_error").contains("person/bob");
    assertThat(refusal.headers().values("retry-after")).isEmpty();
    assertThat(gateway.refusals("bob")).isEqualTo(1);
    provider.verify(0, postRequestedFor(anyUrl()));
    assertThat(gateway.rows()).isEmpty();
  }

  @Test
  void anUnknownModelIsTheSdksOwnExceptionToo() {
    AnthropicClient ada = client(gateway.key("ada"));
    NotFoundException unknown =
        catchThrowableOfType(
            NotFoundException.class,
            () -> ada.messages().create(call().model("claude-nonesuch").build()));
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(gateway.refusals("ada")).isEqualTo(1);
    provider.verify(0, postRequestedFor(anyUrl()));
  }

  @Test
  void countingTokensPassesThroughAndCostsNothing() {
    provider.stubFor(
        post(urlPathEqualTo("/v1/messages/count_tokens"))
            .willReturn(
                aResponse()
                    .withHeader("content-type", "application/json")
                    .withBody("{\"input_tokens\":42}")));
    long tokens =
        client(gateway.key("bob"))
            .messages()
            .countTokens(
                MessageCountTokensParams.builder()
                    .model("claude-sonnet-4-5")
                    .addUserMessage("Say hello.")
                    .build())
            .inputTokens();
    assertThat(tokens).isEqualTo(42);
    assertThat(gateway.rows()).isEmpty();
  }

  @Test
  void theModelsThatTheCallerMayUseAreListed() {
    assertThat(client(gateway.key("ada")).models().list().data())
        .isNotEmpty()
        .allSatisfy(m -> assertThat(m.id()).startsWith("claude-sonnet-4-5"));
  }
}
