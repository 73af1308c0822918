package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.dialect.Dialect.Peek;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.Unreadable;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeminiPeekTest {
  private static final String GENERATE = "/v1beta/models/gemini-2.5-flash:generateContent";
  private static final String STREAM = "/v1/models/gemini-2.5-flash:streamGenerateContent";
  private static final String COUNT = "/v1alpha/models/gemini-2.5-flash:countTokens";
  private static final String CONTENTS = "'contents':[{'parts':[{'text':'Say something.'}]}]";

  @Test
  void theModelAndTheStreamStandInThePath() {
    String body =
        """
        {"contents":[{"role":"user","parts":[{"text":"Grüße"}]}],"serviceTier":"FLEX",
         "generationConfig":{"maxOutputTokens":500,"candidateCount":3,"temperature":0.5,
          "thinkingConfig":{"thinkingBudget":128,"includeThoughts":true},"responseModalities":["TEXT"]},
         "tools":[{"functionDeclarations":[{"name":"googleSearch"}]},{"computerUse":{}}],
         "cachedContent":null,"safetySettings":[{"a":1}]}""";
    int bytes = body.getBytes(StandardCharsets.UTF_8).length;
    assertThat(call(STREAM, body))
        .isEqualTo(
            new ModelCall(
                "gemini",
                "gemini",
                "gemini-2.5-flash",
                500,
                3,
                true,
                "flex",
                bytes,
                0,
                -1,
                true,
                true));
    ModelCall plain = call(GENERATE, "{" + CONTENTS + "}");
    assertThat(plain.stream()).isFalse();
    assertThat(plain.outputCap()).isEqualTo(-1);
    assertThat(plain.choices()).isEqualTo(1);
  }

  @Test
  void bothSpellingsOfTheApiMeanTheSame() {
    ModelCall json =
        call(
            GENERATE,
            "{'generationConfig':{'maxOutputTokens':9,'candidateCount':2,'thinkingConfig':"
                + "{'thinkingBudget':-1}},'serviceTier':'priority','cachedContent':'c'}");
    ModelCall proto =
        call(
            GENERATE,
            "{'generation_config':{'max_output_tokens':9,'candidate_count':2,'thinking_config':"
                + "{'thinking_budget':-1}},'service_tier':'priority','cached_content':'c'}");
    assertThat(proto.outputCap()).isEqualTo(9).isEqualTo(json.outputCap());
    assertThat(proto.choices()).isEqualTo(2).isEqualTo(json.choices());
    assertThat(proto.thinkingBudget()).isEqualTo(-1).isEqualTo(json.thinkingBudget());
    assertThat(proto.serviceTier()).isEqualTo("priority").isEqualTo(json.serviceTier());
    assertThat(proto.mediaTokens()).isEqualTo(Media.UNSEEN_DOCUMENT_TOKENS);
    assertThat(json.mediaTokens()).isEqualTo(Media.UNSEEN_DOCUMENT_TOKENS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'thinkingBudget':0} | 0 | false",
        "{'thinkingBudget':0,'includeThoughts':true} | 0 | false",
        "{'thinkingBudget':-1} | -1 | true",
        "{'thinkingBudget':2048} | -1 | true",
        "{'thinkingBudget':null} | 0 | false",
        "{'thinkingLevel':'low'} | -1 | true",
        "{'includeThoughts':true} | -1 | true",
        "{'includeThoughts':false} | 0 | false",
        "{} | 0 | false",
        "null | 0 | false",
      })
  void whatTheRequestLetsTheModelThinkIsHidden(String thinking, long budget, boolean hidden) {
    ModelCall call = call(GENERATE, "{'generationConfig':{'thinkingConfig':" + thinking + "}}");
    assertThat(call.thinkingBudget()).isEqualTo(budget);
    assertThat(call.hiddenReasoning()).isEqualTo(hidden);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'generationConfig':{'maxOutputTokens':1},'generation_config':{}} | generation_config",
        "{'generation_config':{},'generationConfig':{}} | generationConfig",
        "{'generationConfig':{'maxOutputTokens':1,'max_output_tokens':9}} | generationConfig.max_output_tokens",
        "{'generationConfig':{'maxOutputTokens':1,'maxOutputTokens':9}} | generationConfig.maxOutputTokens",
        "{'generationConfig':{'maxoutputtokens':1}} | generationConfig.maxoutputtokens",
        "{'GenerationConfig':{}} | GenerationConfig",
        "{'generation_Config':{}} | generation_Config",
        "{'generationConfig':[]} | generationConfig",
        "{'generationConfig':{'maxOutputTokens':0}} | generationConfig.maxOutputTokens",
        "{'generationConfig':{'maxOutputTokens':-5}} | generationConfig.maxOutputTokens",
        "{'generationConfig':{'maxOutputTokens':'12'}} | generationConfig.maxOutputTokens",
        "{'generationConfig':{'maxOutputTokens':1e9}} | generationConfig.maxOutputTokens",
        "{'generationConfig':{'candidateCount':9}} | generationConfig.candidateCount",
        "{'generationConfig':{'candidateCount':0}} | generationConfig.candidateCount",
        "{'generationConfig':{'thinkingConfig':{'thinkingBudget':-2}}} | generationConfig.thinkingConfig.thinkingBudget",
        "{'generationConfig':{'thinkingConfig':{'thinkingBudget':1,'thinking_budget':2}}} | generationConfig.thinkingConfig.thinking_budget",
        "{'generationConfig':{'thinkingConfig':true}} | generationConfig.thinkingConfig",
        "{'generationConfig':{'responseModalities':['TEXT','AUDIO']}} | generationConfig.responseModalities",
        "{'generationConfig':{'response_modalities':'IMAGE'}} | generationConfig.responseModalities",
        "{'generationConfig':{'speechConfig':{}}} | generationConfig.speechConfig",
        "{'tools':[{'googleSearch':{},'google_search':{}}]} | tools.google_search",
        "{'tools':[{'functionDeclarations':[]},{'googleSearchRetrieval':{}}]} | tools",
        "{'tools':[{'codeExecution':{}}]} | tools",
        "{'tools':[{'urlContext':{}}]} | tools",
        "{'tools':[{'fileSearch':{}}]} | tools",
        "{'tools':[{'googleMaps':{}}]} | tools",
        "{'tools':[{'whatComesNext':{}}]} | tools",
        "{'tools':{'googleSearch':{}}} | tools",
        "{'tools':['googleSearch']} | tools",
        "{'model':'models/gemini-2.5-pro'} | model",
        "{'model':7} | model",
        "{'serviceTier':7} | serviceTier",
      })
  void aFieldThatCannotBeHeldToItsPriceIsNamed(String body, String param) {
    Refusal refusal = refused(GENERATE, "", body);
    assertThat(refusal.param()).isEqualTo(param);
    assertThat(refusal.message()).startsWith(param);
  }

  @Test
  void whatIsNullIsAbsent() {
    ModelCall call =
        call(
            GENERATE,
            "{'tools':null,'serviceTier':null,'model':null,'generationConfig':{'maxOutputTokens':null,"
                + "'candidateCount':null,'responseModalities':null,'speechConfig':null}}");
    assertThat(call.outputCap()).isEqualTo(-1);
    assertThat(call.choices()).isEqualTo(1);
    assertThat(call(GENERATE, "{'generationConfig':null}").outputCap()).isEqualTo(-1);
    assertThat(call(GENERATE, "{'tools':[{'googleSearch':null}]}").metered()).isTrue();
    assertThat(call(GENERATE, "{'model':'models/gemini-2.5-flash'}").model())
        .isEqualTo("gemini-2.5-flash");
  }

  @Test
  void aCountIsFreeAndMayNameAnything() {
    ModelCall call =
        call(
            COUNT,
            "{'generateContentRequest':{'model':'models/gemini-2.5-flash','tools':[{'googleSearch':{}}],"
                + "'contents':[{'parts':[{'inlineData':{'mimeType':'audio/wav','data':'AAAA'}}]}]}}");
    assertThat(call.metered()).isFalse();
    assertThat(call.dialect()).isEqualTo("gemini-count-tokens");
    assertThat(refused(COUNT, "", "{'generateContentRequest':{'model':'models/other'}}").param())
        .isEqualTo("generateContentRequest.model");
  }

  @Test
  void mediaDataIsNoTextAndHasAnEstimate() {
    String data = "iVBORw0KGgo".repeat(1_000);
    String body =
        "{'contents':[{'parts':[{'text':'hi'},"
            + "{'inlineData':{'mimeType':'image/png','data':'%s'}},"
            + "{'inline_data':{'data':'%s','mime_type':'application/pdf'}},"
            + "{'fileData':{'mimeType':'image/png','fileUri':'https://example.org/files/a'}},"
            + "{'functionCall':{'name':'f','args':{'inlineData':{'mimeType':'audio/wav'}}}},"
            + "{'functionResponse':{'name':'f','response':{'fileData':1},'parts':["
            + "{'inlineData':{'mimeType':'IMAGE/JPEG','data':'%s'}}]}}]}],"
            + "'system_instruction':{'parts':[{'text':'be kind'}]}}";
    ModelCall call = call(GENERATE, body.formatted(data, data, data));
    assertThat(call.textBytes()).isBetween(body.length() - 20L, body.length() + 0L);
    long pdf = data.length() / 3;
    long others = 2 * GeminiMedia.IMAGE_TOKENS + Media.UNSEEN_DOCUMENT_TOKENS;
    assertThat(call.mediaTokens()).isBetween(others + pdf, others + pdf + 20);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'inlineData':{'mimeType':'audio/wav','data':'AAAA'}}",
        "{'inline_data':{'mime_type':'VIDEO/mp4','data':'AAAA'}}",
        "{'inlineData':{'mimeType':' audio/wav','data':'AAAA'}}",
        "{'inlineData':{'mimeType':'application/ogg','data':'AAAA'}}",
        "{'inlineData':{'data':'AAAA'}}",
        "{'inlineData':{'mimeType':'image/png','mime_type':'audio/wav'}}",
        "{'inlineData':'AAAA'}",
        "{'fileData':{'fileUri':'https://example.org/a'}}",
        "{'fileData':{'mimeType':'image/png','fileUri':'https://www.YouTube.com/watch?v=1'}}",
        "{'file_data':{'mime_type':'image/png','file_uri':'https://youtu.be/1'}}",
      })
  void whatMayBeAudioOrVideoIsRefused(String part) {
    String content = "{'contents':[{'parts':[" + part + "]}]}";
    assertThat(refused(GENERATE, "", content).param()).matches("(inline|file)Data.*");
    String system = "{'systemInstruction':{'parts':[" + part + "]}}";
    assertThat(refused(GENERATE, "", system).param()).matches("(inline|file)Data.*");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "?", "?alt=sse", "?alt=json", "?alt=sse&prettyPrint=false"})
  void aQueryThatKeepsTheAnswerReadablePasses(String query) {
    assertThat(peek(STREAM, query, "{" + CONTENTS + "}")).isInstanceOf(Peeked.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "?alt=proto",
        "?alt=media",
        "?alt=SSE",
        "?alt=sse&alt=json",
        "?$alt=json",
        "?fields=candidates",
        "?alt=sse&fields=candidates",
        "?$fields=candidates",
        "?al%74=proto",
        "?callback=x",
        "?generationConfig.maxOutputTokens=9",
      })
  void aQueryThatCouldHideTheUsageIsRefused(String query) {
    assertThat(refused(STREAM, query, "{" + CONTENTS + "}").param()).isEqualTo("query");
  }

  @ParameterizedTest
  @CsvSource({
    "/v1beta/models/gemini-2.5-flash:generateContent, gemini",
    "/v1/models/gemini-2.5-flash:streamGenerateContent, gemini",
    "/v1alpha/models/a_b~c.d-E9:countTokens, gemini-count-tokens",
    "/v1beta/models/*:generateContent, ''",
    "/v1beta/models/:generateContent, ''",
    "/v1beta/models/..:generateContent, ''",
    "/v1beta/models/.x:generateContent, ''",
    "/v1beta/models/a/b:generateContent, ''",
    "/v1beta/models/a:b:generateContent, ''",
    "/v1beta/models/a%2Fb:generateContent, ''",
    "/v1beta/models/a%0ab:generateContent, ''",
    "/v1beta/models/a b:generateContent, ''",
    "/v1beta/tunedModels/a:generateContent, ''",
    "/v1beta/models/a:generateContent/, ''",
    "/v1beta/models/a:GenerateContent, ''",
    "/v1beta/models/a:embedContent, gemini-embeddings",
    "/v1beta/models/a:embedcontent, ''",
    "/v1beta/models/a:predict, ''",
    "/v2/models/a:generateContent, ''",
    "//v1beta/models/a:generateContent, ''",
    "/v1beta/models/gemini-2.5-flash, ''",
  })
  void onlyAPathThatNamesOneModelIsServed(String path, String id) {
    Dialect dialect = Dialects.at(path);
    assertThat(dialect == null ? "" : dialect.id()).isEqualTo(id);
  }

  @Test
  void aNameIsAtMostAsLongAsInABody() {
    assertThat(Dialects.at("/v1/models/" + "a".repeat(256) + ":countTokens")).isNotNull();
    assertThat(Dialects.at("/v1/models/" + "a".repeat(257) + ":countTokens")).isNull();
  }

  private static ModelCall call(String path, String body) {
    Peek peek = peek(path, "", body);
    assertThat(peek).as(body).isInstanceOf(Peeked.class);
    return ((Peeked) peek).call();
  }

  private static Refusal refused(String path, String query, String body) {
    Peek peek = peek(path, query, body);
    assertThat(peek).as(body).isInstanceOf(Unreadable.class);
    Refusal refusal = ((Unreadable) peek).refusal();
    assertThat(refusal.reason()).isEqualTo(RefusalReason.INVALID_BODY);
    return refusal;
  }

  private static Peek peek(String path, String query, String body) {
    RequestHead head = Heads.post(path);
    head = new RequestHead(HttpMethod.POST, path, query, head.headers(), head.source(), true);
    ByteBuf buffer = Heads.utf8(body.replace('\'', '"'));
    try {
      return Dialects.at(path).peek(head, buffer);
    } finally {
      buffer.release();
    }
  }
}
