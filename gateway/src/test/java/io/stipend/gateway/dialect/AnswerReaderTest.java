package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.AnswerReader.BadAnswerException;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AnswerReaderTest {
  private static final Dialect CHAT = Dialects.at("/v1/chat/completions");
  private static final Dialect MESSAGES = Dialects.at("/v1/messages");
  private static final String CHAT_ASK = "{\"model\":\"gpt-5\",\"stream\":true}";
  private static final String CHAT_ASK_USAGE =
      "{\"model\":\"gpt-5\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
  private static final String MESSAGES_ASK = "{\"model\":\"c\",\"max_tokens\":9,\"stream\":true}";

  static Stream<Arguments> answers() {
    List<Arguments> all = new ArrayList<>();
    for (String end : List.of("\n", "\r\n", "\r")) {
      String name = end.replace("\n", "LF").replace("\r", "CR");
      String chat = Streams.CHAT.replace("\n", end);
      int usageChunk = chat.indexOf("data: {", chat.indexOf("\"stop\""));
      String hidden = chat.substring(0, usageChunk) + chat.substring(chat.indexOf("data: [DONE]"));
      String messages = Streams.MESSAGES.replace("\n", end);
      all.add(sse("chat, usage not asked, " + name, CHAT, CHAT_ASK, chat, hidden));
      all.add(sse("chat, usage asked, " + name, CHAT, CHAT_ASK_USAGE, chat, chat));
      all.add(sse("messages, " + name, MESSAGES, MESSAGES_ASK, messages, messages));
    }
    String tight = Streams.CHAT.replace("data: ", "data:").stripTrailing();
    all.add(sse("chat, no space, no last blank line", CHAT, CHAT_ASK_USAGE, tight, tight));
    String multi = Streams.MESSAGES.replace(",\"index\"", ",\ndata: \"index\"");
    all.add(sse("messages, data on several lines", MESSAGES, MESSAGES_ASK, multi, multi));
    all.add(body("chat body", CHAT, CHAT_ASK, Streams.CHAT_BODY));
    all.add(body("messages body", MESSAGES, MESSAGES_ASK, Streams.MESSAGES_BODY));
    return all.stream();
  }

  @Test
  void aUsageThatBreaksOffIsNoneAndHurtsNothing() {
    for (String broken : new String[] {"{", "{'a':", "{'prompt_tokens':5", "{'a':{}"}) {
      String event = ("data: {'choices':{},'usage':" + broken + "\n\n").replace('\'', '"');
      Reading read =
          Reading.of(
              Reading.reader(CHAT, CHAT_ASK_USAGE, true), event.getBytes(StandardCharsets.UTF_8));
      assertThat(read.usage()).as(broken).isNull();
    }
  }

  private static Arguments sse(String name, Dialect d, String ask, String answer, String client) {
    Supplier<AnswerReader> reader = () -> Reading.reader(d, ask, true);
    return Arguments.of(name, reader, answer, client);
  }

  private static Arguments body(String name, Dialect d, String ask, String answer) {
    Supplier<AnswerReader> reader = () -> Reading.reader(d, ask, false);
    return Arguments.of(name, reader, answer, answer);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("answers")
  void anAnswerReadsTheSameHoweverItsBytesAreSplit(
      String name, Supplier<AnswerReader> reader, String answer, String client) {
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    Reading whole = Reading.of(reader.get(), bytes);
    assertThat(whole.client()).isEqualTo(client);
    assertThat(whole.usage()).isNotNull();
    assertThat(whole.usage().absurd()).isFalse();
    assertThat(whole.complete()).isTrue();
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertEquals(whole, Reading.of(reader.get(), bytes, cut), "cut at " + cut);
    }
    assertThat(Reading.of(reader.get(), bytes, Reading.everyByte(bytes.length))).isEqualTo(whole);
    for (long seed = 0; seed < 200; seed++) {
      int[] cuts = new Random(seed).ints(7, 0, bytes.length).sorted().toArray();
      assertEquals(whole, Reading.of(reader.get(), bytes, cuts), "seed " + seed);
    }
  }

  @Test
  void aChatStreamYieldsUsageTextModelAndTier() {
    Reading read = chat(CHAT_ASK, Streams.CHAT);
    assertThat(read.usage().total()).isEqualTo(new TokenUsage(30, 60, 10, 0, 50, 20));
    assertThat(read.usage().serviceTier()).isEqualTo("default");
    assertThat(read.usage().modelServed()).isEqualTo("gpt-5-2025-08-07");
    assertThat(read.text()).isEqualTo(Streams.CHAT_TEXT);
    assertThat(read.textBytes())
        .isEqualTo(Streams.CHAT_TEXT.getBytes(StandardCharsets.UTF_8).length);
    assertThat(read.textEvents()).isEqualTo(2);
    assertThat(read.client()).doesNotContain("\"choices\":[]").endsWith("data: [DONE]\n\n");
  }

  @Test
  void aMessagesStreamYieldsUsageTextModelAndTier() {
    Reading read = messages(Streams.MESSAGES);
    assertThat(read.usage().total()).isEqualTo(new TokenUsage(7, 5, 30, 20, 9, 4));
    assertThat(read.inputOnly().total()).isEqualTo(new TokenUsage(7, 5, 30, 20, 0, 0));
    assertThat(read.usage().serviceTier()).isEqualTo("standard");
    assertThat(read.model()).isEqualTo("claude-opus-4-5-20251101");
    assertThat(read.text()).isEqualTo(Streams.MESSAGES_TEXT);
    assertThat(read.textEvents()).isEqualTo(2);
  }

  @Test
  void bodiesYieldTheirTopLevelUsageAlone() {
    Reading chat = body(CHAT, CHAT_ASK, Streams.CHAT_BODY);
    assertThat(chat.usage().total()).isEqualTo(new TokenUsage(40, 60, 0, 0, 50, 20));
    assertThat(chat.usage().serviceTier()).isEqualTo("priority");
    assertThat(chat.model()).isEqualTo("gpt-5-2025-08-07");
    assertThat(chat.textBytes()).isGreaterThan(30);
    Reading messages = body(MESSAGES, MESSAGES_ASK, Streams.MESSAGES_BODY);
    assertThat(messages.usage().total()).isEqualTo(new TokenUsage(7, 5, 30, 20, 9, 0));
  }

  @Test
  void aStreamThatIsCutEarlyHasNoReportButTellsWhatItKnows() {
    String early = Streams.MESSAGES.substring(0, Streams.MESSAGES.indexOf("event: message_delta"));
    Reading messages = messages(early);
    assertThat(messages.usage()).isNull();
    assertThat(messages.complete()).isFalse();
    assertThat(messages.inputOnly().total().inputTotal()).isEqualTo(42);
    Reading chat = chat(CHAT_ASK, Streams.CHAT.substring(0, Streams.CHAT.indexOf("\"stop\"")));
    assertThat(chat.usage()).isNull();
    assertThat(chat.complete()).isFalse();
    assertThat(chat.textBytes()).isPositive();
  }

  @Test
  void cumulativeUsageOverwritesAndIsNeverAdded() {
    String delta =
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":"
            + "{\"input_tokens\":11,\"cache_read_input_tokens\":null,\"output_tokens\":%d}}\n\n";
    Reading read =
        messages(
            Streams.MESSAGES.replace(
                "event: message_stop",
                delta.formatted(8) + delta.formatted(12) + "event: message_stop"));
    assertThat(read.usage().total()).isEqualTo(new TokenUsage(11, 5, 30, 20, 12, 4));
  }

  @Test
  void zerosOnRunningChunksAreNoReportAndTheLastUsageCounts() {
    String running =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}],\"usage\":"
            + "{\"prompt_tokens\":0,\"completion_tokens\":0,\"total_tokens\":0}}\n\n";
    Reading cut = chat(CHAT_ASK, running + running);
    assertThat(cut.usage()).isNull();
    assertThat(cut.client()).isEqualTo(running + running);
    String last =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":%d,"
            + "\"total_tokens\":%d}}\n\n";
    Reading twice = chat(CHAT_ASK, running + last.formatted(1, 5) + last.formatted(2, 6));
    assertThat(twice.usage().total()).isEqualTo(TokenUsage.of(4, 2));
    assertThat(twice.complete()).isTrue();
  }

  @Test
  void zeroOutputBesideVisibleTextIsAbsurd() {
    String zero =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n"
            + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}\n\n";
    UsageReport report = chat(CHAT_ASK, zero).usage();
    assertThat(report.total()).isEqualTo(TokenUsage.ZERO);
    assertThat(report.absurd()).isTrue();
  }

  @Test
  void filterChunksWithoutUsagePassAlthoughTheyHaveNoChoices() {
    String azure = "data: {\"choices\":[],\"model\":\"\",\"prompt_filter_results\":[{}]}\n\n";
    Reading read = chat(CHAT_ASK, azure + Streams.CHAT);
    assertThat(read.client()).startsWith(azure);
    assertThat(read.model()).isEqualTo("gpt-5-2025-08-07");
  }

  @Test
  void wordsOfTheProtocolInsideTextAreText() {
    String forged =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\n\\ndata: {\\\"choices\\\":[],"
            + "\\\"usage\\\":{\\\"prompt_tokens\\\":1}}\\n\\ndata: [DONE]\"}}]}\n\n";
    Reading read = chat(CHAT_ASK, forged);
    assertThat(read.client()).isEqualTo(forged);
    assertThat(read.usage()).isNull();
    assertThat(read.complete()).isFalse();
    assertThat(read.textEvents()).isEqualTo(1);
  }

  @Test
  void errorsInAStreamPassThrough() {
    String error = "data: {\"error\":{\"message\":\"no\",\"type\":\"server_error\"}}\n\n";
    assertThat(chat(CHAT_ASK, error).client()).isEqualTo(error);
    String event =
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n";
    Reading read = messages(event);
    assertThat(read.client()).isEqualTo(event);
    assertThat(read.complete()).isFalse();
  }

  @Test
  void brokenJsonPassesAndReportsNothing() {
    for (String broken :
        List.of(
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":\n\n",
            "data: {\"usage\n\n",
            "data: \n\ndata\n\nusage: 1\n\n",
            "data: [[[[{{{{\"usage\":\n\n",
            "data: {\"usage\":" + "[".repeat(5_000) + "\n\n",
            "data: {\"type\":\"message_start\",\"message\":" + "[".repeat(5_000) + "\n\n")) {
      assertThat(chat(CHAT_ASK, broken).usage()).isNull();
      assertThat(chat(CHAT_ASK, broken).client()).isEqualTo(broken);
      assertThat(messages(broken).client()).isEqualTo(broken);
      assertThat(body(CHAT, CHAT_ASK, broken).usage()).isNull();
    }
  }

  @Test
  void anEventBeyondTheBoundEndsTheReading() {
    byte[] endless = ("data: " + "x".repeat(70_000)).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Reading.of(Reading.reader(CHAT, CHAT_ASK, true), endless))
        .isInstanceOf(BadAnswerException.class)
        .hasMessageContaining("65536");
    byte[] ended = ("data: " + "x".repeat(70_000) + "\n\n").getBytes(StandardCharsets.UTF_8);
    for (int cut : new int[] {0, 5, 65_536, 70_000}) {
      assertThatThrownBy(() -> Reading.of(Reading.reader(CHAT, CHAT_ASK, true), ended, cut))
          .isInstanceOf(BadAnswerException.class);
    }
  }

  @Test
  void aHugeBodyIsReadWithLittleMemory() {
    AnswerReader reader = Reading.reader(CHAT, CHAT_ASK, false);
    byte[] chunk = "a".repeat(64 * 1_024).getBytes(StandardCharsets.UTF_8);
    long[] seen = {0};
    read(reader, "{\"choices\":[{\"message\":{\"content\":\"", seen);
    for (int i = 0; i < 512; i++) {
      reader.read(io.netty.buffer.Unpooled.wrappedBuffer(chunk), part -> count(part, seen));
    }
    read(reader, "\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}", seen);
    reader.end(part -> count(part, seen));
    assertThat(reader.usage().total()).isEqualTo(TokenUsage.of(1, 2));
    assertThat(reader.textBytes()).isEqualTo(512L * 64 * 1_024);
    assertThat(seen[0]).isGreaterThan(512L * 64 * 1_024);
  }

  private static void read(AnswerReader reader, String text, long[] seen) {
    reader.read(Heads.utf8(text), part -> count(part, seen));
  }

  private static void count(ByteBuf part, long[] seen) {
    seen[0] += part.readableBytes();
    part.release();
  }

  @Test
  void theTextKeptForCountingIsBounded() {
    String event =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
            + "ä".repeat(8_000)
            + "\"}}]}\n\n";
    Reading read = chat(CHAT_ASK, event.repeat(40));
    assertThat(read.textBytes()).isEqualTo(40 * 16_000);
    assertThat(read.text().getBytes(StandardCharsets.UTF_8).length)
        .isLessThanOrEqualTo(TextSeen.MAX_KEPT_BYTES + 3);
  }

  @Test
  void toolCallsReasoningAndRefusalsAreText() {
    String stream =
        """
        data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"get","arguments":""}}]}}]}

        data: {"choices":[{"index":1,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"a\\":1}"}}]}}]}

        data: {"choices":[{"index":0,"delta":{"reasoning_content":"R","refusal":"N"},"logprobs":{"content":[{"token":"zz"}]}}]}

        data: {"choices":[{"index":0,"delta":{"function_call":{"arguments":"F"}}}]}

        """;
    Reading read = chat(CHAT_ASK, stream);
    assertThat(read.text()).isEqualTo("get{\"a\":1}RNF");
    assertThat(read.textEvents()).isEqualTo(4);
  }

  private static Reading chat(String ask, String stream) {
    return Reading.of(Reading.reader(CHAT, ask, true), stream.getBytes(StandardCharsets.UTF_8));
  }

  private static Reading messages(String stream) {
    return Reading.of(
        Reading.reader(MESSAGES, MESSAGES_ASK, true), stream.getBytes(StandardCharsets.UTF_8));
  }

  private static Reading body(Dialect dialect, String ask, String answer) {
    return Reading.of(Reading.reader(dialect, ask, false), answer.getBytes(StandardCharsets.UTF_8));
  }
}
