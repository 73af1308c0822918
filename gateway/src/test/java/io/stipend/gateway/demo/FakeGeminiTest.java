package io.stipend.gateway.demo;

import static io.stipend.gateway.demo.FakeClient.data;
import static io.stipend.gateway.demo.FakeClient.json;
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
import org.junit.jupiter.params.provider.ValueSource;

class FakeGeminiTest {
  private static final String MODEL = "/v1beta/models/gemini-2.5-flash:";
  private static final String CONTENTS = "\"contents\":[{\"parts\":[{\"text\":\"Hello you\"}]}]";

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

  private static HttpResponse<String> post(String method, String config, String... headers)
      throws Exception {
    return client.post(
        MODEL + method, "{" + CONTENTS + ",\"generationConfig\":{" + config + "}}", headers);
  }

  private static FakeProvider.Billed last() {
    List<FakeProvider.Billed> all = provider.billed();
    return all.get(all.size() - 1);
  }

  @Test
  void anAnswerSaysItsUsageAsTheTallyBillsIt() throws Exception {
    HttpResponse<String> response =
        post(
            "generateContent",
            "\"maxOutputTokens\":10",
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
    assertThat(answer.at("/candidates/0/content/parts/0/text").asText())
        .isEqualTo("The team can see what");
    assertThat(answer.at("/candidates/0/finishReason").asText()).isEqualTo("MAX_TOKENS");
    JsonNode usage = answer.path("usageMetadata");
    assertThat(usage.path("promptTokenCount").asLong()).isEqualTo(100);
    assertThat(usage.path("cachedContentTokenCount").asLong()).isEqualTo(60);
    assertThat(usage.path("candidatesTokenCount").asLong()).isEqualTo(5);
    assertThat(usage.path("thoughtsTokenCount").asLong()).isEqualTo(5);
    assertThat(usage.path("totalTokenCount").asLong()).isEqualTo(110);
    assertThat(last().usage()).isEqualTo(new TokenUsage(40, 60, 0, 0, 10, 5));
    assertThat(last().end()).isEqualTo(End.COMPLETED);
    assertThat(last().model()).isEqualTo("gemini-2.5-flash");
  }

  @Test
  void aStreamTellsItsUsageSoFarInEveryChunk() throws Exception {
    String config = "\"candidateCount\":2";
    String[] script = {"x-fake-output-tokens", "3", "x-fake-reasoning-tokens", "4"};
    HttpResponse<String> events = post("streamGenerateContent?alt=sse", config, script);
    HttpResponse<String> list = post("streamGenerateContent", config, script);
    assertThat(events.headers().firstValue("content-type").orElseThrow()).contains("event-stream");
    assertThat(list.headers().firstValue("content-type").orElseThrow()).contains("json");
    List<String> chunks = data(events.body());
    JsonNode elements = json(list.body());
    assertThat(chunks).hasSize(7);
    assertThat(elements).hasSize(7);
    for (int i = 0; i < 6; i++) {
      for (JsonNode chunk : List.of(json(chunks.get(i)), elements.get(i))) {
        assertThat(chunk.at("/candidates/0/index").asInt()).isEqualTo(i % 2);
        assertThat(chunk.at("/candidates/0").has("finishReason")).isFalse();
        JsonNode usage = chunk.path("usageMetadata");
        assertThat(usage.path("candidatesTokenCount").asInt()).isEqualTo(i + 1);
        assertThat(usage.path("thoughtsTokenCount").asInt()).isEqualTo(8);
      }
    }
    assertThat(elements.get(6).path("candidates")).hasSize(2);
    assertThat(elements.at("/6/candidates/1/finishReason").asText()).isEqualTo("STOP");
    assertThat(last().usage().output()).isEqualTo(14);
    assertThat(last().streamed()).isTrue();
  }

  @Test
  void countingIsNotBilled() throws Exception {
    int rows = provider.billed().size();
    HttpResponse<String> count = post("countTokens", "", "x-fake-input-tokens", "33");
    assertThat(count.body()).isEqualTo("{\"totalTokens\":33}");
    assertThat(provider.billed()).hasSize(rows);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"maxOutputTokens\":0",
        "\"maxOutputTokens\":\"12\"",
        "\"candidateCount\":0",
        "\"candidateCount\":9",
        "no JSON"
      })
  void whatTheRealApiRefusesIsRefusedAndNotBilled(String config) throws Exception {
    int rows = provider.billed().size();
    HttpResponse<String> response = post("generateContent", config);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response.body()).at("/error/status").asText()).isEqualTo("INVALID_ARGUMENT");
    assertThat(provider.billed()).hasSize(rows);
  }

  @Test
  void anotherMethodIsUnknown() throws Exception {
    HttpResponse<String> response = post("predict", "");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(json(response.body()).at("/error/status").asText()).isEqualTo("NOT_FOUND");
  }
}
