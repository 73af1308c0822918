package io.stipend.gateway.e2e;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.stipend.gateway.testing.TestGateway;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A budget ends streams in the middle of whatever they are writing; the official SDKs read a clean
 * end for the answer's length.
 */
class CutSdkTest {
  /** The cut comes within this many deltas of forty bytes: the budget covers about half. */
  private static final int DELTAS = 400;

  private static final String WORDS = "the same forty bytes over and over again";

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
              openai: { url: "%1$s", key: "provider-key" }
              anthropic: { url: "%1$s", key: "provider-key" }
            rate_cards: [builtin]
            allowances:
              small: { amount: 2600 tokens, every: year }
            people: { ada: { allowance: small } }
            """
                .formatted(provider.baseUrl()));
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.stop();
  }

  private void streams(String events) {
    provider.stubFor(
        post(anyUrl())
            .willReturn(
                aResponse()
                    .withHeader("content-type", "text/event-stream")
                    .withChunkedDribbleDelay(50, 500)
                    .withBody(events)));
  }

  private void wasCut() {
    Awaitility.await().until(() -> gateway.rows().size() == 1);
    assertThat(gateway.rows().get(0).outcome()).isEqualTo("cut");
    assertThat(gateway.verify().problems()).isEmpty();
  }

  private static String event(String type, String fields) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + fields + "}\n\n";
  }

  /** A message with a finished block of text and this block, which never ends. */
  private static String message(String block, String delta) {
    StringBuilder events = new StringBuilder();
    events.append(
        event(
            "message_start",
            ",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","
                + "\"model\":\"claude-haiku-4-5\",\"content\":[],\"stop_reason\":null,"
                + "\"stop_sequence\":null,\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}"));
    events.append(
        event(
            "content_block_start",
            ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
    events.append(
        event(
            "content_block_delta",
            ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"First\"}"));
    events.append(event("content_block_stop", ",\"index\":0"));
    events.append(event("content_block_start", ",\"index\":1,\"content_block\":" + block));
    for (int i = 0; i < DELTAS; i++) {
      events.append(event("content_block_delta", ",\"index\":1,\"delta\":" + delta));
    }
    return events.toString();
  }

  private Message read(List<RawMessageStreamEvent> events) {
    AnthropicClient client =
        AnthropicOkHttpClient.builder()
            .baseUrl(gateway.url())
            .apiKey(gateway.key("ada"))
            .maxRetries(0)
            .build();
    MessageAccumulator whole = MessageAccumulator.create();
    MessageCreateParams params =
        MessageCreateParams.builder()
            .model("claude-haiku-4-5")
            .maxTokens(16_000)
            .addUserMessage("Go on.")
            .build();
    try (var stream = client.messages().createStreaming(params)) {
      stream.stream().map(whole::accumulate).forEach(events::add);
    }
    return whole.message();
  }

  private void endsForItsLength(List<RawMessageStreamEvent> events) {
    int last = events.size() - 1;
    assertThat(events.get(last).isMessageStop()).isTrue();
    assertThat(events.get(last - 1).asMessageDelta().delta().stopReason())
        .hasValue(StopReason.MAX_TOKENS);
    assertThat(events.get(last - 2).asContentBlockStop().index()).isEqualTo(1);
    assertThat(events.size()).isLessThan(DELTAS);
    wasCut();
  }

  @Test
  void aMessageThatIsCutWhileItWritesText() {
    streams(
        message(
            "{\"type\":\"text\",\"text\":\"\"}",
            "{\"type\":\"text_delta\",\"text\":\"" + WORDS + "\"}"));
    List<RawMessageStreamEvent> events = new ArrayList<>();
    Message message = read(events);
    assertThat(message.stopReason()).hasValue(StopReason.MAX_TOKENS);
    assertThat(message.content().get(1).asText().text()).startsWith(WORDS + WORDS);
    endsForItsLength(events);
  }

  @Test
  void aMessageThatIsCutWhileItThinks() {
    streams(
        message(
            "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}",
            "{\"type\":\"thinking_delta\",\"thinking\":\"" + WORDS + "\"}"));
    List<RawMessageStreamEvent> events = new ArrayList<>();
    Message message = read(events);
    assertThat(message.stopReason()).hasValue(StopReason.MAX_TOKENS);
    assertThat(message.content().get(1).asThinking().thinking()).startsWith(WORDS);
    endsForItsLength(events);
  }

  @Test
  void aMessageThatIsCutWhileItWritesTheInputOfATool() {
    streams(
        message(
            "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"write\",\"input\":{}}",
            "{\"type\":\"input_json_delta\",\"partial_json\":\"[\\\"" + WORDS + "\\\",\"}"));
    List<RawMessageStreamEvent> events = new ArrayList<>();
    // Half an input is no JSON: the SDK's own accumulator leaves it to its caller, as it does when
    // the provider itself stops there. The events are what is promised.
    AnthropicClient client =
        AnthropicOkHttpClient.builder()
            .baseUrl(gateway.url())
            .apiKey(gateway.key("ada"))
            .maxRetries(0)
            .build();
    MessageCreateParams params =
        MessageCreateParams.builder()
            .model("claude-haiku-4-5")
            .maxTokens(16_000)
            .addUserMessage("Go on.")
            .build();
    try (var stream = client.messages().createStreaming(params)) {
      stream.stream().forEach(events::add);
    }
    endsForItsLength(events);
  }

  private static String chunk(String choices) {
    return "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,"
        + "\"model\":\"gpt-4o-mini\",\"choices\":["
        + choices
        + "],\"usage\":null}\n\n";
  }

  private static String choice(int index, String delta, String finish) {
    return "{\"index\":"
        + index
        + ",\"delta\":"
        + delta
        + ",\"logprobs\":{\"content\":[{\"token\":\"a\",\"logprob\":-0.1,\"bytes\":[97],"
        + "\"top_logprobs\":[]}],\"refusal\":null},\"finish_reason\":"
        + finish
        + "}";
  }

  private ChatCompletion read(int choices) {
    OpenAIClient client =
        OpenAIOkHttpClient.builder()
            .baseUrl(gateway.url() + "/v1")
            .apiKey(gateway.key("ada"))
            .maxRetries(0)
            .build();
    ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
    ChatCompletionCreateParams params =
        ChatCompletionCreateParams.builder()
            .model("gpt-4o-mini")
            .n(choices)
            .logprobs(true)
            .maxCompletionTokens(16_000 / choices)
            .addUserMessage("Go on.")
            .build();
    try (var stream = client.chat().completions().createStreaming(params)) {
      for (ChatCompletionChunk c : (Iterable<ChatCompletionChunk>) stream.stream()::iterator) {
        whole.accumulate(c);
      }
    }
    return whole.chatCompletion();
  }

  @Test
  void aChatOfSeveralChoicesOfWhichOneHasEnded() {
    StringBuilder events = new StringBuilder();
    events.append(chunk(choice(0, "{\"role\":\"assistant\",\"content\":\"Short\"}", "null")));
    events.append(chunk(choice(1, "{\"role\":\"assistant\",\"content\":\"Long\"}", "null")));
    events.append(chunk(choice(0, "{}", "\"stop\"")));
    for (int i = 0; i < DELTAS; i++) {
      events.append(chunk(choice(1, "{\"content\":\"" + WORDS + "\"}", "null")));
    }
    streams(events.toString());
    ChatCompletion chat = read(2);
    assertThat(chat.choices()).hasSize(2);
    assertThat(chat.choices().get(0).finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    assertThat(chat.choices().get(1).finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
    assertThat(chat.choices().get(1).message().content().orElseThrow()).startsWith("Long" + WORDS);
    wasCut();
  }

  @Test
  void aChatThatIsCutWhileItWritesTheArgumentsOfATool() {
    StringBuilder events = new StringBuilder();
    events.append(
        chunk(
            choice(
                0,
                "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,"
                    + "\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"write\","
                    + "\"arguments\":\"\"}}]}",
                "null")));
    for (int i = 0; i < DELTAS; i++) {
      events.append(
          chunk(
              choice(
                  0,
                  "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"" + WORDS + "\"}}]}",
                  "null")));
    }
    streams(events.toString());
    ChatCompletion chat = read(1);
    assertThat(chat.choices().get(0).finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
    assertThat(
            chat.choices()
                .get(0)
                .message()
                .toolCalls()
                .orElseThrow()
                .get(0)
                .asFunction()
                .function()
                .arguments())
        .startsWith(WORDS);
    wasCut();
  }
}
