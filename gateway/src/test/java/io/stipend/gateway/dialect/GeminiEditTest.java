package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.server.RequestHead;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeminiEditTest {
  private static final String PATH = "/v1beta/models/gemini-2.5-flash:generateContent";
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int CASES = Boolean.getBoolean("stipend.tests.full") ? 20_000 : 1_000;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "{'contents':[]} | - | -1 | {'contents':[]}",
        "{'contents':[]} | other | -1 | {'contents':[]}",
        "{'contents':[]} | - | 9 | {'generationConfig':{'maxOutputTokens':9},'contents':[]}",
        "{} | - | 9 | {'generationConfig':{'maxOutputTokens':9}}",
        "{'generationConfig':null} | - | 9 | {'generationConfig':{'maxOutputTokens':9}}",
        "{'generationConfig':{}} | - | 9 | {'generationConfig':{'maxOutputTokens':9}}",
        "{'generation_config':{ 'topK':1}} | - | 9 | {'generation_config':{'maxOutputTokens':9, 'topK':1}}",
        "{'generationConfig':{'maxOutputTokens':null}} | - | 9 | {'generationConfig':{'maxOutputTokens':9}}",
        "{'generationConfig':{'topK':1,'maxOutputTokens': 50 }} | - | 9 | {'generationConfig':{'topK':1,'maxOutputTokens': 9 }}",
        "{'generation_config':{'max_output_tokens':50}} | - | 9 | {'generation_config':{'max_output_tokens':9}}",
        "{'generationConfig':{'maxOutputTokens':5}} | - | 9 | {'generationConfig':{'maxOutputTokens':5}}",
        "{'model':'models/gemini-2.5-flash'} | x'y | -1 | {'model':'models/x\\\"y'}",
        "{'model':'gemini-2.5-flash','contents':[]} | other | 9 | {'generationConfig':{'maxOutputTokens':9},'model':'models/other','contents':[]}",
      })
  void onlyWhatPolicySetsIsEdited(String body, String model, long cap, String expected) {
    String name = model == null ? null : model.replace('\'', '"');
    String edited = edited(PATH, body.replace('\'', '"'), new Edit(name, cap));
    assertThat(edited).isEqualTo(expected.replace('\'', '"'));
  }

  @Test
  void aCountNamesTheModelThatIsAskedUpstream() {
    String body =
        "{\"generateContentRequest\":{\"contents\":[],\"model\":\"models/gemini-2.5-flash\"}}";
    assertThat(edited(PATH.replace("generateContent", "countTokens"), body, new Edit("pro", -1)))
        .isEqualTo("{\"generateContentRequest\":{\"contents\":[],\"model\":\"models/pro\"}}");
  }

  @ParameterizedTest
  @CsvSource({
    ", /v1beta/models/gemini-2.5-flash:generateContent?alt=sse",
    "gemini-2.5-pro, /v1beta/models/gemini-2.5-pro:generateContent?alt=sse",
    "a/b c, /v1beta/models/a%2Fb%20c:generateContent?alt=sse",
    "ü%:?#, /v1beta/models/%C3%BC%25%3A%3F%23:generateContent?alt=sse",
  })
  void thePathNamesTheModelThatPolicySets(String model, String target) {
    RequestHead head = Heads.post(PATH);
    RequestHead asked =
        new RequestHead(HttpMethod.POST, PATH, "?alt=sse", head.headers(), head.source(), true);
    assertThat(Dialects.at(PATH).target(asked, new Edit(model, -1))).isEqualTo(target);
    RequestHead chat = Heads.post("/v1/chat/completions");
    assertThat(Dialects.at(chat.path()).target(chat, new Edit(model, -1))).isEqualTo(chat.path());
  }

  @Test
  void anyBodyKeepsItsOtherFieldsAndMeansWhatWasAsked() throws IOException {
    for (long seed = 0; seed < CASES; seed++) {
      Random random = new Random(seed);
      boolean snake = random.nextBoolean();
      String config = snake ? "generation_config" : "generationConfig";
      String capName = random.nextBoolean() ? "max_output_tokens" : "maxOutputTokens";
      long cap = 1 + random.nextInt(100_000);
      List<String> inner = new ArrayList<>(List.of("\"topP\": 0.950", "\"x\":{\"n\":[1 ,2]}"));
      boolean capped = random.nextBoolean();
      if (capped) {
        inner.add("\"" + capName + "\" : " + cap);
      }
      Collections.shuffle(inner, random);
      List<String> fields = new ArrayList<>(List.of("\"contents\" :[ ]", "\"z\":\"ж\\u00e9\""));
      boolean configured = random.nextInt(4) > 0;
      if (configured) {
        fields.add("\"" + config + "\": {" + String.join(" ,", inner) + "}");
      }
      if (random.nextInt(4) == 0) {
        fields.add("\"big\":\"" + "世\\n".repeat(9_000) + "\"");
      }
      Collections.shuffle(fields, random);
      String body = " {" + String.join(",\n", fields) + "}";
      long newCap = 1 + random.nextInt(100_000);

      String edited = edited(PATH, body, new Edit(null, newCap));

      ObjectNode expected = (ObjectNode) MAPPER.readTree(body);
      ObjectNode within = expected.withObjectProperty(configured ? config : "generationConfig");
      boolean stands = configured && capped;
      within.put(
          stands ? capName : "maxOutputTokens", (int) (stands ? Math.min(cap, newCap) : newCap));
      assertThat(MAPPER.readTree(edited)).as("seed %d", seed).isEqualTo(expected);
      for (String field : List.of("\"contents\" :[ ]", "\"z\":\"ж\\u00e9\"")) {
        assertThat(edited).as("seed %d", seed).contains(field);
      }
    }
  }

  private static String edited(String path, String json, Edit edit) {
    Dialect dialect = Dialects.at(path);
    ByteBuf body = Heads.utf8(json);
    Dialect.Peek peek = dialect.peek(Heads.post(path), body);
    assertThat(peek).as(json).isInstanceOf(Peeked.class);
    ByteBuf edited = dialect.edit(body, (Peeked) peek, edit);
    String text = Heads.text(edited);
    assertThat(body.refCnt()).isZero();
    return text;
  }
}
