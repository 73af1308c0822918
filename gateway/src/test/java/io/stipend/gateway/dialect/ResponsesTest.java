package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.Dialect.Answer;
import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.gateway.dialect.Dialect.Peek;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.Unreadable;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.TokenUsage;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses: what is read of a request and an answer, what is edited, and how it ends. */
class ResponsesTest {
  private static final Dialect RESPONSES = Dialects.at("/v1/responses");
  private static final Dialect COUNT = Dialects.at("/v1/responses/input_tokens");
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String ASK = "{\"model\":\"gpt-5\",\"stream\":true}";
  private static final String CODEX = "codex_exec/0.169.0 (Linux)";

  /** Bytes that a body holds beside the data of its media. */
  private static final int SMALL = 200;

  @Test
  void aRequestSaysItsModelCapTierAndThinking() {
    ModelCall call =
        call(
            """
            {"model":"gpt-5-mini","input":"hi","max_output_tokens":512,"stream":true,
             "service_tier":"flex","reasoning":{"effort":"high","summary":"auto"}}
            """);
    assertThat(call.dialect()).isEqualTo("openai-responses");
    assertThat(call.vendor()).isEqualTo("openai");
    assertThat(call.model()).isEqualTo("gpt-5-mini");
    assertThat(call.outputCap()).isEqualTo(512);
    assertThat(call.stream()).isTrue();
    assertThat(call.serviceTier()).isEqualTo("flex");
    assertThat(call.hiddenReasoning()).isTrue();
    assertThat(call.thinkingBudget()).isEqualTo(-1);
    assertThat(call.mediaTokens()).isZero();
    assertThat(call.metered()).isTrue();
    ModelCall silent = call("{\"model\":\"m\",\"reasoning\":{\"effort\":\"none\"}}");
    assertThat(silent.hiddenReasoning()).isFalse();
    assertThat(silent.outputCap()).isEqualTo(-1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'previous_response_id':'resp_1'",
        "'conversation':{'id':'conv_1'}",
        "'input':[{'type':'message','content':[{'type':'input_file','file_id':'file-1'}]}]",
        "'input':[{'type':'message','content':[{'type':'input_file','file_url':'https://x/y'}]}]",
        "'input':[{'type':'item_reference','id':'msg_1'}]",
      })
  void inputThatTheBodyDoesNotShowIsTakenForAUsualContext(String field) {
    ModelCall call = call(("{'model':'m'," + field + "}").replace('\'', '"'));
    assertThat(call.mediaTokens()).isEqualTo(Media.UNSEEN_DOCUMENT_TOKENS);
  }

  @Test
  void mediaIsNoText() {
    String data = "A".repeat(90_000);
    ModelCall call =
        call(
            ("{'model':'m','input':[{'role':'user','content':[{'type':'input_text','text':'hi'},"
                    + "{'type':'input_image','image_url':'data:image/png;base64,"
                    + data
                    + "'},{'type':'input_file','filename':'a.pdf','file_data':'data:application/pdf;base64,"
                    + data
                    + "'},{'file_id':'file-1','type':'input_image'}]}]}")
                .replace('\'', '"'));
    assertThat(call.textBytes()).isLessThan(2 * SMALL);
    assertThat(call.mediaTokens()).isBetween(36_000L, 37_000L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'input':'hi'} | model",
        "{'model':'m','background':7} | background",
        "{'model':'m','store':'no'} | store",
        "{'model':'m','tools':[{'type':'function','name':'f'},{'type':'file_search'}]} | tools",
        "{'model':'m','tools':[{'type':'web_search'},{'type':'code_interpreter'}]} | tools",
        "{'model':'m','tools':[{'type':'image_generation'}]} | tools",
        "{'model':'m','prompt':{'id':'pmpt_1'}} | prompt",
        "{'model':'m','tools':[{'type':'bing_grounding'}]} | tools",
        "{'model':'m','tools':[{'type':'shell','environment':{'type':'container_auto'}}]} | tools",
        "{'model':'m','tools':[{'environment':{'type':'container_reference'},'type':'shell'}]} | tools",
        "{'model':'m','tools':[{'type':'shell','environment':{}}]} | tools",
        "{'model':'m','tools':[{'type':'shell','environment':{'type':'local','type':'x'}}]} | tools.environment.type",
        "{'model':'m','max_tool_calls':-1} | max_tool_calls",
        "{'model':'m','max_tool_calls':1,'max_tool_calls':2} | max_tool_calls",
        "{'model':'m','tools':[{'type':'mcp','server_url':'x'}]} | tools",
        "{'model':'m','max_output_tokens':'9'} | max_output_tokens",
        "{'model':'m','Max_Output_Tokens':9} | Max_Output_Tokens",
        "{'model':'m','model':'n'} | model",
        "{'model':'m','input':[{'content':[{'type':'input_audio','input_audio':{'data':'x'}}]}]} | input_audio",
      })
  void whatCannotBeMeteredIsRefusedByName(String body, String param) {
    Refusal refusal = ((Unreadable) peek(RESPONSES, body.replace('\'', '"'))).refusal();
    assertThat(refusal.reason()).isEqualTo(RefusalReason.INVALID_BODY);
    assertThat(refusal.param()).isEqualTo(param);
    assertThat(refusal.message()).startsWith(param + ": ").contains(":");
  }

  @Test
  void toolsOfTheClientAndNullsPass() {
    call(
        """
        {"model":"m","background":null,"reasoning":null,"conversation":null,"prompt":null,
         "tools":[{"type":"function","name":"web_search"},{"type":"custom","name":"x"},
                  {"type":"local_shell"},{"type":"apply_patch"},{"type":"shell"},
                  {"type":"shell","environment":null},
                  {"type":"shell","environment":{"type":"local","skills":[{"type":"x"}]}}]}
        """);
  }

  @Test
  void aCountIsFreeWhateverItHolds() {
    ModelCall call =
        ((Peeked)
                peek(
                    COUNT,
                    "{\"model\":\"m\",\"prompt\":{\"id\":\"p\"},\"stream\":true,"
                        + "\"tools\":[{\"type\":\"web_search\"},"
                        + "{\"type\":\"shell\",\"environment\":{\"type\":\"container_auto\"}}]}"))
            .call();
    assertThat(call.metered()).isFalse();
    assertThat(call.stream()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "{'model':'m'} | - | -1 | {'model':'m'}",
        "{'model':'m'} | - | 99 | {'max_output_tokens':99,'model':'m'}",
        "{ 'model' : 'm' } | x | 99 | {'max_output_tokens':99, 'model' : 'x' }",
        "{'model':'m','max_output_tokens': 500 } | - | 99 | {'model':'m','max_output_tokens': 99 }",
        "{'model':'m','max_output_tokens':50} | - | 99 | {'model':'m','max_output_tokens':50}",
        "{'model':'m','max_output_tokens':null} | - | 99 | {'model':'m','max_output_tokens':99}",
        "{'model':'m','stream':true} | - | -1 | {'model':'m','stream':true}",
      })
  void onlyWhatPolicySetsIsEdited(String body, String model, long cap, String expected) {
    ByteBuf in = Heads.utf8(body.replace('\'', '"'));
    Peeked peeked = (Peeked) RESPONSES.peek(Heads.post("/v1/responses"), in);
    String out = Heads.text(RESPONSES.edit(in, peeked, new Edit(model, cap)));
    assertThat(out).isEqualTo(expected.replace('\'', '"'));
    assertThat(in.refCnt()).isZero();
  }

  @Test
  void aStreamYieldsUsageTextModelAndTierHoweverItIsSplit() {
    for (String end : new String[] {"\n", "\r\n"}) {
      byte[] bytes = Streams.RESPONSES.replace("\n", end).getBytes(StandardCharsets.UTF_8);
      Reading whole = Reading.of(Reading.reader(RESPONSES, ASK, true), bytes);
      assertThat(whole.client()).isEqualTo(Streams.RESPONSES.replace("\n", end));
      assertThat(whole.usage().total()).isEqualTo(new TokenUsage(30, 60, 10, 0, 50, 20));
      assertThat(whole.usage().absurd()).isFalse();
      assertThat(whole.usage().serviceTier()).isEqualTo("default");
      assertThat(whole.model()).isEqualTo("gpt-5-2025-08-07");
      assertThat(whole.text()).isEqualTo(Streams.RESPONSES_TEXT);
      assertThat(whole.textEvents()).isEqualTo(5);
      assertThat(whole.complete()).isTrue();
      for (int cut = 0; cut <= bytes.length; cut++) {
        assertEquals(whole, read(bytes, cut), "cut at " + cut);
      }
      assertThat(read(bytes, Reading.everyByte(bytes.length))).isEqualTo(whole);
      for (long seed = 0; seed < 200; seed++) {
        int[] cuts = new Random(seed).ints(7, 0, bytes.length).sorted().toArray();
        assertEquals(whole, read(bytes, cuts), "seed " + seed);
      }
    }
  }

  private static Reading read(byte[] bytes, int... cuts) {
    return Reading.of(Reading.reader(RESPONSES, ASK, true), bytes, cuts);
  }

  @Test
  void theUsageOfAStreamIsThatOfItsWholeAnswer() throws IOException {
    // The second oracle: the answer that the last event repeats, read as a body of its own.
    String last = Streams.RESPONSES.substring(Streams.RESPONSES.lastIndexOf("data: ") + 6);
    String body = MAPPER.readTree(last).get("response").toString();
    Reading whole =
        Reading.of(
            Reading.reader(RESPONSES, "{\"model\":\"gpt-5\"}", false),
            body.getBytes(StandardCharsets.UTF_8));
    assertThat(whole.client()).isEqualTo(body);
    assertThat(whole.usage())
        .isEqualTo(read(Streams.RESPONSES.getBytes(StandardCharsets.UTF_8)).usage());
  }

  @Test
  void aStreamThatIsCutEarlyHasNoReport() {
    String early = Streams.RESPONSES.substring(0, Streams.RESPONSES.lastIndexOf("event: "));
    Reading read = read(early.getBytes(StandardCharsets.UTF_8));
    assertThat(read.usage()).isNull();
    assertThat(read.complete()).isFalse();
    assertThat(read.text()).isEqualTo(Streams.RESPONSES_TEXT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'input_tokens':9,'output_tokens':2,'total_tokens':11} | 9,0,0,0,2,0 | false",
        "{'input_tokens':9,'output_tokens':2,'total_tokens':14} | 9,0,0,0,5,0 | true",
        "{'input_tokens':9,'input_tokens_details':{'cached_tokens':12},'output_tokens':2} | 0,12,0,0,2,0 | true",
        "{'input_tokens':9,'output_tokens':2,'output_tokens_details':{'reasoning_tokens':7}} | 9,0,0,0,7,7 | true",
        "{'input_tokens':9,'input_tokens_details':null,'output_tokens':0,'total_tokens':9} | 9,0,0,0,0,0 | false",
        "{'output_tokens':2} | 0,0,0,0,2,0 | true",
      })
  void figuresThatContradictLoseNoKnownPart(String usage, String tokens, boolean absurd)
      throws IOException {
    ResponsesUsage read = ResponsesUsage.of(MAPPER.readTree(usage.replace('\'', '"')));
    long[] t = Arrays.stream(tokens.split(",")).mapToLong(Long::parseLong).toArray();
    assertThat(read.tokens()).isEqualTo(new TokenUsage(t[0], t[1], t[2], t[3], t[4], t[5]));
    assertThat(read.absurd()).isEqualTo(absurd);
    assertThat(ResponsesUsage.of(MAPPER.readTree("{}"))).isNull();
  }

  @Test
  void aCutEndsAsIncompleteAndForCodexAsAPromptThatItDoesNotSendAgain() throws IOException {
    JsonNode plain = cut("agent/1");
    assertThat(plain.get("type").asText()).isEqualTo("response.incomplete");
    assertThat(plain.get("sequence_number").asInt()).isEqualTo(6);
    assertThat(plain.at("/response/id").asText()).isEqualTo("resp_1");
    assertThat(plain.at("/response/model").asText()).isEqualTo("gpt-5-2025-08-07");
    assertThat(plain.at("/response/incomplete_details/reason").asText())
        .isEqualTo("max_output_tokens");
    assertThat(plain.at("/response/usage/total_tokens").asInt()).isEqualTo(12);
    JsonNode codex = cut(CODEX);
    assertThat(codex.get("type").asText()).isEqualTo("response.failed");
    assertThat(codex.at("/response/error/code").asText()).isEqualTo("invalid_prompt");
    assertThat(codex.at("/response/error/message").asText()).contains("allowance");
  }

  private static JsonNode cut(String agent) throws IOException {
    ByteBuf ask = Heads.utf8(ASK);
    RequestHead head = Heads.post("/v1/responses", "user-agent", agent);
    AnswerReader reader =
        RESPONSES.reader((Peeked) RESPONSES.peek(head, ask), true, Reading.LIMITS);
    int sixth = Streams.RESPONSES.indexOf("event: response.reasoning");
    reader.read(Heads.utf8(Streams.RESPONSES.substring(0, sixth)), ByteBuf::release);
    String ending = Heads.text(reader.cutEnding(7, 5));
    reader.close();
    String data = ending.substring(ending.indexOf("\ndata: ") + 7);
    JsonNode event = MAPPER.readTree(data);
    assertThat(ending).startsWith("event: " + event.get("type").asText() + "\n").endsWith("\n\n");
    return event;
  }

  @Test
  void aBrokenStreamEndsAsFailed() {
    AnswerReader reader = Reading.reader(RESPONSES, ASK, true);
    assertThat(Heads.text(reader.errorEnding("gone")))
        .startsWith("event: response.failed\ndata: {\"type\":\"response.failed\"")
        .contains("\"code\":\"server_error\",\"message\":\"gone\"");
  }

  @Test
  void anExhaustedBudgetReadsForCodexAsItsOwnLimit() throws IOException {
    Instant reset = Instant.parse("2030-01-01T00:00:00Z");
    Refusal spent =
        new Refusal(
            RefusalReason.BUDGET_EXHAUSTED, "No money é left. Ask Grace.", null, reset, null);
    Answer answer =
        RESPONSES.refuse(spent, Heads.post("/v1/responses", "user-agent", CODEX), "gw-1", 0);
    JsonNode error = MAPPER.readTree(Heads.text(answer.body())).get("error");
    assertThat(answer.status()).isEqualTo(429);
    assertThat(error.get("type").asText()).isEqualTo("usage_limit_reached");
    assertThat(error.get("resets_at").asLong()).isEqualTo(reset.getEpochSecond());
    assertThat(answer.headers().get("x-codex-promo-message"))
        .isEqualTo("No money ? left. Ask Grace");
    assertThat(answer.headers().get("x-should-retry")).isEqualTo("false");
    assertThat(answer.headers().contains("retry-after")).isFalse();
    RequestHead other = Heads.post("/v1/responses", "user-agent", "curl/8");
    assertThat(RESPONSES.refuse(spent, other, "gw-1", 0).status()).isEqualTo(402);
    RequestHead pinned = Heads.post("/v1/responses", "user-agent", CODEX);
    assertThat(RESPONSES.refuse(spent, pinned, "gw-1", 403).status()).isEqualTo(403);
  }

  private static ModelCall call(String body) {
    return ((Peeked) peek(RESPONSES, body)).call();
  }

  private static Peek peek(Dialect dialect, String body) {
    ByteBuf in = Heads.utf8(body);
    Peek peek = dialect.peek(Heads.post(dialect.paths().get(0)), in);
    in.release();
    return peek;
  }
}
