package io.stipend.gateway.demo;

import static io.stipend.gateway.demo.FakeClient.RESPONSES;
import static io.stipend.gateway.demo.FakeClient.data;
import static io.stipend.gateway.demo.FakeClient.json;
import static io.stipend.gateway.demo.FakeClient.names;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.metering.TokenUsage;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FakeResponsesTest {
  private static final String COMPACT = "/v1/responses/compact";
  private static final String COUNT = "/v1/responses/input_tokens";
  private static final String STREAM = ",\"stream\":true";

  /** A script with tokens of every kind. */
  private static final String[] EVERY_KIND = {
    "x-fake-output-tokens", "7",
    "x-fake-reasoning-tokens", "5",
    "x-fake-input-tokens", "100",
    "x-fake-cache-read-tokens", "60",
    "x-fake-cache-write-5m-tokens", "10"
  };

  private static final TokenUsage EVERY_KIND_USAGE = new TokenUsage(30, 60, 10, 0, 12, 5);

  private final FakeProvider provider = FakeProvider.start(0, 20, 0);
  private final FakeClient client = new FakeClient(provider);

  @AfterEach
  void stop() {
    provider.close();
  }

  private static String body(String more) {
    return "{\"model\":\"gpt-5\",\"input\":\"Hello you\"" + more + "}";
  }

  private Billed only() {
    assertThat(provider.billed()).hasSize(1);
    return provider.billed().get(0);
  }

  /** What an answer says it used, in the form of the tally. */
  private static TokenUsage usage(JsonNode usage) {
    long input = usage.path("input_tokens").asLong();
    long read = usage.at("/input_tokens_details/cached_tokens").asLong();
    long written = usage.at("/input_tokens_details/cache_write_tokens").asLong();
    long output = usage.path("output_tokens").asLong();
    assertThat(usage.path("total_tokens").asLong()).isEqualTo(input + output);
    return new TokenUsage(
        input - read - written,
        read,
        written,
        0,
        output,
        usage.at("/output_tokens_details/reasoning_tokens").asLong());
  }

  /** The events of a stream, each of which is named as its type and numbered from 0 on. */
  private static List<JsonNode> events(String stream) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String data : data(stream)) {
      JsonNode event = json(data);
      assertThat(event.path("sequence_number").asInt(-1)).as(data).isEqualTo(events.size());
      assertThat(event.path("type").asText()).isEqualTo(names(stream).get(events.size()));
      events.add(event);
    }
    return events;
  }

  private static JsonNode last(List<JsonNode> events) {
    return events.get(events.size() - 1);
  }

  @Test
  void anAnswerSaysItsUsageAsTheTallyBillsIt() throws Exception {
    HttpResponse<String> response = client.post(RESPONSES, body(""), EVERY_KIND);
    JsonNode answer = json(response.body());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(answer.path("object").asText()).isEqualTo("response");
    assertThat(answer.path("status").asText()).isEqualTo("completed");
    assertThat(answer.path("incomplete_details").isNull()).isTrue();
    assertThat(answer.path("model").asText()).isEqualTo("gpt-5");
    assertThat(answer.path("service_tier").asText()).isEqualTo("default");
    assertThat(answer.path("output")).hasSize(2);
    assertThat(answer.at("/output/0/type").asText()).isEqualTo("reasoning");
    assertThat(answer.at("/output/1/type").asText()).isEqualTo("message");
    assertThat(answer.at("/output/1/content/0/text").asText())
        .isEqualTo("The team can see what each call");
    assertThat(usage(answer.path("usage"))).isEqualTo(EVERY_KIND_USAGE);
    assertThat(only().usage()).isEqualTo(EVERY_KIND_USAGE);
    assertThat(only().requestId())
        .isEqualTo(response.headers().firstValue("x-request-id").orElseThrow());
    assertThat(only().path()).isEqualTo(RESPONSES);
    assertThat(only().key()).isEqualTo("key-1");
    assertThat(only().streamed()).isFalse();
    assertThat(only().end()).isEqualTo(End.COMPLETED);
  }

  @Test
  void aStreamNumbersItsEventsAndSaysItsUsageAtTheEnd() throws Exception {
    HttpResponse<String> response =
        client.post(RESPONSES, body(STREAM), "x-fake-output-tokens", "2");
    assertThat(response.headers().firstValue("content-type"))
        .hasValue("text/event-stream; charset=utf-8");
    assertThat(names(response.body()))
        .containsExactly(
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed");
    List<JsonNode> events = events(response.body());
    for (JsonNode start : events.subList(0, 2)) {
      assertThat(start.at("/response/usage").isNull()).isTrue();
      assertThat(start.at("/response/status").asText()).isEqualTo("in_progress");
      assertThat(start.at("/response/output")).isEmpty();
    }
    assertThat(events.get(4).path("delta").asText()).isEqualTo("The");
    assertThat(events.get(5).path("delta").asText()).isEqualTo(" team");
    assertThat(events.get(6).path("text").asText()).isEqualTo("The team");
    assertThat(events.get(7).at("/part/text").asText()).isEqualTo("The team");
    JsonNode item = events.get(8).path("item");
    assertThat(item.at("/content/0/text").asText()).isEqualTo("The team");
    JsonNode whole = last(events).path("response");
    assertThat(whole.path("output").get(0)).isEqualTo(item);
    assertThat(whole.path("id")).isEqualTo(events.get(0).at("/response/id"));
    for (JsonNode part : events.subList(3, 8)) {
      assertThat(part.path("item_id")).isEqualTo(item.path("id"));
    }
    assertThat(usage(whole.path("usage"))).isEqualTo(only().usage());
    assertThat(only().usage().output()).isEqualTo(2);
    assertThat(only().streamed()).isTrue();
    assertThat(only().end()).isEqualTo(End.COMPLETED);
  }

  @Test
  void aStreamThatThinksBillsWhatItDoesNotShow() throws Exception {
    HttpResponse<String> response = client.post(RESPONSES, body(STREAM), EVERY_KIND);
    List<JsonNode> events = events(response.body());
    assertThat(events).hasSize(2 + 2 + 2 + 7 + 3 + 1);
    assertThat(events.get(2).at("/item/type").asText()).isEqualTo("reasoning");
    assertThat(events.get(3).path("type").asText()).isEqualTo("response.output_item.done");
    assertThat(events.get(3).path("output_index").asInt(-1)).isZero();
    for (JsonNode event : events.subList(4, 16)) {
      assertThat(event.path("output_index").asInt(-1)).isEqualTo(1);
    }
    JsonNode whole = last(events).path("response");
    assertThat(whole.path("output").get(0)).isEqualTo(events.get(3).path("item"));
    assertThat(whole.path("output").get(1)).isEqualTo(events.get(15).path("item"));
    assertThat(usage(whole.path("usage"))).isEqualTo(EVERY_KIND_USAGE);
    assertThat(only().usage()).isEqualTo(EVERY_KIND_USAGE);
  }

  @ParameterizedTest(name = "{0}: reasoning {1}, visible {2}, capped {3}")
  @CsvSource(
      delimiter = '|',
      value = {
        ",\"max_output_tokens\":25   | 18 | 7  | true",
        ",\"max_output_tokens\":16   | 16 | 0  | true",
        ",\"max_output_tokens\":28   | 18 | 10 | false",
        ",\"max_output_tokens\":null | 18 | 10 | false",
        "                            | 18 | 10 | false",
      })
  void theOutputCapHoldsForReasoningAndTextTogether(
      String more, long reasoning, long visible, boolean capped) throws Exception {
    String cap = more == null ? "" : more;
    String[] script = {"x-fake-output-tokens", "10", "x-fake-reasoning-tokens", "18"};
    JsonNode plain = json(client.post(RESPONSES, body(cap), script).body());
    JsonNode end = last(events(client.post(RESPONSES, body(cap + STREAM), script).body()));
    String status = capped ? "incomplete" : "completed";
    assertThat(end.path("type").asText()).isEqualTo("response." + status);
    for (JsonNode whole : List.of(plain, end.path("response"))) {
      assertThat(whole.path("status").asText()).isEqualTo(status);
      assertThat(whole.at("/incomplete_details/reason").asText())
          .isEqualTo(capped ? "max_output_tokens" : "");
      assertThat(whole.path("output")).hasSize(visible == 0 ? 1 : 2);
      assertThat(usage(whole.path("usage")).reasoning()).isEqualTo(reasoning);
      assertThat(usage(whole.path("usage")).output()).isEqualTo(reasoning + visible);
    }
    assertThat(provider.billed())
        .hasSize(2)
        .allSatisfy(row -> assertThat(row.usage()).isEqualTo(usage(plain.path("usage"))));
  }

  @Test
  void aCompactionIsBilledAsItSays() throws Exception {
    HttpResponse<String> response = client.post(COMPACT, body(""), EVERY_KIND);
    JsonNode answer = json(response.body());
    assertThat(answer.path("object").asText()).isEqualTo("response.compaction");
    assertThat(answer.at("/output/0/type").asText()).isEqualTo("compaction");
    assertThat(usage(answer.path("usage"))).isEqualTo(EVERY_KIND_USAGE);
    assertThat(only().usage()).isEqualTo(EVERY_KIND_USAGE);
    assertThat(only().path()).isEqualTo(COMPACT);
    assertThat(only().model()).isEqualTo("gpt-5");
  }

  @Test
  void countingIsSeenButNotBilled() throws Exception {
    HttpResponse<String> count = client.post(COUNT, body(""), "x-fake-input-tokens", "33");
    assertThat(count.body())
        .isEqualTo("{\"object\":\"response.input_tokens\",\"input_tokens\":33}");
    assertThat(provider.billed()).isEmpty();
    assertThat(provider.requests()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"input\":\"%s\"",
        "\"input\":[{\"role\":\"user\",\"content\":\"%s\"}]",
        "\"input\":[{\"content\":[{\"text\":\"%s\"}],\"role\":\"user\"}]",
        "\"input\":\"User\",\"instructions\":\"%s\"",
      })
  void inputIsCountedFromTheTextWhereItIsNotScripted(String input) throws Exception {
    String body = "{\"model\":\"gpt-5\"," + input.formatted("word ".repeat(800)) + "}";
    client.post(RESPONSES, body);
    assertThat(only().usage().input()).isBetween(1 + 4_000L / 4, 1 + 4_004L / 4);
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/responses         | \"input\":\"Hi\",\"max_output_tokens\":0",
        "/v1/responses         | \"input\":\"Hi\",\"max_output_tokens\":15",
        "/v1/responses         | \"input\":\"Hi\",\"max_output_tokens\":1e308",
        "/v1/responses         | \"input\":\"Hi\",\"max_output_tokens\":\"20\"",
        "/v1/responses         | \"input\":5",
        "/v1/responses         | \"messages\":[]",
        "/v1/responses         | \"input\":\"Hi\",\"model\":5",
        "/v1/responses         | no JSON",
        "/v1/responses/compact | \"messages\":[]",
        "/v1/responses/compact | \"input\":\"Hi\",\"max_output_tokens\":20",
        "/v1/responses/compact | \"input\":\"Hi\",\"stream\":false",
      })
  void whatTheRealApiRefusesIsRefusedAndNotBilled(String path, String fields) throws Exception {
    HttpResponse<String> response = client.post(path, "{\"model\":\"gpt-5\"," + fields + "}");
    assertThat(response.statusCode()).isEqualTo(400);
    JsonNode error = json(response.body()).path("error");
    assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error.has("param") && error.has("code")).isTrue();
    assertThat(provider.billed()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {RESPONSES, COMPACT, COUNT})
  void aScriptedStatusIsAnErrorInTheDialectAndNotBilled(String path) throws Exception {
    HttpResponse<String> response = client.post(path, body(""), "x-fake-status", "429");
    assertThat(response.statusCode()).isEqualTo(429);
    assertThat(json(response.body()).at("/error/type").asText()).isEqualTo("rate_limit_error");
    assertThat(provider.billed()).isEmpty();
  }

  @Test
  void theTierThatServesAStreamIsSaidAtItsEnd() throws Exception {
    HttpResponse<String> response =
        client.post(
            RESPONSES,
            body(STREAM + ",\"service_tier\":\"flex\""),
            "x-fake-model-served",
            "gpt-5-2026-08-01");
    List<JsonNode> events = events(response.body());
    assertThat(events.get(0).at("/response/service_tier").asText()).isEqualTo("auto");
    assertThat(last(events).at("/response/service_tier").asText()).isEqualTo("flex");
    assertThat(last(events).at("/response/model").asText()).isEqualTo("gpt-5-2026-08-01");
    assertThat(only().serviceTier()).isEqualTo("flex");
    assertThat(only().model()).isEqualTo("gpt-5-2026-08-01");
  }

  @Test
  void usageIsNullWhereTheScriptSaysSoAndBilledAllTheSame() throws Exception {
    String[] script = {"x-fake-no-usage", "true"};
    JsonNode plain = json(client.post(RESPONSES, body(""), script).body());
    JsonNode compaction = json(client.post(COMPACT, body(""), script).body());
    JsonNode end = last(events(client.post(RESPONSES, body(STREAM), script).body()));
    for (JsonNode whole : List.of(plain, compaction, end.path("response"))) {
      assertThat(whole.path("usage").isNull()).isTrue();
    }
    assertThat(provider.billed())
        .extracting(b -> b.usage().output())
        .containsExactly(20L, 20L, 20L);
  }

  @Test
  void segmentsOfOneByteCarryTheSameBytes() throws Exception {
    String whole = client.post(RESPONSES, body(STREAM)).body();
    String cut = client.post(RESPONSES, body(STREAM), "x-fake-segment-bytes", "1").body();
    String varies = "fake\\d+|created_at\":\\d+";
    assertThat(cut.replaceAll(varies, "")).isEqualTo(whole.replaceAll(varies, ""));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 6, 27})
  void aTruncatedStreamEndsAsIfItWereComplete(int events) throws Exception {
    HttpResponse<String> response =
        client.post(RESPONSES, body(STREAM), "x-fake-truncate-after", Integer.toString(events));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(events(response.body())).hasSize(events);
    assertThat(response.body()).doesNotContain("response.completed");
    assertThat(only().end()).isEqualTo(End.FAULT);
    // Four events come before the first token, and three between the last one and the end.
    assertThat(only().usage().output()).isEqualTo(Math.max(0, Math.min(20, events - 4)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 6})
  void aResetComesAfterTheScriptedEvents(int events) throws Exception {
    String after = Integer.toString(events);
    try (Socket socket = client.open(RESPONSES, body(STREAM), "x-fake-reset-after", after)) {
      StringBuilder seen = new StringBuilder();
      assertThatThrownBy(
              () -> {
                InputStream in = socket.getInputStream();
                for (int next = in.read(); next >= 0; next = in.read()) {
                  seen.append((char) next);
                }
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("reset");
      assertThat(data(seen.toString())).hasSize(events);
    }
    assertThat(only().end()).isEqualTo(End.FAULT);
    assertThat(only().usage().output()).isEqualTo(Math.max(0, events - 4));
  }

  @Test
  void aStallLastsUntilTheClientGoes() throws Exception {
    Socket socket = client.open(RESPONSES, body(STREAM), "x-fake-stall-after", "7");
    await().until(() -> provider.billed().size() == 1 && only().usage().output() == 3);
    assertThat(only().end()).isEqualTo(End.RUNNING);
    socket.close();
    await().until(() -> only().end() == End.CLIENT_GONE);
    assertThat(only().usage().output()).isEqualTo(3);
    assertThat(only().usage().input()).isPositive();
  }

  @Test
  void aPlainAnswerIsCutWithinItsBody() {
    for (String path : List.of(RESPONSES, COMPACT)) {
      assertThatThrownBy(() -> client.post(path, body(""), "x-fake-truncate-after", "1"))
          .isInstanceOf(IOException.class);
    }
    // The JDK's client sends a request again if its connection closed without an answer.
    assertThat(provider.billed())
        .hasSizeGreaterThanOrEqualTo(2)
        .allSatisfy(row -> assertThat(row.end()).isEqualTo(End.FAULT));
  }

  @Test
  void aReplyKeepsItsPaceWhileItThinksAndWhileItSpeaks() throws Exception {
    String[] paced = {
      "x-fake-output-tokens", "100",
      "x-fake-reasoning-tokens", "100",
      "x-fake-pace-micros", "1000",
      "x-fake-delay-millis", "50"
    };
    for (String more : List.of("", STREAM)) {
      long start = System.nanoTime();
      client.post(RESPONSES, body(more), paced);
      assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(240));
    }
  }

  @Test
  void aClientThatGoesPaysForWhatWasGeneratedUntilThen() throws Exception {
    String[] slow = {
      "x-fake-output-tokens", "2000",
      "x-fake-reasoning-tokens", "3",
      "x-fake-pace-micros", "2000"
    };
    try (Socket socket = client.open(RESPONSES, body(STREAM), slow)) {
      await().until(() -> provider.billed().size() == 1 && only().usage().output() > 5);
      assertThat(socket.isConnected()).isTrue();
    }
    await().until(() -> only().end() == End.CLIENT_GONE);
    assertThat(only().usage().output()).isBetween(6L, 1_000L);
    assertThat(only().usage().reasoning()).isEqualTo(3);
  }
}
