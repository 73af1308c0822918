package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.gateway.demo.FakeCall.Wire;
import io.stipend.metering.TokenUsage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request of Completions or Embeddings gives to the model.
 *
 * @param texts each prompt; token ids as words, one for each
 * @param tokens of all together: an id is one, a string one for each four bytes begun
 * @param shown choices of each prompt that are sent back
 * @param echo whether each choice begins with its prompt
 * @param dimensions of a vector
 * @param base64 whether vectors are sent in base64
 */
record FakePrompts(
    List<String> texts, long tokens, int shown, boolean echo, int dimensions, boolean base64) {
  private static final int BYTES_PER_TOKEN = 4;
  private static final long USUAL_CAP = 16;
  private static final int MAX_CHOICES = 128;
  private static final int USUAL_DIMENSIONS = 1_536;

  static FakeCall completions(JsonNode body, String id, long created, FakeScript script) {
    JsonNode options = body.path("stream_options");
    boolean stream = body.path("stream").asBoolean(false);
    if (!stream && !options.isMissingNode() && !options.isNull()) {
      throw new FakeProblem(400, "stream_options is only allowed when stream is enabled");
    }
    int n = count(body, "n");
    int bestOf = Math.max(n, count(body, "best_of"));
    if (stream && bestOf > n) {
      throw new FakeProblem(400, "best_of cannot be streamed");
    }
    FakePrompts prompts =
        of(body, body.path("prompt"), n, body.path("echo").asBoolean(false), 0, false);
    Long cap = FakeCall.cap(body, "max_tokens", 1);
    long most = cap == null ? USUAL_CAP : cap;
    boolean includeUsage = options.path("include_usage").asBoolean(false) && script.usage();
    FakeCall call =
        call(
            Wire.COMPLETIONS,
            body,
            id,
            stream,
            includeUsage,
            bestOf,
            most,
            created,
            script,
            prompts);
    return call.continuous(FakeCall.continuous(options, script));
  }

  static FakeCall embeddings(JsonNode body, String id, long created, FakeScript script) {
    JsonNode input = body.path("input");
    if (input.isMissingNode() || input.isNull()) {
      throw new FakeProblem(400, "input is required");
    }
    int dimensions = body.path("dimensions").asInt(USUAL_DIMENSIONS);
    boolean base64 = body.path("encoding_format").asText("float").equals("base64");
    FakePrompts prompts = of(body, input, 1, false, dimensions, base64);
    return call(Wire.EMBEDDINGS, body, id, false, true, 1, 0, created, script, prompts);
  }

  private static FakeCall call(
      Wire wire,
      JsonNode body,
      String id,
      boolean stream,
      boolean includeUsage,
      int perPrompt,
      long most,
      long created,
      FakeScript script,
      FakePrompts prompts) {
    long total = script.inputTokens() < 0 ? prompts.tokens : script.inputTokens();
    TokenUsage input = FakeCall.input(total, script);
    long visible = Math.min(script.outputTokens(), most);
    String served = script.modelServed();
    return new FakeCall(
        wire,
        id,
        served == null ? body.path("model").textValue() : served,
        stream,
        includeUsage,
        false,
        perPrompt * prompts.texts.size(),
        input,
        0,
        visible,
        visible < script.outputTokens(),
        script.serviceTier() == null ? "default" : script.serviceTier(),
        created,
        script,
        0,
        prompts,
        null);
  }

  private static int count(JsonNode body, String name) {
    JsonNode node = body.path(name);
    if (node.isMissingNode() || node.isNull()) {
      return 1;
    }
    if (!node.isInt() || node.intValue() < 1 || node.intValue() > MAX_CHOICES) {
      throw new FakeProblem(400, name + ": " + node + " (expected: 1.." + MAX_CHOICES + ")");
    }
    return node.intValue();
  }

  private static FakePrompts of(
      JsonNode body, JsonNode input, int shown, boolean echo, int dimensions, boolean base64) {
    if (!body.path("model").isTextual()) {
      throw new FakeProblem(400, "model is required");
    }
    List<String> texts = new ArrayList<>();
    long tokens = 0;
    if (input.isArray() && !input.isEmpty() && !input.get(0).isNumber()) {
      for (JsonNode one : input) {
        texts.add(text(one));
        tokens += tokens(one);
      }
    } else {
      texts.add(text(input));
      tokens += tokens(input);
    }
    return new FakePrompts(List.copyOf(texts), tokens, shown, echo, dimensions, base64);
  }

  private static String text(@Nullable JsonNode prompt) {
    if (prompt == null || !prompt.isArray()) {
      return prompt == null ? "" : prompt.asText("");
    }
    StringBuilder words = new StringBuilder();
    for (JsonNode id : prompt) {
      words.append(" t").append(id.asLong());
    }
    return words.toString();
  }

  private static long tokens(JsonNode prompt) {
    if (prompt.isArray()) {
      return prompt.size();
    }
    long bytes = prompt.asText("").getBytes(StandardCharsets.UTF_8).length;
    return (bytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
  }

  /** Choices that are sent back, over all prompts. */
  int choices() {
    return texts.size() * shown;
  }

  /** What a choice begins with; empty if nothing comes back of the request. */
  String echoed(int choice) {
    return echo ? texts.get(choice / shown) : "";
  }
}
