package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.Unreadable;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.TokenUsage;
import io.stipend.policy.ModelCall;
import io.stipend.policy.PolicyEngine.ModelListing;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI's APIs under Azure's paths, most of which name a deployment. */
class AzureTest {
  private static final String CHAT = "/openai/deployments/gpt-4o/chat/completions";
  private static final String QUERY = "?api-version=2024-10-21";

  private static RequestHead head(String path) {
    return new RequestHead(
        io.netty.handler.codec.http.HttpMethod.POST,
        path,
        QUERY,
        new DefaultHttpHeaders(),
        InetAddress.getLoopbackAddress(),
        true);
  }

  private static Peeked peek(String path, String body) {
    return (Peeked) Dialects.at(path).peek(head(path), Heads.utf8(body.replace('\'', '"')));
  }

  private static String edited(String path, String body, Edit edit) {
    ByteBuf buffer = Unpooled.wrappedBuffer(Asking.json(body));
    Dialect dialect = Dialects.at(path);
    Peeked peeked = (Peeked) dialect.peek(head(path), buffer);
    return Heads.text(dialect.edit(buffer, peeked, edit)).replace('"', '\'');
  }

  @ParameterizedTest
  @CsvSource({
    "/openai/deployments/gpt-4o/chat/completions, azure-chat",
    "/openai/deployments/gpt-4o/completions, azure-completions",
    "/openai/deployments/gpt-4o/embeddings, azure-embeddings",
    "/openai/v1/chat/completions, azure-chat",
    "/openai/v1/responses, azure-responses",
    "/openai/v1/embeddings, azure-embeddings",
  })
  void itsPathsAreServed(String path, String id) {
    Dialect dialect = Dialects.at(path);
    assertThat(dialect.id()).isEqualTo(id);
    assertThat(dialect.vendor()).isEqualTo("azure");
    HttpHeaders headers = new DefaultHttpHeaders();
    dialect.authorize(headers, "k-1");
    assertThat(headers.names()).containsExactly("api-key");
    assertThat(headers.get("api-key")).isEqualTo("k-1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/openai/deployments/gpt-4o/audio/speech",
        "/openai/deployments/gpt-4o/chat/completions/",
        "/openai/deployments/gpt-4o/extensions/chat/completions",
        "/openai/deployments//chat/completions",
        "/openai/deployments/.gpt/chat/completions",
        "/openai/deployments/a:b/chat/completions",
        "/openai/deployments/gpt-4o",
        "/openai/deployments/gpt-4o/responses",
        "/openai/v1/completions",
        "/openai/chat/completions",
        "/Openai/v1/responses",
        "/openai/deployments/*/x/../chat/completions",
      })
  void otherPathsAreNot(String path) {
    assertThat(Dialects.at(path)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'messages':[]}",
        "{'model':'gpt-4o','messages':[]}",
        "{'model':'gpt-5-pro','messages':[]}",
        "{'model':null,'messages':[]}",
        "{'model':'','messages':[]}",
      })
  void theDeploymentIsTheModelWhateverTheBodySays(String body) {
    ModelCall call = peek(CHAT, body).call();
    assertThat(call.model()).isEqualTo("gpt-4o");
    assertThat(call.vendor()).isEqualTo("azure");
    assertThat(call.dialect()).isEqualTo("azure-chat");
    assertThat(peek("/openai/deployments/gpt-4o/embeddings", body).call().model())
        .isEqualTo("gpt-4o");
    assertThat(peek("/openai/deployments/gpt-4o/completions", body).call().model())
        .isEqualTo("gpt-4o");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{'model':'a','model':'b'}", "{'model':7}", "{'Model':'b'}", "{'model':['a']}"})
  void aBodyThatTwoReadersCouldReadDifferentlyIsRefused(String body) {
    for (String api : List.of("chat/completions", "completions", "embeddings")) {
      String path = "/openai/deployments/gpt-4o/" + api;
      assertThat(Dialects.at(path).peek(head(path), Heads.utf8(body.replace('\'', '"'))))
          .as("%s %s", api, body)
          .isInstanceOf(Unreadable.class);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "{'messages':[]} | - | {'messages':[]}",
        "{'messages':[]} | gpt-4o-mini | {'messages':[]}",
        "{'model':'gpt-5-pro','messages':[]} | - | {'model':'gpt-4o','messages':[]}",
        "{'messages':[],'model':null} | - | {'messages':[],'model':'gpt-4o'}",
        "{'model':'gpt-4o','a':1} | gpt-4o-mini | {'model':'gpt-4o-mini','a':1}",
      })
  void theBodySaysNoOtherModelThanThePath(String body, String model, String expected) {
    assertThat(edited(CHAT, body, new Edit(model, -1))).isEqualTo(expected);
    Dialect dialect = Dialects.at(CHAT);
    String sent = model == null ? "gpt-4o" : model;
    assertThat(dialect.target(head(CHAT), new Edit(model, -1)))
        .isEqualTo("/openai/deployments/" + sent + "/chat/completions" + QUERY);
    String embeddings = "/openai/deployments/gpt-4o/embeddings";
    assertThat(edited(embeddings, body, new Edit(model, -1))).isEqualTo(expected);
  }

  @Test
  void withoutADeploymentTheBodyNamesTheModel() {
    String path = "/openai/v1/chat/completions";
    assertThat(peek(path, "{'model':'gpt-4o'}").call().model()).isEqualTo("gpt-4o");
    assertThat(Dialects.at(path).peek(head(path), Heads.utf8("{}"))).isInstanceOf(Unreadable.class);
    assertThat(edited(path, "{'model':'gpt-4o'}", new Edit("b", -1))).isEqualTo("{'model':'b'}");
    assertThat(Dialects.at(path).target(head(path), new Edit("b", -1))).isEqualTo(path + QUERY);
    assertThat(edited(CHAT, "{'stream':true,'messages':[]}", new Edit(null, 9)))
        .isEqualTo(
            "{'max_completion_tokens':9,'stream_options':{'include_usage':true},'stream':true,"
                + "'messages':[]}");
  }

  @Test
  void onlyItsOwnModelsAreListedUnderItsPath() {
    List<ModelListing> models =
        List.of(
            new ModelListing("gpt-4o", "east", "azure"),
            new ModelListing("gpt-5", "openai", "openai"));
    assertThat(Dialects.listsModels("/openai/v1/models")).isTrue();
    assertThat(Heads.text(Dialects.models(models, Heads.post("/openai/v1/models"), "gw-1").body()))
        .contains("gpt-4o")
        .doesNotContain("gpt-5");
  }

  private static final String FIRST =
      "data: {'choices':[],'created':0,'id':'','model':'','prompt_filter_results':[{'prompt_index':"
          + "0,'content_filter_results':{'hate':{'filtered':false,'severity':'safe'}}}]}\n\n";
  private static final String HELLO =
      "data: {'id':'c','created':1,'model':'gpt-4o-2024-08-06','choices':[{'index':0,'delta':"
          + "{'content':'Grüße 🌍'},'finish_reason':null,'content_filter_results':{}}]%s}\n\n";
  private static final String JUDGED =
      "data: {'id':'','model':'','choices':[{'index':0,'finish_reason':null,'content_filter_results'"
          + ":{'protected_material_text':{'filtered':false,'detected':false}},"
          + "'content_filter_offsets':{'check_offset':44,'start_offset':44,'end_offset':198}}]}\n\n";
  private static final String STOP =
      "data: {'id':'c','choices':[{'index':0,'delta':{},'finish_reason':'stop'}]%s}\n\n";
  private static final String USAGE =
      "data: {'id':'c','choices':[],'model':'gpt-4o-2024-08-06','usage':{'prompt_tokens':%d,"
          + "'completion_tokens':%d,'total_tokens':%d}}\n\n";
  private static final String DONE = "data: [DONE]\n\n";

  /** Streams as Azure sends them, with what they come to; -1 for no report. */
  static Stream<List<Object>> streams() {
    String nothing = ",'usage':null";
    String usage = USAGE.formatted(9, 4, 13);
    List<List<Object>> all = new ArrayList<>();
    all.add(of(FIRST + HELLO.formatted("") + STOP.formatted("") + usage + DONE, 9, 4));
    all.add(of(FIRST + HELLO.formatted(nothing) + STOP.formatted(nothing) + usage + DONE, 9, 4));
    all.add(of(FIRST + HELLO.formatted("") + JUDGED + STOP.formatted("") + usage + DONE, 9, 4));
    all.add(of(FIRST + HELLO.formatted("") + STOP.formatted("") + JUDGED + usage + DONE, 9, 4));
    all.add(of(FIRST + HELLO.formatted("") + STOP.formatted("") + usage + JUDGED + DONE, 9, 4));
    all.add(of(HELLO.formatted("") + usage + DONE, 9, 4));
    all.add(of(FIRST + FIRST + HELLO.formatted("") + usage, 9, 4));
    all.add(of(FIRST + HELLO.formatted("") + STOP.formatted("") + DONE, -1, 0));
    all.add(of(FIRST + HELLO.formatted(""), -1, 0));
    all.add(of(FIRST, -1, 0));
    all.add(of(FIRST + USAGE.formatted(9, 0, 9) + DONE, 9, 0));
    all.add(of(FIRST.replace("\n", "\r\n") + usage.replace("\n", "\r\n") + DONE, 9, 4));
    all.add(of(": ping\n\n" + FIRST + HELLO.formatted("") + usage + "data:[DONE]\n\n", 9, 4));
    return all.stream();
  }

  private static List<Object> of(String stream, long input, long output) {
    return List.of(stream, input, output);
  }

  @ParameterizedTest
  @MethodSource("streams")
  void aStreamReadsTheSameHoweverItsBytesAreSplit(List<Object> one) {
    byte[] bytes = Asking.json((String) one.get(0));
    Reading whole = Reading.of(reader(), bytes);
    long input = (long) one.get(1);
    assertThat(whole.usage() == null).isEqualTo(input < 0);
    if (input >= 0) {
      assertThat(whole.usage().total()).isEqualTo(TokenUsage.of(input, (long) one.get(2)));
      assertThat(whole.complete()).isTrue();
    }
    String seen = whole.client();
    String chunks = new String(bytes, StandardCharsets.UTF_8);
    assertThat(seen).as("the judgement of the prompt passes").startsWith(chunks.substring(0, 9));
    assertThat(seen).doesNotContain("\"usage\":{");
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertEquals(whole, Reading.of(reader(), bytes, cut), "cut at " + cut);
    }
    assertThat(Reading.of(reader(), bytes, Reading.everyByte(bytes.length))).isEqualTo(whole);
  }

  private static AnswerReader reader() {
    return Reading.reader(Dialects.at(CHAT), "{\"stream\":true,\"model\":\"x\"}", true);
  }
}
