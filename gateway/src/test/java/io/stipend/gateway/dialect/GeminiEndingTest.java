package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.Dialect.Peeked;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GeminiEndingTest {
  private static final String STREAM = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHUNK =
      GeminiStreams.chunk(GeminiStreams.text("a"), "", GeminiStreams.usage(8, 1, 0));
  private static final String LAST =
      "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},"
          + "\"finishReason\":\"MAX_TOKENS\",\"index\":0}],\"usageMetadata\":"
          + "{\"promptTokenCount\":7,\"candidatesTokenCount\":5,\"totalTokenCount\":12},"
          + "\"modelVersion\":\"gemini-2.5-flash\",\"responseId\":\"r-1\"}";

  private static AnswerReader reader(boolean sse) {
    ByteBuf body = Heads.utf8("{}");
    Peeked peeked = (Peeked) Dialects.at(STREAM).peek(Heads.post(STREAM), body);
    body.release();
    return Dialects.at(STREAM).reader(peeked, sse, Reading.LIMITS);
  }

  /** All that the client gets of what was begun, and of the ending. */
  private static String cut(boolean sse, String begun) {
    AnswerReader reader = reader(sse);
    StringBuilder seen = new StringBuilder();
    reader.read(Heads.utf8(begun), part -> seen.append(Heads.text(part)));
    seen.append(Heads.text(reader.cutEnding(7, 5)));
    reader.close();
    return seen.toString();
  }

  @Test
  void aCutStreamEndsWithAChunkThatFinishesForItsLength() {
    assertThat(cut(true, "data: " + CHUNK + "\r\n\r\ndata: {\"cand"))
        .isEqualTo("data: " + CHUNK + "\r\n\r\ndata: " + LAST + "\n\n");
  }

  @Test
  void onlyCandidatesThatAreOpenFinish() throws IOException {
    String other = CHUNK.replace("\"index\":0", "\"index\":2");
    String done = CHUNK.replace("\"index\":0", "\"index\":1,\"finishReason\":\"STOP\"");
    String ending =
        cut(true, "data: " + CHUNK + "\n\ndata: " + done + "\n\ndata: " + other + "\n\n");
    String last = ending.substring(ending.lastIndexOf("data: ") + 6);
    JsonNode candidates = JSON.readTree(last).get("candidates");
    assertThat(candidates).hasSize(2);
    assertThat(candidates.at("/0/index").asInt()).isZero();
    assertThat(candidates.at("/1/index").asInt()).isEqualTo(2);
    assertThat(candidates.at("/1/finishReason").asText()).isEqualTo("MAX_TOKENS");
  }

  @Test
  void aListIsValidJsonWhereverItIsCut() throws IOException {
    String list = "[" + CHUNK + "\n,\r\n" + CHUNK + ",\n" + CHUNK;
    byte[] bytes = list.getBytes(StandardCharsets.UTF_8);
    int most = 0;
    for (int end = 0; end <= bytes.length; end++) {
      String got = cut(false, new String(bytes, 0, end, StandardCharsets.UTF_8));
      JsonNode elements = JSON.readTree(got);
      assertThat(elements.isArray()).as(got).isTrue();
      JsonNode last = elements.get(elements.size() - 1);
      assertThat(last.at("/candidates/0/finishReason").asText()).isEqualTo("MAX_TOKENS");
      assertThat(last.at("/usageMetadata/totalTokenCount").asInt()).isEqualTo(12);
      most = Math.max(most, elements.size());
    }
    assertThat(most).isEqualTo(4);
    assertThat(cut(false, "[" + CHUNK + "\n,\r\n{")).isEqualTo("[" + CHUNK + "," + LAST + "]");
    assertThat(cut(false, "[")).startsWith("[{\"candidates\":").endsWith("}]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[{}]", "[]", "{}", "<html>", "[{}]\n"})
  void whatHasEndedIsNotEndedAgain(String body) {
    assertThat(cut(false, body)).isEqualTo(body);
  }

  @Test
  void aBrokenStreamEndsWithAnError() throws IOException {
    String error =
        "{\"error\":{\"code\":502,\"message\":\"gone  \\\"data: [31m\",\"status\":\"UNAVAILABLE\"}}";
    AnswerReader sse = reader(true);
    assertThat(Heads.text(sse.errorEnding("gone\n\n\"data:\u001b[31m")))
        .isEqualTo("data: " + error + "\n\n");
    AnswerReader empty = reader(false);
    assertThat(Heads.text(empty.errorEnding("gone\n\n\"data:\u001b[31m")))
        .isEqualTo("[" + error + "]");
    AnswerReader list = reader(false);
    StringBuilder seen = new StringBuilder();
    list.read(Heads.utf8("[" + CHUNK + ",{\"a"), part -> seen.append(Heads.text(part)));
    // The relay writes a blank line before an error, which is nothing in JSON.
    seen.append("\n\n").append(Heads.text(list.errorEnding("gone")));
    JsonNode all = JSON.readTree(seen.toString());
    assertThat(all).hasSize(2);
    assertThat(all.at("/1/error/status").asText()).isEqualTo("UNAVAILABLE");
  }
}
