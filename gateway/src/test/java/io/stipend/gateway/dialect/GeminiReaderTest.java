package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.AnswerReader.BadAnswerException;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeminiReaderTest {
  private static final String STREAM = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
  private static final String PLAIN = "/v1beta/models/gemini-2.5-flash:generateContent";
  private static final ObjectMapper JSON = new ObjectMapper();

  static List<GeminiStreams> streams() {
    return GeminiStreams.all();
  }

  private static AnswerReader reader(String path, int choices, boolean sse) {
    ByteBuf body = Heads.utf8("{\"generationConfig\":{\"candidateCount\":" + choices + "}}");
    Peeked peeked = (Peeked) Dialects.at(path).peek(Heads.post(path), body);
    body.release();
    return Dialects.at(path).reader(peeked, sse, Reading.LIMITS);
  }

  private static void reads(GeminiStreams stream, Reading read) {
    assertThat(read.text()).isEqualTo(stream.text());
    assertThat(read.textEvents()).isEqualTo(stream.events());
    assertThat(read.complete()).isEqualTo(stream.complete());
    UsageReport usage = read.usage();
    assertThat(usage == null ? null : usage.total()).isEqualTo(stream.usage());
    if (usage != null) {
      assertThat(read.inputOnly().total().inputTotal()).isEqualTo(usage.total().inputTotal());
      assertThat(read.inputOnly().total().output()).isZero();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("streams")
  void anEventStreamReadsTheSameHoweverItsBytesAreSplit(GeminiStreams stream) {
    for (String end : List.of("\r\n", "\n", "\r")) {
      check(stream, stream.events(end), true);
    }
    String tight = stream.events("\n").replaceAll("(?m)^data: ", "data:").stripTrailing();
    byte[] bytes = tight.getBytes(StandardCharsets.UTF_8);
    Reading read = Reading.of(reader(STREAM, stream.choices(), true), bytes);
    assertThat(read.text()).isEqualTo(stream.text());
    assertThat(read.usage() == null ? null : read.usage().total()).isEqualTo(stream.usage());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("streams")
  void aListReadsTheSameHoweverItsBytesAreSplit(GeminiStreams stream) {
    check(stream, stream.list(), false);
    check(stream, "\uFEFF \n" + stream.list().replace("\n,\r\n", ","), false);
  }

  private static void check(GeminiStreams stream, String answer, boolean sse) {
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    Reading whole = Reading.of(reader(STREAM, stream.choices(), sse), bytes);
    assertThat(whole.client()).isEqualTo(answer);
    reads(stream, whole);
    for (int cut = 0; cut <= bytes.length; cut++) {
      Reading again = Reading.of(reader(STREAM, stream.choices(), sse), bytes, cut);
      assertEquals(whole, again, "cut at " + cut);
    }
    int[] all = Reading.everyByte(bytes.length);
    assertEquals(whole, Reading.of(reader(STREAM, stream.choices(), sse), bytes, all));
    for (long seed = 0; seed < 50; seed++) {
      int[] cuts = new Random(seed).ints(7, 0, bytes.length).sorted().toArray();
      Reading again = Reading.of(reader(STREAM, stream.choices(), sse), bytes, cuts);
      assertEquals(whole, again, "seed " + seed);
    }
  }

  /** A second reader, which builds a tree of every chunk, has to find the same. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("streams")
  void aReaderOfWholeTreesFindsTheSame(GeminiStreams stream) throws IOException {
    StringBuilder text = new StringBuilder();
    JsonNode usage = null;
    String model = null;
    for (JsonNode chunk : JSON.readTree(stream.list())) {
      for (JsonNode part : chunk.at("/candidates/0/content/parts")) {
        text.append(part.path("text").asText());
        text.append(part.at("/functionCall/name").asText());
        JsonNode args = part.at("/functionCall/args");
        text.append(args.isObject() ? args.toString() : "");
        text.append(part.at("/executableCode/code").asText());
        text.append(part.at("/codeExecutionResult/output").asText());
      }
      usage = chunk.has("usageMetadata") ? chunk.get("usageMetadata") : usage;
      model = chunk.has("modelVersion") ? chunk.get("modelVersion").asText() : model;
    }
    byte[] bytes = stream.events("\r\n").getBytes(StandardCharsets.UTF_8);
    Reading read = Reading.of(reader(STREAM, stream.choices(), true), bytes);
    assertThat(read.text()).isEqualTo(text.toString());
    assertThat(read.model()).isEqualTo(model);
    assertThat(read.usage() == null).isEqualTo(usage == null);
    if (usage != null) {
      long prompt = usage.path("promptTokenCount").asLong();
      long cached = usage.path("cachedContentTokenCount").asLong();
      long thoughts = usage.path("thoughtsTokenCount").asLong();
      assertThat(read.usage().total())
          .isEqualTo(
              new TokenUsage(
                  prompt + usage.path("toolUsePromptTokenCount").asLong() - cached,
                  cached,
                  0,
                  0,
                  usage.path("candidatesTokenCount").asLong() + thoughts,
                  thoughts));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("streams")
  void aReportThatCannotBeRightIsToldApart(GeminiStreams stream) {
    AnswerReader reader = reader(STREAM, stream.choices(), true);
    reader.read(Heads.utf8(stream.events("\n")), ByteBuf::release);
    UsageReport usage = reader.usage();
    boolean flagged = usage == null || usage.absurd() || reader.overtaken();
    assertThat(flagged).isEqualTo(stream.flagged());
    reader.close();
  }

  @Test
  void aWholeBodyYieldsItsTopLevelUsageAlone() {
    String body =
        """
        {"candidates":[{"content":{"parts":[{"text":"世界 \\"usageMetadata\\": {\\"promptTokenCount\\": 1} 🌍"}]},
          "usageMetadata":{"promptTokenCount":3},"finishReason":"STOP","index":0}],
         "usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":60,"candidatesTokenCount":30,
          "thoughtsTokenCount":20,"totalTokenCount":150,"serviceTier":"SERVICE_TIER_FLEX"},
         "modelVersion":"gemini-2.5-flash-001","responseId":"r"}""";
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    Reading whole = Reading.of(reader(PLAIN, 1, false), bytes);
    assertThat(whole.client()).isEqualTo(body);
    assertThat(whole.complete()).isTrue();
    assertThat(whole.usage().total()).isEqualTo(new TokenUsage(40, 60, 0, 0, 50, 20));
    assertThat(whole.usage().serviceTier()).isEqualTo("flex");
    assertThat(whole.model()).isEqualTo("gemini-2.5-flash-001");
    assertThat(whole.textBytes()).isPositive();
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertEquals(whole, Reading.of(reader(PLAIN, 1, false), bytes, cut), "cut at " + cut);
    }
  }

  /** What a proxy says instead of the provider, an error, or an answer that is no list. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "   ",
        "<html>upstream connect error</html>",
        "null",
        "{\"error\":{\"code\":429,\"message\":\"[{\",\"status\":\"RESOURCE_EXHAUSTED\"}}",
        "[{\"error\":{\"code\":400}}]\n",
        "[{\"candidates\": [{\"content",
        "[{\"a\":1},{\"b\":\"",
        "]]]]",
        "[1,2,\"{\"]",
        "[[{}]]{}",
        "[] trailing [{\"usageMetadata\":{\"promptTokenCount\":1}}]",
      })
  void anyOtherBodyPassesWhole(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    for (int cut = 0; cut <= bytes.length; cut++) {
      Reading read = Reading.of(reader(STREAM, 1, false), bytes, cut);
      assertThat(read.client()).as("cut at %d", cut).isEqualTo(body);
      assertThat(read.usage()).isNull();
      assertThat(read.complete()).isFalse();
    }
  }

  @Test
  void anAnswerThatIsNoListIsStillMetered() {
    String one = GeminiStreams.all().get(0).chunks().get(1);
    Reading read = Reading.of(reader(STREAM, 1, false), one.getBytes(StandardCharsets.UTF_8));
    assertThat(read.usage().total()).isEqualTo(TokenUsage.of(8, 9));
    assertThat(read.complete()).isTrue();
  }

  @Test
  void brokenJsonPassesAndReportsNothing() {
    for (String broken :
        List.of(
            "data: {\"usageMetadata\":{\"promptTokenCount\":\r\n\r\n",
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\r\n\r\n",
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"args\":{\r\n\r\n",
            "data: ]]]}}}\"usageMetadata\":{}\r\n\r\n",
            "data: {\"usageMetadata\":" + "[".repeat(5_000) + "\r\n\r\n",
            "data: \r\n\r\ndata\r\n\r\n: keep\r\n\r\n")) {
      byte[] bytes = broken.getBytes(StandardCharsets.UTF_8);
      Reading read = Reading.of(reader(STREAM, 1, true), bytes);
      assertThat(read.client()).isEqualTo(broken);
      assertThat(read.usage()).isNull();
      assertThat(read.complete()).isFalse();
    }
  }

  @Test
  void anElementPassesAsSoonAsItIsWhole() {
    AnswerReader reader = reader(STREAM, 1, false);
    List<String> passed = new ArrayList<>();
    String chunk = GeminiStreams.chunk(GeminiStreams.text("a"), "", GeminiStreams.usage(8, 1, 0));
    for (String part : List.of("[", chunk.substring(0, 30), chunk.substring(30), "\n,\r\n")) {
      reader.read(Heads.utf8(part), buffer -> passed.add(Heads.text(buffer)));
    }
    assertThat(passed).containsExactly("[" + chunk);
    assertThat(reader.textEvents()).isEqualTo(1);
    reader.close();
  }

  @Test
  void anElementBeyondTheBoundEndsTheReading() {
    byte[] endless = ("[{\"a\":\"" + "x".repeat(70_000)).getBytes(StandardCharsets.UTF_8);
    byte[] ended = ("[{\"a\":\"" + "x".repeat(70_000) + "\"}]").getBytes(StandardCharsets.UTF_8);
    for (int cut : new int[] {0, 5, 65_536, 70_000}) {
      assertThatThrownBy(() -> Reading.of(reader(STREAM, 1, false), endless, cut))
          .isInstanceOf(BadAnswerException.class)
          .hasMessageContaining("65536");
      assertThatThrownBy(() -> Reading.of(reader(STREAM, 1, false), ended, cut))
          .isInstanceOf(BadAnswerException.class);
    }
  }

  @Test
  void aLongListIsReadWithLittleMemory() {
    AnswerReader reader = reader(STREAM, 1, false);
    String chunk =
        GeminiStreams.chunk(
            GeminiStreams.text("x".repeat(8_000)), "", GeminiStreams.usage(8, 1, 0));
    long[] seen = {0};
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = ((i == 0 ? "[" : ",") + chunk).getBytes(StandardCharsets.UTF_8);
      reader.read(
          Unpooled.wrappedBuffer(bytes),
          part -> {
            seen[0] += part.readableBytes();
            part.release();
          });
    }
    assertThat(reader.textBytes()).isEqualTo(2_000L * 8_000);
    assertThat(reader.text().length()).isEqualTo(TextSeen.MAX_KEPT_BYTES);
    assertThat(seen[0]).isGreaterThan(2_000L * 8_000);
    reader.close();
  }
}
