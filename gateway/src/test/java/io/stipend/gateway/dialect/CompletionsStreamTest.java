package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.stipend.metering.TokenUsage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams of legacy Completions, each a line of chunks written with single quotes. */
class CompletionsStreamTest {
  private static final Asking COMPLETIONS = Asking.at("/v1/completions");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ASK = "{'model':'c','prompt':['Once','upon'],'stream':true";
  private static final String ASK_USAGE = ASK + ",'stream_options':{'include_usage':true}";
  private static final String USAGE =
      "{'choices':[],'usage':{'prompt_tokens':5,'completion_tokens':7,'total_tokens':12}}";

  private static final String ZEROS =
      "{'choices':[],'usage':{'prompt_tokens':0,'completion_tokens':0,'total_tokens':0}}";

  private static String stream(String... chunks) {
    StringBuilder stream = new StringBuilder();
    for (String chunk : chunks) {
      stream.append("data: ").append(chunk.replace('\'', '"')).append("\n\n");
    }
    return stream.toString();
  }

  private static String text(int index, String text) {
    return "{'id':'cmpl-1','object':'text_completion','created':1790000000,'choices':[{'text':'"
        + text
        + "','index':"
        + index
        + ",'logprobs':null,'finish_reason':null}],'model':'c-0914'}";
  }

  private static String zero(String chunk) {
    return chunk.substring(0, chunk.length() - 1)
        + ",'usage':{'prompt_tokens':0,'completion_tokens':0,'total_tokens':0}}";
  }

  private static String running(String chunk, int completion) {
    return chunk.substring(0, chunk.length() - 1)
        + ",'usage':{'prompt_tokens':5,'completion_tokens':%d,'total_tokens':%d}}"
            .formatted(completion, 5 + completion);
  }

  /** By hand: what OpenAI, vLLM, llama.cpp and Ollama send, and what none should. */
  private static final String[] STREAMS = {
    stream(text(0, "Hi"), text(0, " you"), USAGE, "[DONE]"),
    stream(text(0, "Grüße, 世界 🌍"), text(0, "a \\'data: {}\\' \\n\\u00e9\\ud83c\\udf0d"), USAGE),
    stream(text(0, "a"), text(1, "b"), text(0, "c"), text(1, ""), USAGE, "[DONE]"),
    stream(zero(text(0, "Hi")), zero(text(0, " you")), zero(text(0, "")), USAGE, "[DONE]"),
    stream(zero(text(0, "Hi")), zero(text(0, " you")), "[DONE]"),
    stream(running(text(0, "a"), 1), running(text(0, "b"), 2), USAGE, "[DONE]"),
    stream(running(text(0, "a"), 1), running(text(0, "b"), 2), "[DONE]"),
    stream(text(0, "a"), USAGE, running(text(0, ""), 3), "[DONE]"),
    stream(text(0, "a"), USAGE, zero(text(0, "")), "[DONE]"),
    stream(ZEROS, running(text(0, ""), 3), "[DONE]"),
    stream(text(0, "a"), ZEROS, running(text(0, ""), 3), ZEROS, USAGE, "[DONE]"),
    stream(text(0, "a"), USAGE.replace("7", "6"), USAGE, "[DONE]"),
    stream("{'choices':[{'index':1,'text':'b'},{'index':0,'text':'a'}]}", USAGE, "[DONE]"),
    stream(
        "{'choices':[{'text':'a','logprobs':{'tokens':['a'],'text':'no','top_logprobs':[{'text':-1}]},"
            + "'index':0}],'usage':null}",
        USAGE,
        "[DONE]"),
    stream(
        "{'choices':[{'index':0,'text':null}]}", "{'choices':[{'finish_reason':'stop'}]}", USAGE),
    stream(text(0, "a"), "{'choices':[],'prompt_filter_results':[{}]}", USAGE, "[DONE]"),
    stream(text(0, "a"), "{'error':{'message':'no','type':'server_error'}}", "[DONE]"),
    stream(text(0, "\\n\\ndata: {\\'choices\\':[],\\'usage\\':{\\'prompt_tokens\\':1}}"), USAGE),
    ": keepalive\r\n\r\n" + stream(text(0, "a"), USAGE, "[DONE]").replace("\n", "\r\n"),
    stream(text(0, "a"), USAGE, "[DONE]").replace("data: ", "data:").stripTrailing(),
    stream(text(0, "a"), "{'choices':[{'text':'never ends", "{'choices':[{'index':0}]}", USAGE),
    stream(text(5_000, "a"), text(-1, "b"), "{'choices':[{'text':'c'}]}", USAGE, "[DONE]"),
  };

  /**
   * What another reader makes of the whole stream.
   *
   * @param usage of the last chunk without choices, else the last that is not zero
   */
  private record Oracle(String client, String text, TokenUsage usage) {
    static Oracle of(String stream, boolean usageAsked) throws IOException {
      String end = stream.contains("\r") ? "\r\n\r\n" : "\n\n";
      StringBuilder client = new StringBuilder();
      StringBuilder text = new StringBuilder();
      JsonNode usage = MissingNode.getInstance();
      boolean last = false;
      for (String event : stream.split("(?<=" + end + ")")) {
        JsonNode chunk = chunk(event.strip());
        JsonNode said = chunk.path("usage");
        boolean alone = said.isObject() && chunk.path("choices").isEmpty();
        for (JsonNode choice : chunk.path("choices")) {
          text.append(choice.path("text").asText(""));
          last &= choice.path("text").asText("").isEmpty();
        }
        if (alone || (!last && said.path("total_tokens").asLong() > 0)) {
          usage = said;
        }
        last |= alone && said.path("total_tokens").asLong() > 0;
        client.append(alone && !usageAsked ? "" : event);
      }
      TokenUsage tokens =
          usage.isMissingNode()
              ? null
              : TokenUsage.of(
                  usage.path("prompt_tokens").asLong(), usage.path("completion_tokens").asLong());
      return new Oracle(client.toString(), text.toString(), tokens);
    }

    private static JsonNode chunk(String event) {
      try {
        return JSON.readTree(event.replaceFirst("^data: ?", ""));
      } catch (IOException e) {
        return MissingNode.getInstance();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aStreamReadsAsItsWholeTextDoesHoweverItsBytesAreSplit(boolean usageAsked)
      throws IOException {
    assertThat(STREAMS).hasSizeGreaterThanOrEqualTo(12);
    String ask = (usageAsked ? ASK_USAGE : ASK) + "}";
    for (String stream : STREAMS) {
      byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
      Oracle oracle = Oracle.of(stream, usageAsked);
      Reading whole = Reading.of(COMPLETIONS.reader(ask, true), bytes);
      assertThat(whole.client()).isEqualTo(oracle.client);
      assertThat(whole.text()).as(stream).isEqualTo(oracle.text);
      assertThat(whole.usage() == null ? null : whole.usage().total())
          .as(stream)
          .isEqualTo(oracle.usage);
      for (int cut = 0; cut <= bytes.length; cut++) {
        assertEquals(whole, Reading.of(COMPLETIONS.reader(ask, true), bytes, cut), "cut " + cut);
      }
      assertThat(Reading.of(COMPLETIONS.reader(ask, true), bytes, Reading.everyByte(bytes.length)))
          .isEqualTo(whole);
      for (long seed = 0; seed < 50; seed++) {
        int[] cuts = new Random(seed).ints(7, 0, bytes.length).sorted().toArray();
        assertEquals(whole, Reading.of(COMPLETIONS.reader(ask, true), bytes, cuts), "seed " + seed);
      }
    }
  }

  @Test
  void zerosOnEveryChunkAreNoReport() {
    Reading read = read(ASK + "}", stream(zero(text(0, "Hi")), zero(text(0, "")), "[DONE]"));
    assertThat(read.usage()).isNull();
    assertThat(read.textBytes()).isEqualTo(2);
    assertThat(read.textEvents()).isEqualTo(1);
    assertThat(read.model()).isEqualTo("c-0914");
  }

  @Test
  void whatIsEchoedIsNoOutput() {
    String ask = ASK + ",'echo':true,'n':2}";
    String echoed =
        stream(
            text(0, "Once"),
            text(1, "Once there"),
            text(3, "upon"),
            text(2, "\\u0075pon \\u00e4"),
            text(0, " was"),
            text(3, "upon"));
    Reading read = read(ask, echoed);
    assertThat(read.text()).isEqualTo(" there ä wasupon");
    assertThat(read.textEvents()).isEqualTo(4);
    assertThat(read.client()).isEqualTo(echoed);
    assertThat(read(ASK + "}", echoed).text()).startsWith("OnceOnce there");
  }

  @Test
  void whatOnlyLooksLikeAnEchoIsOutput() {
    String ask = ASK + ",'echo':true}";
    assertThat(read(ask, stream(text(0, "Onc"), text(0, "e"), text(1, "uPon"))).text())
        .isEqualTo("OnceuPon");
    assertThat(read(ask, stream(text(2, "Once"), text(2_000, "upon"))).text())
        .as("choices that were not asked for")
        .isEqualTo("Onceupon");
    String ids = "{'model':'c','prompt':[[1,2],[3]],'echo':true,'stream':true}";
    assertThat(read(ids, stream(text(0, "Once"), text(1, "upon"))).text()).isEqualTo("Onceupon");
  }

  @Test
  void aCutCompletionEndsEveryChoiceThatIsOpenForItsLength() {
    String chunks =
        stream(
            text(0, "a"),
            text(2, "b"),
            "{'choices':[{'text':'','finish_reason':'stop','index':0}]}",
            text(1, ""));
    String end =
        "data: {'id':'cmpl-1','object':'text_completion','created':1790000000,'model':'c-0914',"
            + "'choices':[{'index':%d,'text':'','logprobs':null,'finish_reason':'length'}]}\n\n";
    String ends = (end.formatted(1) + end.formatted(2)).replace('\'', '"');
    assertThat(cut(ASK + "}", chunks)).isEqualTo(ends + "data: [DONE]\n\n");
    String usage =
        "data: {'id':'cmpl-1','object':'text_completion','created':1790000000,'model':'c-0914',"
            + "'choices':[],'usage':{'prompt_tokens':7,'completion_tokens':5,'total_tokens':12}}\n\n";
    assertThat(cut(ASK_USAGE + "}", chunks))
        .isEqualTo(ends + usage.replace('\'', '"') + "data: [DONE]\n\n");
  }

  @Test
  void aCompletionThatIsCutBeforeItsFirstChunkStillEnds() {
    assertThat(cut(ASK + "}", ": wait\n\n"))
        .contains("\"index\":0,\"text\":\"\",\"logprobs\":null,\"finish_reason\":\"length\"")
        .endsWith("data: [DONE]\n\n");
  }

  @Test
  void aBrokenCompletionEndsWithAnError() {
    assertThat(Heads.text(COMPLETIONS.reader(ASK + "}", true).errorEnding("gone")))
        .startsWith("data: {\"error\":{\"message\":\"gone\"");
  }

  private static String cut(String ask, String begun) {
    AnswerReader reader = COMPLETIONS.reader(ask, true);
    reader.read(Heads.utf8(begun), part -> part.release());
    String ending = Heads.text(reader.cutEnding(7, 5));
    reader.close();
    return ending;
  }

  private static Reading read(String ask, String stream) {
    return Reading.of(COMPLETIONS.reader(ask, true), stream.getBytes(StandardCharsets.UTF_8));
  }
}
