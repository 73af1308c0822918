package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.Dialect.Peek;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.Unreadable;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PeekTest {
  private static final Dialect CHAT = Dialects.at("/v1/chat/completions");
  private static final Dialect MESSAGES = Dialects.at("/v1/messages");
  private static final Dialect COUNT = Dialects.at("/v1/messages/count_tokens");

  @Test
  void chatSaysWhatItAsks() {
    String body =
        """
        {"model":"gpt-5","messages":[{"role":"user","content":"Grüße"}],"stream":true,"n":3,
         "max_completion_tokens":500,"max_tokens":400,"service_tier":"flex","reasoning_effort":"high",
         "user":"ada","metadata":{"a":"b"},"store":true,"modalities":["text"],"audio":null}""";
    ModelCall call = call(CHAT, body);
    int bytes = body.getBytes(StandardCharsets.UTF_8).length;
    assertThat(call)
        .isEqualTo(
            new ModelCall(
                "openai-chat", "openai", "gpt-5", 500, 3, true, "flex", bytes, 0, -1, true, true));
  }

  @Test
  void theLargerOfTwoCapsIsTakenBecauseTheProviderMayObeyEither() {
    String body = "{\"model\":\"m\",\"max_tokens\":%d,\"max_completion_tokens\":%d}";
    assertThat(call(CHAT, body.formatted(9, 80_000)).outputCap()).isEqualTo(80_000);
    assertThat(call(CHAT, body.formatted(80_000, 9)).outputCap()).isEqualTo(80_000);
  }

  @Test
  void aTypeThatIsNoWordHidesNothingOfItsPart() {
    String body =
        """
        {"model":"m","messages":[{"role":"user","content":[
         {"type":["image_url"],"image_url":"https://a"},{"type":{"a":{}},"image_url":"https://b"},
         {"type":{"type":[]},"input_audio":null,"image_url":"https://c"}]}]}""";
    assertThat(call(CHAT, body).mediaTokens()).isEqualTo(3 * Media.IMAGE_TOKENS);
  }

  @Test
  void messagesSayWhatTheyAsk() {
    String body =
        """
        {"model":"claude-opus-4-5","max_tokens":128000,"stream":true,"speed":"fast","messages":[],
         "thinking":{"type":"enabled","budget_tokens":2048},"context_management":{"edits":[]},
         "metadata":{"user_id":"{\\"device_id\\":\\"d\\",\\"session_id\\":\\"abc-1\\"}"},
         "tools":[{"name":"web_search_mine","input_schema":{}},{"type":"bash_20250124"}],"mcp_servers":[]}""";
    Peeked peeked = (Peeked) peek(MESSAGES, body);
    assertThat(peeked.labels().sessionId()).isEqualTo("abc-1");
    assertThat(peeked.call())
        .isEqualTo(
            new ModelCall(
                "anthropic-messages",
                "anthropic",
                "claude-opus-4-5",
                128_000,
                1,
                true,
                "fast",
                body.length(),
                0,
                2_048,
                true,
                true));
  }

  @Test
  void countingTokensIsUnmeteredAndNeedsNoCap() {
    ModelCall call =
        call(COUNT, "{\"model\":\"c\",\"tools\":[{\"type\":\"web_search_20250305\"}]}");
    assertThat(call.metered()).isFalse();
    assertThat(call.dialect()).isEqualTo("anthropic-count-tokens");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'type':'adaptive'} | -1 | true",
        "{'type':'disabled'} | 0 | false",
        "{'type':'enabled','budget_tokens':1024} | 1024 | true",
        "{'type':'something_new'} | -1 | true",
        "null | 0 | false",
      })
  void thinkingIsHiddenOutputWithOrWithoutABudget(String thinking, long budget, boolean hidden) {
    ModelCall call =
        call(MESSAGES, "{'model':'c','max_tokens':2000,'thinking':%s}".formatted(thinking));
    assertThat(call.thinkingBudget()).isEqualTo(budget);
    assertThat(call.hiddenReasoning()).isEqualTo(hidden);
  }

  @Test
  void whatIsNullIsAbsent() {
    ModelCall call =
        call(
            CHAT,
            "{'model':'m','stream':null,'n':null,'max_tokens':null,'max_completion_tokens':null,"
                + "'service_tier':null,'stream_options':null,'reasoning_effort':null,"
                + "'modalities':null,'web_search_options':null}");
    assertThat(call.outputCap()).isEqualTo(-1);
    assertThat(call.choices()).isEqualTo(1);
    assertThat(call.stream()).isFalse();
    assertThat(call.hiddenReasoning()).isFalse();
    assertThat(call(CHAT, "{'model':'m','reasoning_effort':'none'}").hiddenReasoning()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-1",
        "1e308",
        "'12'",
        "1.5",
        "1.0",
        "1e3",
        "true",
        "[]",
        "{}",
        "1000000001",
        "-0",
        "9223372036854775808",
        "99999999999999999999999999"
      })
  void aCapIsAnIntegerWithinBounds(String cap) {
    for (String name : List.of("max_tokens", "max_completion_tokens")) {
      assertThat(refused(CHAT, "{'model':'m','" + name + "':" + cap + "}").param()).isEqualTo(name);
    }
    Refusal refusal = refused(MESSAGES, "{'model':'m','max_tokens':" + cap + "}");
    assertThat(refusal.param()).isEqualTo("max_tokens");
    assertThat(refusal.message()).startsWith("max_tokens: ").contains("1..1000000000");
    assertThat(refused(CHAT, "{'model':'m','n':" + cap + "}").param()).isEqualTo("n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'model':'a','model':'b'} | model",
        "{'model':'a','mod\\u0065l':'b'} | model",
        "{'model':'a','user':1,'us\\u0065r':2} | user",
        "{'model':'a','n':1,'n':2} | n",
        "{'model':'a','stream':true,'stream':false} | stream",
        "{'model':'a','max_tokens':1,'max_tokens':2} | max_tokens",
        "{'model':'a','Model':'b'} | Model",
        "{'model':'a','MAX_TOKENS':1} | MAX_TOKENS",
        "{'model':'a','max_to\\u212Aens':1} | max_to\u212Aens",
        "{'model':'a','\\u017Ftream':true} | \u017Ftream",
        "{'model':'a','stream_options':{'include_usage':true,'include_usage':false}} | stream_options.include_usage",
        "{'model':'a','stream_options':{'Include_usage':false}} | stream_options.Include_usage",
        "{'model':'a','stream_options':{'include_usage':1}} | stream_options.include_usage",
        "{'model':'a','stream_options':'x'} | stream_options",
        "{'model':'a','stream':'true'} | stream",
        "{'model':'a','stream':1} | stream",
        "{'model':'a','n':129} | n",
        "{'model':'a','best_of':2} | best_of",
        "{'model':'a','modalities':['text','audio']} | modalities",
        "{'model':'a','modalities':'audio'} | modalities",
        "{'model':'a','audio':{}} | audio",
        "{'model':'a','web_search_options':{'search_context_size':7}} | web_search_options.search_context_size",
        "{'model':'a','messages':[{'content':[{'type':'input_audio','input_audio':{'data':''}}]}]} | input_audio",
        "{'model':'a','service_tier':7} | service_tier",
        "{'model':'a','input':[{'role':'user','content':'b'}]} | messages",
        "{'messages':[]} | model",
        "{'model':null} | model",
        "{'model':''} | model",
        "{'model':' a'} | model",
        "{'model':'a '} | model",
        "{'model':'a\\n'} | model",
        "{'model':'a\\u0000'} | model",
        "{'model':'a\\u001b[31m'} | model",
        "{'model':'a\\ud800'} | model",
        "{'model':'\\udc00a'} | model",
        "{'model':'a\\u202eb'} | model",
        "{'model':7} | model",
        "{'model':['a']} | model",
      })
  void aFieldThatTwoReadersCouldReadDifferentlyIsNamed(String body, String param) {
    Refusal refusal = refused(CHAT, body);
    assertThat(refusal.param()).isEqualTo(param);
    assertThat(refusal.message().codePoints()).allMatch(Words::isPlain);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'model':'a'} | max_tokens",
        "{'model':'a','max_tokens':null} | max_tokens",
        "{'model':'a','max_tokens':9,'thinking':{'type':'enabled','type':'disabled'}} | thinking.type",
        "{'model':'a','max_tokens':9,'thinking':{'budget_tokens':0}} | thinking.budget_tokens",
        "{'model':'a','max_tokens':9,'thinking':{'Budget_tokens':5}} | thinking.Budget_tokens",
        "{'model':'a','max_tokens':9,'thinking':true} | thinking",
        "{'model':'a','max_tokens':9,'tools':[{'type':'web_search_20250305','max_uses':0}]} | tools.max_uses",
        "{'model':'a','max_tokens':9,'tools':[{'max_uses':1,'type':'web_search_1','max_uses':9}]} | tools.max_uses",
        "{'model':'a','max_tokens':9,'tools':[{'type':'mcp_toolset'}]} | tools",
        "{'model':'a','max_tokens':9,'tools':[{'name':'x','type':'code_execution_20250522'}]} | tools",
        "{'model':'a','max_tokens':9,'mcp_servers':[{'url':'x'}]} | mcp_servers",
        "{'model':'a','max_tokens':9,'container':'c'} | container",
        "{'model':'a','max_tokens':9,'Max_Tokens':8} | Max_Tokens",
      })
  void whatMessagesMayNotSayIsNamed(String body, String param) {
    assertThat(refused(MESSAGES, body).param()).isEqualTo(param);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "  ",
        "null",
        "[]",
        "[{'model':'a'}]",
        "'model'",
        "{'model':'a'} x",
        "{'model':'a'}{'model':'b'}",
        "{'model':'a'",
        "{'model':'a',}",
        "{model:'a'}",
        "{'model':'a','x':01}",
        "{'model':'a','x':NaN}",
        "{'model':'a','x':tru}",
        "{'model':'a','x':'\u0001'}",
        "{'model':'a' /* c */}",
        "\uFEFF{'model':'a'}",
      })
  void whatIsNoJsonObjectIsRefused(String body) {
    for (Dialect dialect : Dialects.all()) {
      String model = "gemini-embeddings".equals(dialect.id()) ? "'models/gemini-2.5-flash'" : "'a'";
      assertThat(refused(dialect, body.replace("'a'", model)).message())
          .as(dialect.id())
          .startsWith(isForm(dialect) ? "Content-Type: missing" : "body: ");
    }
  }

  private static boolean isForm(Dialect dialect) {
    return List.of("openai-transcriptions", "openai-translations", "openai-image-variations")
        .contains(dialect.id());
  }

  @Test
  void otherEncodingsAndBrokenUtf8AreRefused() {
    String json = "{\"model\":\"a\",\"max_tokens\":5}";
    for (String charset : List.of("UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32LE", "UTF-32BE")) {
      refused(CHAT, json.getBytes(Charset.forName(charset)));
    }
    int[][] broken = {
      {0xC0, 0xAF},
      {0xC1, 0x81},
      {0xE0, 0x80, 0x80},
      {0xED, 0xA0, 0x80},
      {0xF4, 0x90, 0x80, 0x80},
      {0xF5, 0x80, 0x80, 0x80},
      {0x80},
      {0xE4, 0xB8},
      {0xFF}
    };
    for (int[] bytes : broken) {
      byte[] tail = "\",\"model\":\"a\"}".getBytes(StandardCharsets.UTF_8);
      byte[] body = new byte[6 + bytes.length + tail.length];
      System.arraycopy("{\"x\":\"".getBytes(StandardCharsets.UTF_8), 0, body, 0, 6);
      for (int i = 0; i < bytes.length; i++) {
        body[6 + i] = (byte) bytes[i];
      }
      System.arraycopy(tail, 0, body, 6 + bytes.length, tail.length);
      refused(CHAT, body);
    }
    assertThat(call(CHAT, "{'x':'\u0080\u07FF\u0800\uFFFD\uD800\uDC00','model':'ü/世界'}").model())
        .isEqualTo("ü/世界");
  }

  @Test
  void depthDigitsAndSizesAreBounded() {
    String open = "{\"model\":\"a\",\"x\":";
    refused(CHAT, open + "[".repeat(10_000) + "]".repeat(10_000) + "}");
    refused(CHAT, open + "9".repeat(2_000) + "}");
    refused(CHAT, "{\"model\":\"" + "a".repeat(257) + "\"}");
    refused(CHAT, "{\"model\":\"" + "a".repeat(5_000_000) + "\"}");
    refused(CHAT, "{\"" + "k".repeat(60_000) + "\":1,\"model\":\"a\"}");
    StringBuilder many = new StringBuilder("{\"model\":\"a\"");
    for (int i = 0; i < 2_000; i++) {
      many.append(",\"k").append(i).append("\":1");
    }
    refused(CHAT, many.append("}").toString());
    call(CHAT, "{\"model\":\"" + "a".repeat(256) + "\"}");
    call(CHAT, open + "[".repeat(500) + "]".repeat(500) + "}");
  }

  @Test
  void mediaDataIsNoTextAndHasAnEstimate() {
    String data = "iVBORw0KGgo".repeat(1_000);
    String chat =
        "{'model':'m','messages':[{'role':'user','content':[{'type':'text','text':'hi'},"
            + "{'type':'image_url','image_url':{'url':'data:image/png;base64,%s','detail':'low'}},"
            + "{'type':'image_url','image_url':{'url':'https://example.org/a.png'}},"
            + "{'type':'file','file':{'filename':'a.pdf','file_data':'data:application/pdf;base64,%s'}},"
            + "{'type':'file','file':{'file_id':'f1'}}]}]}";
    ModelCall call = call(CHAT, chat.formatted(data, data));
    assertThat(call.textBytes()).isBetween(chat.length() - 100L, chat.length() + 0L);
    long pdf = data.length() / 3;
    assertThat(call.mediaTokens()).isBetween(6_000 + 200_000 + pdf, 6_000 + 200_000 + pdf + 20);

    String messages =
        "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':["
            + "{'type':'image','source':{'type':'base64','media_type':'image/png','data':'%s'}},"
            + "{'source':{'data':'%s','media_type':'application/pdf','type':'base64'},'type':'document'},"
            + "{'type':'image','source':{'type':'url','url':'https://example.org/a.png'}},"
            + "{'type':'tool_result','content':[{'type':'image','source':{'type':'base64','data':'%s'}}]},"
            + "{'type':'document','source':{'type':'text','data':'%s'}},"
            + "{'type':'search_result','source':'https://example.org','content':[]},"
            + "{'type':'tool_use','input':{'source':{'type':'base64','data':'%s'}}}]}]}";
    ModelCall second = call(MESSAGES, messages.formatted(data, data, data, data, data));
    assertThat(second.mediaTokens()).isBetween(9_000 + pdf, 9_000 + pdf + 20);
    long text = messages.length() + 2L * data.length();
    assertThat(second.textBytes()).isBetween(text - 100, text);
  }

  @Test
  void sessionsComeFromHeadersFirstAndOnlyIfTheyArePlain() {
    String body =
        "{'model':'m','max_tokens':9,'metadata':{'user_id':'user_ab_account__session_cd-1'}}";
    assertThat(session(body)).isEqualTo("cd-1");
    assertThat(session(body, "X-Claude-Code-Session-Id", "s:1.x")).isEqualTo("s:1.x");
    assertThat(session(body, "session-id", "a b")).isEqualTo("cd-1");
    assertThat(session(body, "x-session-id", "a".repeat(65))).isEqualTo("cd-1");
    assertThat(session("{'model':'m','max_tokens':9,'metadata':{'user_id':'ada'}}")).isNull();
    Peek peek =
        MESSAGES.peek(
            Heads.post(
                "/v1/messages", "x-claude-code-session-id", "s", "x-claude-code-agent-id", "a"),
            Heads.utf8(body.replace('\'', '"')));
    assertThat(((Peeked) peek).labels()).isEqualTo(new Labels("s", "a", null));
  }

  private static String session(String body, String... headers) {
    ByteBuf buffer = Heads.utf8(body.replace('\'', '"'));
    Peek peek = MESSAGES.peek(Heads.post("/v1/messages", headers), buffer);
    return ((Peeked) peek).labels().sessionId();
  }

  private static ModelCall call(Dialect dialect, String body) {
    Peek peek = peek(dialect, body.replace('\'', '"'));
    assertThat(peek).as(body).isInstanceOf(Peeked.class);
    return ((Peeked) peek).call();
  }

  private static Refusal refused(Dialect dialect, String body) {
    return refused(dialect, body.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static Refusal refused(Dialect dialect, byte[] body) {
    Peek peek = peek(dialect, body);
    assertThat(peek).isInstanceOf(Unreadable.class);
    Refusal refusal = ((Unreadable) peek).refusal();
    assertThat(refusal.reason()).isEqualTo(RefusalReason.INVALID_BODY);
    assertThat(refusal.message().length()).isLessThan(300);
    return refusal;
  }

  private static Peek peek(Dialect dialect, String body) {
    return peek(dialect, body.getBytes(StandardCharsets.UTF_8));
  }

  /** Peeks into an array at an offset and into direct memory: both must read the same. */
  private static Peek peek(Dialect dialect, byte[] body) {
    ByteBuf shifted = Unpooled.buffer().writeBytes(new byte[5]).skipBytes(5).writeBytes(body);
    ByteBuf direct = PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(body);
    Peek first = dialect.peek(Heads.to(dialect), shifted);
    Peek second = dialect.peek(Heads.to(dialect), direct);
    assertThat(second).isEqualTo(first);
    assertThat(shifted.readableBytes()).isEqualTo(body.length);
    assertThat(shifted.release()).isTrue();
    assertThat(direct.release()).isTrue();
    return first;
  }
}
