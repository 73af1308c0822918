package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import io.stipend.policy.ModelCall;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What generates nothing: Embeddings, and Moderations, which are free besides. */
class EmbeddingsTest {
  private static final Asking EMBEDDINGS = Asking.at("/v1/embeddings");
  private static final Asking MODERATIONS = Asking.at("/v1/moderations");
  private static final String ASK = "{'model':'text-embedding-3-small','input':'a'}";

  @Test
  void embeddingsSayWhatTheyAsk() {
    String body =
        "{'input':['Grüße','b'],'model':'openai/text-embedding-3-small','encoding_format':'base64',"
            + "'dimensions':256,'user':'ada','max_tokens':99}";
    int bytes = body.getBytes(StandardCharsets.UTF_8).length;
    assertThat(EMBEDDINGS.call(body))
        .isEqualTo(
            new ModelCall(
                "openai-embeddings",
                "openai",
                "openai/text-embedding-3-small",
                0,
                1,
                false,
                null,
                bytes,
                0,
                0,
                false,
                true));
  }

  @Test
  void moderationsAreFreeAndHaveAUsualModel() {
    ModelCall unnamed = MODERATIONS.call("{'input':'a'}");
    assertThat(unnamed.model()).isEqualTo("omni-moderation-latest");
    assertThat(unnamed.metered()).isFalse();
    assertThat(MODERATIONS.call("{'model':null,'input':[]}").model())
        .isEqualTo("omni-moderation-latest");
    assertThat(MODERATIONS.call("{'input':[{'type':'image_url'}],'model':'text-mod'}").model())
        .isEqualTo("text-mod");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'input':'a'} | model",
        "{'model':null,'input':'a'} | model",
        "{'model':'','input':'a'} | model",
        "{'model':'a','model':'b'} | model",
        "{'model':'a','Model':'b'} | Model",
        "{'model':'a','input':'a','input':'b'} | input",
        "{'model':'a','Input':'b'} | Input",
        "{'model':'a','service_tier':7} | service_tier",
        "{'model':'a','messages':[{'content':[{'type':'input_audio','input_audio':{}}]}]} | input_audio",
      })
  void aFieldThatTwoReadersCouldReadDifferentlyIsNamed(String body, String param) {
    assertThat(EMBEDDINGS.refused(body).param()).isEqualTo(param);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{'model':'','input':'a'}", "{'model':'a','mod\\u0065l':'b'}"})
  void freeIsNotLoose(String body) {
    assertThat(MODERATIONS.refused(body).param()).isEqualTo("model");
  }

  @Test
  void imagesThatSomeServicesEmbedAreCounted() {
    ModelCall call =
        EMBEDDINGS.call(
            "{'model':'e','messages':[{'role':'user','content':[{'type':'image_url',"
                + "'image_url':{'url':'https://example.org/a.png'}}]}]}");
    assertThat(call.mediaTokens()).isEqualTo(Media.IMAGE_TOKENS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "{'model':'m','input':[[1,2]]} | - | {'model':'m','input':[[1,2]]}",
        "{ 'input' : 'a', 'model' : 'x/m' } | m | { 'input' : 'a', 'model' : 'm' }",
        "{'model':'m','input':'a','dimensions':4} | n | {'model':'n','input':'a','dimensions':4}",
      })
  void noCapIsEverPutIntoARequestThatGeneratesNothing(String body, String model, String expected) {
    for (long cap : new long[] {-1, 0, 9}) {
      assertThat(EMBEDDINGS.edited(body, new Edit(model, cap))).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'input':'a'} | {'model':'m','input':'a'}",
        "{} | {'model':'m'}",
        "{ 'model':null } | { 'model':'m' }",
        "{'model':'text-moderation'} | {'model':'m'}",
      })
  void aModelOfAnAliasIsPutWhereNoneStood(String body, String expected) {
    assertThat(MODERATIONS.edited(body, new Edit("m", -1))).isEqualTo(expected);
    assertThat(MODERATIONS.edited(body, new Edit(null, -1))).isEqualTo(body);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'prompt_tokens':8,'total_tokens':8} | 8 | false",
        "{'prompt_tokens':8,'completion_tokens':0,'total_tokens':8} | 8 | false",
        "{'prompt_tokens':0,'total_tokens':0} | 0 | true",
        "{'prompt_tokens':8} | 8 | false",
        "{'total_tokens':8} | 8 | false",
        "{'prompt_tokens':8,'total_tokens':null} | 8 | false",
        "{'prompt_tokens':8,'total_tokens':9} | 9 | true",
        "{'prompt_tokens':8,'total_tokens':2} | 8 | true",
        "{'prompt_tokens':8,'completion_tokens':3,'total_tokens':11} | 11 | true",
        "{'prompt_tokens':-8,'total_tokens':8} | 8 | true",
        "{'prompt_tokens':8.5,'total_tokens':9} | 9 | true",
        "{'prompt_tokens':8,'total_tokens':1e18} | 8 | true",
        "{'prompt_tokens':1e18,'total_tokens':8} | 1000000000 | true",
        "{'prompt_tokens':'8','total_tokens':8} | 8 | true",
      })
  void usageIsTheInputAlone(String usage, long input, boolean absurd) {
    UsageReport report = read("{'object':'list','data':[],'usage':" + usage + "}").usage();
    assertThat(report.total()).isEqualTo(TokenUsage.of(input, 0));
    assertThat(report.absurd()).isEqualTo(absurd);
  }

  @Test
  void usageWithoutAnyFigureIsNoReport() {
    for (String usage : new String[] {"{}", "null", "{'prompt_tokens':null}", "[]", "7"}) {
      assertThat(read("{'data':[],'usage':" + usage + "}").usage()).as(usage).isNull();
    }
    assertThat(read("{'data':[]}").complete()).isFalse();
  }

  @Test
  void anAnswerReadsTheSameHoweverItsBytesAreSplit() throws Exception {
    String vectors =
        "{'object':'list','data':[{'object':'embedding','index':0,'embedding':[-0.0123,1e-5,0]},"
            + "{'object':'embedding','embedding':'AAC/Pw==','index':1,'usage':{'prompt_tokens':1}}],"
            + "'model':'text-embedding-3-small','usage':{'prompt_tokens':8,'total_tokens':8}}\n";
    byte[] bytes = Asking.json(vectors);
    Reading whole = Reading.of(EMBEDDINGS.reader(ASK, false), bytes);
    assertThat(whole.client()).isEqualTo(vectors.replace('\'', '"'));
    assertThat(whole.model()).isEqualTo("text-embedding-3-small");
    assertThat(whole.textBytes()).isZero();
    JsonNode parsed = new ObjectMapper().readTree(bytes);
    assertThat(whole.usage().total().input())
        .isEqualTo(parsed.at("/usage/prompt_tokens").longValue());
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertEquals(whole, Reading.of(EMBEDDINGS.reader(ASK, false), bytes, cut), "cut at " + cut);
    }
    assertThat(Reading.of(EMBEDDINGS.reader(ASK, false), bytes, Reading.everyByte(bytes.length)))
        .isEqualTo(whole);
  }

  @Test
  void vectorsOfAnySizeAreNoTextAndAreNotKept() {
    AnswerReader reader = EMBEDDINGS.reader(ASK, false);
    long[] seen = {0};
    String numbers = "-0.0123456789,".repeat(4_096);
    String base64 = "A".repeat(64 * 1_024);
    feed(reader, "{\"data\":[{\"embedding\":[", seen);
    for (int i = 0; i < 512; i++) {
      feed(reader, numbers, seen);
    }
    feed(reader, "0]},{\"embedding\":\"", seen);
    for (int i = 0; i < 512; i++) {
      feed(reader, base64, seen);
    }
    feed(reader, "\"}],\"usage\":{\"prompt_tokens\":5,\"total_tokens\":5}}", seen);
    reader.end(part -> count(part, seen));
    assertThat(seen[0]).isGreaterThan(60L << 20);
    assertThat(reader.textBytes()).isZero();
    assertThat(reader.textEvents()).isZero();
    assertThat(reader.text()).isEmpty();
    assertThat(reader.usage().total()).isEqualTo(TokenUsage.of(5, 0));
  }

  private static void feed(AnswerReader reader, String text, long[] seen) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    reader.read(Unpooled.wrappedBuffer(bytes), part -> count(part, seen));
  }

  private static void count(ByteBuf part, long[] seen) {
    seen[0] += part.readableBytes();
    part.release();
  }

  private static Reading read(String answer) {
    return Reading.of(EMBEDDINGS.reader(ASK, false), Asking.json(answer));
  }
}
