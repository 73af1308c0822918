package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.gateway.dialect.Dialect.Peeked;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EditTest {
  private static final Dialect CHAT = Dialects.at("/v1/chat/completions");
  private static final Dialect MESSAGES = Dialects.at("/v1/messages");
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int CASES = Boolean.getBoolean("stipend.tests.full") ? 20_000 : 1_000;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "{'model':'m'} | - | -1 | {'model':'m'}",
        "{'model':'m'} | - | 9 | {'max_completion_tokens':9,'model':'m'}",
        "{ 'model' : 'm' } | x'y | 9 | {'max_completion_tokens':9, 'model' : 'x\\\"y' }",
        "{'model':'m','max_tokens':50} | - | 9 | {'model':'m','max_tokens':9}",
        "{'model':'m','max_tokens':5} | - | 9 | {'model':'m','max_tokens':5}",
        "{'max_tokens':50,'model':'m','max_completion_tokens':7} | - | 9 | {'max_tokens':9,'model':'m','max_completion_tokens':7}",
        "{'max_tokens':50,'model':'m','max_completion_tokens':60} | - | 9 | {'max_tokens':9,'model':'m','max_completion_tokens':9}",
        "{'model':'m','max_completion_tokens':null} | - | 9 | {'model':'m','max_completion_tokens':9}",
        "{'model':'m','max_tokens':null} | - | 9 | {'max_completion_tokens':9,'model':'m','max_tokens':null}",
        "{'model':'m','stream':true} | - | -1 | {'stream_options':{'include_usage':true},'model':'m','stream':true}",
        "{'model':'m','stream':true} | - | 9 | {'max_completion_tokens':9,'stream_options':{'include_usage':true},'model':'m','stream':true}",
        "{'model':'m','stream':true,'stream_options':null} | - | -1 | {'model':'m','stream':true,'stream_options':{'include_usage':true}}",
        "{'model':'m','stream':true,'stream_options':{}} | - | -1 | {'model':'m','stream':true,'stream_options':{'include_usage':true}}",
        "{'model':'m','stream_options':{ 'include_obfuscation':false },'stream':true} | - | -1 | {'model':'m','stream_options':{'include_usage':true, 'include_obfuscation':false },'stream':true}",
        "{'model':'m','stream':true,'stream_options':{'include_usage':false,'include_obfuscation':true}} | - | -1 | {'model':'m','stream':true,'stream_options':{'include_usage':true,'include_obfuscation':true}}",
        "{'model':'m','stream':true,'stream_options':{'include_usage':null}} | - | -1 | {'model':'m','stream':true,'stream_options':{'include_usage':true}}",
        "{'model':'m','stream':true,'stream_options':{'include_usage':true}} | - | -1 | {'model':'m','stream':true,'stream_options':{'include_usage':true}}",
        "{'model':'m','stream':false} | - | -1 | {'model':'m','stream':false}",
      })
  void onlyWhatPolicySetsIsEdited(String body, String model, long cap, String expected) {
    String json = body.replace('\'', '"');
    String name = model == null ? null : model.replace('\'', '"');
    assertThat(edited(CHAT, json, new Edit(name, cap))).isEqualTo(expected.replace('\'', '"'));
  }

  @Test
  void messagesKeepTheirCapOrGetALowerOne() {
    String body = "{\"max_tokens\": 128000 ,\"stream\":true,\"model\":\"claude/a\"}";
    assertThat(edited(MESSAGES, body, new Edit(null, 1_024)))
        .isEqualTo("{\"max_tokens\": 1024 ,\"stream\":true,\"model\":\"claude/a\"}");
    assertThat(edited(MESSAGES, body, new Edit("a", 200_000)))
        .isEqualTo("{\"max_tokens\": 128000 ,\"stream\":true,\"model\":\"a\"}");
  }

  @Test
  void anUneditedBodyIsTheSameBuffer() {
    ByteBuf body = Heads.utf8("{\"model\":\"m\"}");
    Peeked peeked = (Peeked) CHAT.peek(Heads.post("/v1/chat/completions"), body);
    ByteBuf same = CHAT.edit(body, peeked, new Edit(null, -1));
    assertThat(same).isSameAs(body);
    assertThat(same.release()).isTrue();
  }

  @Test
  void anyBodyKeepsEveryByteOutsideTheEditsAndMeansWhatWasAsked() throws IOException {
    for (long seed = 0; seed < CASES; seed++) {
      Random random = new Random(seed);
      boolean chat = random.nextBoolean();
      List<String> fields = new ArrayList<>();
      long cap = 1 + random.nextInt(100_000);
      boolean stream = random.nextBoolean();
      fields.add("\"model\":" + space(random) + "\"m\\u00f6del/" + random.nextInt(9) + "\"");
      fields.add("\"stream\" :" + stream);
      fields.add("\"max_tokens\":" + space(random) + cap);
      fields.add("\"messages\":" + value(random, 4));
      fields.add("\"x\\n\\\"{model\\\":\":" + value(random, 3));
      if (chat && random.nextBoolean()) {
        fields.add("\"stream_options\":{" + space(random) + "\"include_obfuscation\":false}");
      }
      if (random.nextInt(4) == 0) {
        fields.add("\"big\":\"" + "世\\n".repeat(4_000 + random.nextInt(9_000)) + "\"");
      }
      Collections.shuffle(fields, random);
      String body =
          space(random) + "{" + space(random) + String.join("," + space(random), fields) + "}\n";
      long newCap = 1 + random.nextInt(100_000);
      String newModel = random.nextBoolean() ? null : "new \"模型\"";

      String edited = edited(chat ? CHAT : MESSAGES, body, new Edit(newModel, newCap));

      ObjectNode expected = (ObjectNode) MAPPER.readTree(body);
      expected.put("max_tokens", (int) Math.min(cap, newCap));
      if (newModel != null) {
        expected.put("model", newModel);
      }
      if (chat && stream) {
        expected.withObjectProperty("stream_options").put("include_usage", true);
      }
      JsonNode actual = MAPPER.readTree(edited);
      assertThat(actual).as("seed %d", seed).isEqualTo(expected);
      assertThat(withoutEdits(edited)).as("seed %d", seed).isEqualTo(withoutEdits(body));
    }
  }

  /** The text without the values and the insertions that an edit may touch. */
  private static String withoutEdits(String body) {
    return body.replaceFirst("\"stream_options\":\\{\"include_usage\":true},", "")
        .replaceFirst("\"include_usage\":true,", "")
        .replaceFirst("(?<=\"max_tokens\":)(\\s*)\\d+", "$1#")
        .replaceFirst("(?<=\"model\":)(\\s*)\"(m\\\\u00f6del/\\d|new \\\\\"模型\\\\\")\"", "$1#");
  }

  private static String space(Random random) {
    return " ".repeat(random.nextInt(3)) + "\n".repeat(random.nextInt(2));
  }

  private static String value(Random random, int depth) {
    int kind = random.nextInt(depth > 0 ? 7 : 5);
    return switch (kind) {
      case 0 -> Integer.toString(random.nextInt());
      case 1 -> "1.50E+" + random.nextInt(9);
      case 2 -> "\"\\\"max_tokens\\\":1 \\\\ Grüße 🌍 \\ud83c\\udf0d\"";
      case 3 -> random.nextBoolean() ? "null" : "true";
      case 4 -> "\"" + "z".repeat(random.nextInt(40)) + "\"";
      case 5 -> "[" + value(random, depth - 1) + " , " + value(random, depth - 1) + "]";
      default -> "{\"n\":" + value(random, depth - 1) + ",\"t\":" + value(random, depth - 1) + "}";
    };
  }

  private static String edited(Dialect dialect, String json, Edit edit) {
    ByteBuf body =
        PooledByteBufAllocator.DEFAULT
            .directBuffer()
            .writeBytes(new byte[3])
            .skipBytes(3)
            .writeBytes(json.getBytes(StandardCharsets.UTF_8));
    Dialect.Peek peek = dialect.peek(Heads.to(dialect), body);
    assertThat(peek).as(json).isInstanceOf(Peeked.class);
    ByteBuf result = dialect.edit(body, (Peeked) peek, edit);
    String text = result.toString(StandardCharsets.UTF_8);
    assertThat(result.release()).isTrue();
    assertThat(body.refCnt()).isZero();
    return text;
  }
}
