package io.stipend.gateway.demo;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/** The JSON of embeddings: a vector for each prompt, each of its numbers the same for all. */
final class EmbeddingsJson {
  private static final float STEP = 1f / 1_024;

  private EmbeddingsJson() {}

  static String answer(FakeCall call) {
    FakePrompts prompts = CompletionsJson.prompts(call);
    String vector = prompts.base64() ? base64(prompts.dimensions()) : numbers(prompts.dimensions());
    StringBuilder json = new StringBuilder("{\"object\":\"list\",\"data\":[");
    for (int i = 0; i < prompts.texts().size(); i++) {
      json.append(i == 0 ? "" : ",")
          .append("{\"object\":\"embedding\",\"index\":")
          .append(i)
          .append(",\"embedding\":")
          .append(vector)
          .append('}');
    }
    json.append("],\"model\":").append(FakeJson.quote(call.model()));
    if (call.script().usage()) {
      long input = call.usage().inputTotal();
      json.append(",\"usage\":{\"prompt_tokens\":")
          .append(input)
          .append(",\"total_tokens\":")
          .append(input)
          .append('}');
    }
    return json.append('}').toString();
  }

  private static String numbers(int dimensions) {
    StringBuilder numbers = new StringBuilder("[");
    for (int i = 0; i < dimensions; i++) {
      numbers.append(i == 0 ? "" : ",").append(value(i));
    }
    return numbers.append(']').toString();
  }

  /** Four bytes for each number, the least significant first. */
  private static String base64(int dimensions) {
    ByteBuffer bytes = ByteBuffer.allocate(dimensions * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < dimensions; i++) {
      bytes.putFloat(value(i));
    }
    return "\"" + Base64.getEncoder().encodeToString(bytes.array()) + "\"";
  }

  private static float value(int i) {
    return STEP * (i % 1_024 - 512);
  }
}
