package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.gateway.dialect.Dialect.Peek;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.Unreadable;
import io.stipend.metering.TokenUsage;
import io.stipend.policy.ModelCall;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Embeddings of the Gemini API: one model, text alone, a usage that mostly is not told. */
class GeminiEmbeddingsTest {
  private static final String ONE = "/v1beta/models/gemini-embedding-001:embedContent";
  private static final String MANY = "/v1beta/models/gemini-embedding-001:batchEmbedContents";
  private static final String TEXT = "'content':{'parts':[{'text':'Grüße, 世界'}]}";

  private static Peek peek(String path, String body) {
    return Dialects.at(path).peek(Heads.post(path), Heads.utf8(body.replace('\'', '"')));
  }

  private static String edited(String path, String body, Edit edit) {
    ByteBuf buffer = Unpooled.wrappedBuffer(Asking.json(body));
    Dialect dialect = Dialects.at(path);
    Peeked peeked = (Peeked) dialect.peek(Heads.post(path), buffer);
    return Heads.text(dialect.edit(buffer, peeked, edit)).replace('"', '\'');
  }

  @Test
  void theWholeBodyIsInputAndNothingIsGenerated() {
    for (String path : new String[] {ONE, MANY}) {
      String body =
          path.equals(ONE)
              ? "{" + TEXT + ",'taskType':'RETRIEVAL_QUERY','outputDimensionality':256}"
              : "{'requests':[{'model':'models/gemini-embedding-001',"
                  + TEXT
                  + "},{"
                  + TEXT
                  + "}]}";
      assertThat(((Peeked) peek(path, body)).call())
          .isEqualTo(
              new ModelCall(
                  "gemini-embeddings",
                  "gemini",
                  "gemini-embedding-001",
                  0,
                  1,
                  false,
                  null,
                  body.getBytes(StandardCharsets.UTF_8).length,
                  0,
                  0,
                  false,
                  true));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'model':'models/other','content':{}} | model",
        "{'model':7} | model",
        "{'requests':[{'model':'other'}]} | requests.model",
        "{'requests':[{'model':'models/gemini-embedding-001'},{'model':'models/x'}]} | requests.model",
        "{'requests':{}} | requests",
        "{'requests':[7]} | requests",
        "{'requests':[{'Model':'x'}]} | requests.Model",
        "{'content':{},'content':{}} | content",
        "{'content':{'parts':[{'inlineData':{'mimeType':'image/png','data':'AAAA'}}]}} | content",
        "{'content':{'parts':[{'file_data':{'mimeType':'application/pdf','fileUri':'x'}}]}} | content",
        "{'requests':[{'content':{'parts':[{'inlineData':{'mimeType':'text/plain','data':'A'}}]}}]} | requests.content",
        "{'content':{'parts':[{'inlineData':{'mimeType':'audio/wav','data':'AAAA'}}]}} | inlineData",
      })
  void whatCannotBeMeteredOrContradictsThePathIsRefusedByName(String body, String param) {
    for (String path : new String[] {ONE, MANY}) {
      Peek peek = peek(path, body);
      assertThat(peek).as(body).isInstanceOf(Unreadable.class);
      assertThat(((Unreadable) peek).refusal().param()).isEqualTo(param);
    }
  }

  @Test
  void noMoreAreAskedForAtOnceThanAreRead() {
    String one = "{" + TEXT + "},";
    String most = "{'requests':[" + one.repeat(GeminiEmbedBody.MAX_REQUESTS - 1) + "{}]}";
    assertThat(peek(MANY, most)).isInstanceOf(Peeked.class);
    assertThat(peek(MANY, most.replace("{}]", "{},{}]"))).isInstanceOf(Unreadable.class);
  }

  @Test
  void anotherModelIsSaidWhereverTheBodySaysOne() {
    String body =
        "{ 'requests':[{'model' : 'models/gemini-embedding-001','content':{}},{'content':{}},"
            + "{'content':{},'model':'gemini-embedding-001'}] }";
    assertThat(edited(MANY, body, new Edit("m", -1)))
        .isEqualTo(
            "{ 'requests':[{'model' : 'models/m','content':{}},{'content':{}},"
                + "{'content':{},'model':'models/m'}] }");
    assertThat(edited(MANY, body, new Edit(null, 9))).isEqualTo(body);
    assertThat(edited(ONE, "{" + TEXT + "}", new Edit("m", -1))).isEqualTo("{" + TEXT + "}");
    assertThat(Dialects.at(MANY).target(Heads.post(MANY), new Edit("m", -1)))
        .isEqualTo("/v1beta/models/m:batchEmbedContents");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "{'embedding':{'values':[-0.0123,1e-5,0]}} | -",
        "{'embeddings':[{'values':[1]},{'values':[2]}]} | -",
        "{'embeddings':[]} | -",
        "{} | -",
        "{'embedding':{'values':[1]},'usageMetadata':{'promptTokenCount':8}} | 8",
        "{'usageMetadata':{'promptTokenCount':8,'totalTokenCount':8},'embedding':{}} | 8",
        "{'embedding':{'usageMetadata':{'promptTokenCount':3}}} | -",
        "{'embedding':{},'usageMetadata':{}} | -",
        "{'embedding':{},'usageMetadata':null} | -",
        "{'embedding':{},'usageMetadata':{'promptTokenCount':'8'}} | -",
        "{'embedding':{},'usageMetadata':[{'promptTokenCount':8}]} | -",
        "{'embedding':{},'usageMetadata':{'promptTokenCount':8,'promptTokensDetails':[{'modality':'TEXT','tokenCount':8}]}} | 8",
        "{'x':'\\\\','usageMetadata':{'promptTokenCount':5},'embedding':{'values':[0]}} | 5",
      })
  void anAnswerReadsTheSameHoweverItsBytesAreSplit(String answer, Long input) {
    byte[] bytes = Asking.json(answer);
    Reading whole = Reading.of(reader(), bytes);
    assertThat(whole.client()).isEqualTo(answer.replace('\'', '"'));
    assertThat(whole.textBytes()).isZero();
    if (input == null) {
      assertThat(whole.usage() == null || whole.usage().absurd()).isTrue();
    } else {
      assertThat(whole.usage().total()).isEqualTo(TokenUsage.of(input, 0));
      assertThat(whole.usage().absurd()).isFalse();
    }
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertEquals(whole, Reading.of(reader(), bytes, cut), "cut at " + cut);
    }
    assertThat(Reading.of(reader(), bytes, Reading.everyByte(bytes.length))).isEqualTo(whole);
  }

  private static AnswerReader reader() {
    Peeked peeked = (Peeked) peek(ONE, "{" + TEXT + "}");
    return Dialects.at(ONE).reader(peeked, false, new Dialect.ReaderLimits(1 << 20, 64));
  }
}
