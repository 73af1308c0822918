package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EndingTest {
  private static final Dialect CHAT = Dialects.at("/v1/chat/completions");
  private static final Dialect MESSAGES = Dialects.at("/v1/messages");
  private static final String ASK = "{\"model\":\"m\",\"stream\":true}";
  private static final String ASK_USAGE =
      "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
  private static final String MESSAGES_ASK = "{\"model\":\"c\",\"max_tokens\":9,\"stream\":true}";

  @Test
  void aCutChatEndsEveryChoiceThatIsOpenForItsLength() {
    String chunks =
        """
        data: {"id":"c\\"1","created":1790000000,"model":"gpt-5","choices":[{"index":0,"delta":{"content":"a"}}]}

        data: {"id":"c\\"1","choices":[{"index":1,"delta":{"content":"b"},"finish_reason":null}]}

        data: {"id":"c\\"1","choices":[{"finish_reason":"stop","delta":{},"index":0}]}

        data: {"id":"c\\"1","choices":[{"index":3,"delta":{"con""";
    String last =
        "data: {\"id\":\"c\\\"1\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,"
            + "\"model\":\"gpt-5\",\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";
    assertThat(cut(CHAT, ASK, chunks)).isEqualTo(last + "data: [DONE]\n\n");
    assertThat(cut(CHAT, ASK_USAGE, chunks))
        .isEqualTo(
            last
                + "data: {\"id\":\"c\\\"1\",\"object\":\"chat.completion.chunk\","
                + "\"created\":1790000000,\"model\":\"gpt-5\",\"choices\":[],\"usage\":"
                + "{\"prompt_tokens\":7,\"completion_tokens\":5,\"total_tokens\":12}}\n\n"
                + "data: [DONE]\n\n");
  }

  @Test
  void aChatThatIsCutBeforeItsFirstChunkStillEnds() {
    assertThat(cut(CHAT, ASK, ": wait\n\n"))
        .contains("\"index\":0,\"delta\":{},\"finish_reason\":\"length\"")
        .endsWith("data: [DONE]\n\n");
  }

  @Test
  void aCutMessageClosesItsBlockAndStops() {
    String stream = Streams.MESSAGES;
    String begun =
        stream.substring(
            0,
            stream.indexOf(
                "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1"));
    assertThat(cut(MESSAGES, MESSAGES_ASK, begun))
        .isEqualTo(
            """
            event: content_block_stop
            data: {"type":"content_block_stop","index":1}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"output_tokens":5}}

            event: message_stop
            data: {"type":"message_stop"}

            """);
  }

  @Test
  void aMessageThatIsCutBeforeItBeginsIsStillAMessage() {
    assertThat(cut(MESSAGES, MESSAGES_ASK, ":\n\n"))
        .startsWith("event: message_start\n")
        .contains("\"input_tokens\":7", "\"stop_reason\":\"max_tokens\"")
        .endsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
  }

  @Test
  void aBrokenStreamEndsWithTheDialectsErrorEvent() {
    AnswerReader chat = Reading.reader(CHAT, ASK, true);
    assertThat(Heads.text(chat.errorEnding("gone\n\n\"data:\u001b[31m")))
        .isEqualTo(
            "data: {\"error\":{\"message\":\"gone  \\\"data: [31m\",\"type\":\"server_error\","
                + "\"param\":null,\"code\":\"upstream_error\"}}\n\n");
    AnswerReader messages = Reading.reader(MESSAGES, MESSAGES_ASK, true);
    assertThat(Heads.text(messages.errorEnding("gone")))
        .isEqualTo(
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\","
                + "\"message\":\"gone\"}}\n\n");
  }

  @Test
  void anEndingNeverJoinsTheLastLineOfABrokenStream() {
    AnswerReader reader = Reading.reader(CHAT, ASK, true);
    StringBuilder seen = new StringBuilder();
    reader.read(Heads.utf8("data: {\"choi"), part -> seen.append(Heads.text(part)));
    assertThat(seen).isEmpty();
    reader.end(part -> seen.append(Heads.text(part)));
    seen.append(Heads.text(reader.errorEnding("gone")));
    assertThat(seen.toString()).startsWith("data: {\"error\":");
  }

  private static String cut(Dialect dialect, String ask, String begun) {
    AnswerReader reader = Reading.reader(dialect, ask, true);
    ByteBuf in = Heads.utf8(begun);
    reader.read(in, part -> part.release());
    String ending = Heads.text(reader.cutEnding(7, 5));
    assertThat(in.refCnt()).isZero();
    assertThat(ending.getBytes(StandardCharsets.UTF_8)).isNotEmpty();
    reader.close();
    return ending;
  }
}
