package io.stipend.gateway.demo;

import static io.stipend.gateway.demo.FakeClient.CHAT;
import static io.stipend.gateway.demo.FakeClient.MESSAGES;
import static io.stipend.gateway.demo.FakeClient.data;
import static io.stipend.gateway.demo.FakeClient.json;
import static io.stipend.gateway.demo.FakeClient.names;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.metering.TokenUsage;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FakeProviderTest {
  private static final String HELLO =
      "\"messages\":[{\"role\":\"user\",\"content\":\"Hello you\"}]";

  private static FakeProvider provider;
  private static FakeClient client;

  @BeforeAll
  static void start() {
    provider = FakeProvider.start(0);
    client = new FakeClient(provider);
  }

  @AfterAll
  static void stop() {
    provider.close();
  }

  private static String chat(String more) {
    return "{\"model\":\"gpt-5\"," + HELLO + more + "}";
  }

  private static String messages(String more) {
    return "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":1000," + HELLO + more + "}";
  }

  private static FakeProvider.Billed billed(HttpResponse<?> response) {
    String id = response.headers().firstValue("x-request-id").orElseThrow();
    return provider.billed().stream()
        .filter(b -> b.requestId().equals(id))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aChatAnswerSaysItsUsageAsTheTallyBillsIt() throws Exception {
    HttpResponse<String> response =
        client.post(
            CHAT,
            chat(""),
            "x-fake-output-tokens",
            "7",
            "x-fake-reasoning-tokens",
            "5",
            "x-fake-input-tokens",
            "100",
            "x-fake-cache-read-tokens",
            "60",
            "x-fake-cache-write-5m-tokens",
            "10");
    JsonNode answer = json(response.body());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(answer.at("/object").asText()).isEqualTo("chat.completion");
    assertThat(answer.at("/choices/0/message/content").asText())
        .isEqualTo("The team can see what each call");
    assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(answer.at("/service_tier").asText()).isEqualTo("default");
    JsonNode usage = answer.path("usage");
    assertThat(usage.path("prompt_tokens").asLong()).isEqualTo(100);
    assertThat(usage.path("completion_tokens").asLong()).isEqualTo(12);
    assertThat(usage.path("total_tokens").asLong()).isEqualTo(112);
    assertThat(usage.at("/prompt_tokens_details/cached_tokens").asLong()).isEqualTo(60);
    assertThat(usage.at("/prompt_tokens_details/cache_write_tokens").asLong()).isEqualTo(10);
    assertThat(usage.at("/completion_tokens_details/reasoning_tokens").asLong()).isEqualTo(5);
    FakeProvider.Billed row = billed(response);
    assertThat(row.usage()).isEqualTo(new TokenUsage(30, 60, 10, 0, 12, 5));
    assertThat(row.end()).isEqualTo(End.COMPLETED);
    assertThat(row.key()).isEqualTo("key-1");
    assertThat(row.streamed()).isFalse();
    assertThat(row.model()).isEqualTo("gpt-5");
  }

  @Test
  void aChatStreamEndsWithUsageOnlyWhereItWasAskedFor() throws Exception {
    String asked = ",\"stream\":true,\"stream_options\":{\"include_usage\":true}";
    HttpResponse<String> with = client.post(CHAT, chat(asked), "x-fake-output-tokens", "3");
    List<String> events = data(with.body());
    assertThat(with.headers().firstValue("content-type"))
        .hasValue("text/event-stream; charset=utf-8");
    assertThat(events).hasSize(1 + 3 + 1 + 1 + 1);
    assertThat(events.get(6)).isEqualTo("[DONE]");
    JsonNode last = json(events.get(5));
    assertThat(last.path("choices")).isEmpty();
    assertThat(last.at("/usage/completion_tokens").asLong()).isEqualTo(3);
    for (String event : events.subList(0, 5)) {
      assertThat(json(event).path("usage").isNull()).as(event).isTrue();
    }
    assertThat(json(events.get(0)).at("/choices/0/delta/role").asText()).isEqualTo("assistant");
    assertThat(json(events.get(4)).at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(billed(with).usage().output()).isEqualTo(3);

    HttpResponse<String> without =
        client.post(CHAT, chat(",\"stream\":true"), "x-fake-output-tokens", "3");
    assertThat(data(without.body())).hasSize(6);
    assertThat(without.body()).doesNotContain("usage");
    assertThat(billed(without).usage().output()).isEqualTo(3);
    assertThat(billed(without).end()).isEqualTo(End.COMPLETED);
  }

  @ParameterizedTest(name = "{0}: reasoning {1}, visible {2}, capped {3}")
  @CsvSource(
      delimiter = '|',
      value = {
        ",\"max_tokens\":8              | 5 | 3  | true",
        ",\"max_completion_tokens\":8   | 5 | 3  | true",
        ",\"max_completion_tokens\":4   | 4 | 0  | true",
        ",\"max_completion_tokens\":15  | 5 | 10 | false",
        ",\"max_completion_tokens\":null| 5 | 10 | false",
        "                               | 5 | 10 | false",
      })
  void theOutputCapHoldsForReasoningAndTextTogether(
      String more, long reasoning, long visible, boolean capped) throws Exception {
    HttpResponse<String> response =
        client.post(
            CHAT,
            chat(more == null ? "" : more),
            "x-fake-output-tokens",
            "10",
            "x-fake-reasoning-tokens",
            "5");
    assertThat(billed(response).usage().output()).isEqualTo(reasoning + visible);
    assertThat(billed(response).usage().reasoning()).isEqualTo(reasoning);
    assertThat(json(response.body()).at("/choices/0/finish_reason").asText())
        .isEqualTo(capped ? "length" : "stop");
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void everyChoiceIsBilled(boolean stream) throws Exception {
    String more = ",\"n\":3,\"max_completion_tokens\":4,\"stream\":" + stream;
    HttpResponse<String> response = client.post(CHAT, chat(more));
    assertThat(billed(response).usage().output()).isEqualTo(12);
    if (stream) {
      assertThat(data(response.body())).hasSize(3 + 12 + 3 + 1);
    } else {
      assertThat(json(response.body()).path("choices")).hasSize(3);
    }
  }

  @Test
  void aMessageSaysItsUsageAsTheTallyBillsIt() throws Exception {
    HttpResponse<String> response =
        client.post(
            MESSAGES,
            messages(""),
            "x-fake-output-tokens",
            "7",
            "x-fake-reasoning-tokens",
            "5",
            "x-fake-input-tokens",
            "100",
            "x-fake-cache-read-tokens",
            "60",
            "x-fake-cache-write-5m-tokens",
            "10",
            "x-fake-cache-write-1h-tokens",
            "20");
    JsonNode answer = json(response.body());
    assertThat(answer.at("/type").asText()).isEqualTo("message");
    assertThat(answer.at("/content/0/text").asText()).startsWith("The team");
    assertThat(answer.at("/stop_reason").asText()).isEqualTo("end_turn");
    JsonNode usage = answer.path("usage");
    assertThat(usage.path("input_tokens").asLong()).isEqualTo(10);
    assertThat(usage.path("cache_read_input_tokens").asLong()).isEqualTo(60);
    assertThat(usage.path("cache_creation_input_tokens").asLong()).isEqualTo(30);
    assertThat(usage.at("/cache_creation/ephemeral_5m_input_tokens").asLong()).isEqualTo(10);
    assertThat(usage.at("/cache_creation/ephemeral_1h_input_tokens").asLong()).isEqualTo(20);
    assertThat(usage.path("output_tokens").asLong()).isEqualTo(12);
    assertThat(usage.at("/output_tokens_details/thinking_tokens").asLong()).isEqualTo(5);
    assertThat(usage.path("service_tier").asText()).isEqualTo("standard");
    assertThat(billed(response).usage()).isEqualTo(new TokenUsage(10, 60, 30, 20, 12, 5));
    assertThat(response.headers().firstValue("request-id")).isPresent();
  }

  @Test
  void aMessageStreamNamesItsEventsAndSumsUpAtTheEnd() throws Exception {
    HttpResponse<String> response =
        client.post(
            MESSAGES,
            "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":2,\"stream\":true," + HELLO + "}",
            "x-fake-input-tokens",
            "50",
            "x-fake-cache-read-tokens",
            "40");
    assertThat(names(response.body()))
        .containsExactly(
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop");
    List<String> events = data(response.body());
    for (int i = 0; i < events.size(); i++) {
      assertThat(json(events.get(i)).path("type").asText())
          .isEqualTo(names(response.body()).get(i));
    }
    JsonNode start = json(events.get(0)).at("/message/usage");
    assertThat(start.path("input_tokens").asLong()).isEqualTo(10);
    assertThat(start.path("cache_read_input_tokens").asLong()).isEqualTo(40);
    assertThat(start.path("output_tokens").asLong()).isEqualTo(1);
    JsonNode delta = json(events.get(6));
    assertThat(delta.at("/delta/stop_reason").asText()).isEqualTo("max_tokens");
    assertThat(delta.at("/usage/output_tokens").asLong()).isEqualTo(2);
    assertThat(billed(response).usage()).isEqualTo(new TokenUsage(10, 40, 0, 0, 2, 0));
  }

  @Test
  void countingAndListingAreSeenButNotBilled() throws Exception {
    int rows = provider.billed().size();
    long requests = provider.requests();
    HttpResponse<String> count =
        client.post("/v1/messages/count_tokens", messages(""), "x-fake-input-tokens", "33");
    assertThat(count.body()).isEqualTo("{\"input_tokens\":33}");
    JsonNode chatModels = json(client.get("/v1/models").body());
    assertThat(chatModels.at("/data/0/object").asText()).isEqualTo("model");
    JsonNode models = json(client.get("/v1/models", "anthropic-version", "2023-06-01").body());
    assertThat(models.at("/data/0/type").asText()).isEqualTo("model");
    assertThat(client.get("/v1/files").statusCode()).isEqualTo(404);
    assertThat(provider.billed()).hasSize(rows);
    assertThat(provider.requests()).isEqualTo(requests + 4);
  }

  @ParameterizedTest(name = "{0}{1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "chat     | ,\"max_tokens\":0",
        "chat     | ,\"max_tokens\":-1",
        "chat     | ,\"max_tokens\":1e308",
        "chat     | ,\"max_tokens\":\"12\"",
        "chat     | ,\"max_tokens\":1.5",
        "chat     | ,\"max_tokens\":5,\"max_completion_tokens\":5",
        "chat     | ,\"stream_options\":{\"include_usage\":true}",
        "chat     | ,\"n\":0",
        "chat     | ,\"n\":129",
        "chat     | ,\"n\":\"2\"",
        "messages | ,\"max_tokens\":0",
        "messages | ,\"max_tokens\":null",
        "messages | ,\"model\":5",
        "messages | , no JSON",
      })
  void whatTheRealApisRefuseIsRefusedAndNotBilled(String api, String more) throws Exception {
    int rows = provider.billed().size();
    boolean chat = api.equals("chat");
    HttpResponse<String> response =
        client.post(chat ? CHAT : MESSAGES, chat ? chat(more) : messages(more));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response.body()).at("/error/type").asText()).isEqualTo("invalid_request_error");
    assertThat(json(response.body()).path("type").asText()).isEqualTo(chat ? "" : "error");
    assertThat(provider.billed()).hasSize(rows);
  }

  @Test
  void theTierIsTheOneThatWasAskedForOrScripted() throws Exception {
    HttpResponse<String> flex = client.post(CHAT, chat(",\"service_tier\":\"flex\""));
    assertThat(json(flex.body()).path("service_tier").asText()).isEqualTo("flex");
    assertThat(billed(flex).serviceTier()).isEqualTo("flex");
    HttpResponse<String> other =
        client.post(
            CHAT,
            chat(",\"service_tier\":\"auto\""),
            "x-fake-service-tier",
            "priority",
            "x-fake-model-served",
            "gpt-5-2026-08-01");
    assertThat(json(other.body()).path("service_tier").asText()).isEqualTo("priority");
    assertThat(json(other.body()).path("model").asText()).isEqualTo("gpt-5-2026-08-01");
  }

  @Test
  void inputIsCountedFromTheTextWhereItIsNotScripted() throws Exception {
    String longer = "{\"model\":\"gpt-5\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
    HttpResponse<String> response =
        client.post(CHAT, longer.formatted("word ".repeat(800)), "x-fake-output-tokens", "1");
    assertThat(billed(response).usage().input()).isEqualTo(1 + (4_000 + 4) / 4);
  }

  @Test
  void theTallyIsReadableFromOutside() throws Exception {
    client.post(CHAT, chat(""), "x-fake-output-tokens", "2");
    JsonNode tally = json(client.get("/fake/tally").body());
    assertThat(tally.path("requests").asLong()).isEqualTo(provider.requests());
    List<FakeProvider.Billed> rows = provider.billed();
    assertThat(tally.path("billed")).hasSize(rows.size());
    JsonNode last = tally.path("billed").get(rows.size() - 1);
    FakeProvider.Billed row = rows.get(rows.size() - 1);
    assertThat(last.path("request_id").asText()).isEqualTo(row.requestId());
    assertThat(last.path("end").asText()).isEqualTo("completed");
    assertThat(last.path("output").asLong()).isEqualTo(2);
    assertThat(last.path("input").asLong()).isEqualTo(row.usage().input());
  }
}
