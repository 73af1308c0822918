package io.stipend.gateway.demo;

import org.jspecify.annotations.Nullable;

/** The JSON of Gemini's answers: whole ones and chunks have one form. */
final class GeminiJson {
  private GeminiJson() {}

  static String finish(FakeCall call) {
    return call.capped() ? "MAX_TOKENS" : "STOP";
  }

  /** One candidate's part of an answer. */
  static String candidate(long index, String text, @Nullable String finish) {
    return candidate(index, text, finish, "");
  }

  /** The same with what else it says. */
  static String candidate(long index, String text, @Nullable String finish, String more) {
    return "{\"content\":{\"parts\":[{\"text\":\""
        + text
        + "\"}],\"role\":\"model\"},"
        + (finish == null ? "" : "\"finishReason\":\"" + finish + "\",")
        + "\"index\":"
        + index
        + more
        + "}";
  }

  /** A whole object around these candidates, with the usage so far if the script says usage. */
  static String object(FakeCall call, String candidates, long output, long reasoning) {
    return "{\"candidates\":["
        + candidates
        + "]"
        + (call.script().usage() ? ",\"usageMetadata\":" + usage(call, output, reasoning) : "")
        + ",\"modelVersion\":"
        + FakeJson.quote(call.model())
        + ",\"responseId\":\""
        + call.id()
        + "\"}";
  }

  /** The prompt includes what was cached, the candidates leave thoughts out; no zero is said. */
  private static String usage(FakeCall call, long output, long reasoning) {
    long prompt = call.usage().inputTotal();
    return "{\"promptTokenCount\":"
        + prompt
        + unlessZero("cachedContentTokenCount", call.usage().cacheRead())
        + unlessZero("candidatesTokenCount", output - reasoning)
        + unlessZero("thoughtsTokenCount", reasoning)
        + ",\"totalTokenCount\":"
        + (prompt + output)
        + ",\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":"
        + prompt
        + "}],\"serviceTier\":"
        + FakeJson.quote(call.serviceTier())
        + "}";
  }

  private static String unlessZero(String name, long count) {
    return count == 0 ? "" : ",\"" + name + "\":" + count;
  }

  /** A whole answer. */
  static String answer(FakeCall call) {
    String text = FakeText.all(call.visible(), call.script().tokenBytes());
    StringBuilder candidates = new StringBuilder();
    for (int choice = 0; choice < call.choices(); choice++) {
      candidates
          .append(choice == 0 ? "" : ",")
          .append(
              candidate(
                  choice, text, finish(call), choice == 0 ? FakeSearches.grounding(call) : ""));
    }
    long reasoning = call.usage().reasoning();
    return object(call, candidates.toString(), call.output(), reasoning);
  }

  /** Vectors alone; only models of the second generation say what was used. */
  static String embeddings(FakeCall call) {
    String vector = "{\"values\":[" + "0.0123,-0.5,".repeat(383) + "1e-3,0]}";
    String all =
        call.wire() == FakeCall.Wire.GEMINI_EMBEDDINGS
            ? "\"embeddings\":[" + (vector + ",").repeat(call.choices() - 1) + vector + "]"
            : "\"embedding\":" + vector;
    long input = call.usage().inputTotal();
    String usage =
        call.model().startsWith("gemini-embedding-2")
            ? ",\"usageMetadata\":{\"promptTokenCount\":" + input + "}"
            : "";
    return "{" + all + usage + "}";
  }

  static String error(int status, String message) {
    String word =
        switch (status) {
          case 403 -> "PERMISSION_DENIED";
          case 404 -> "NOT_FOUND";
          case 429 -> "RESOURCE_EXHAUSTED";
          case 503 -> "UNAVAILABLE";
          case 504 -> "DEADLINE_EXCEEDED";
          default -> status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
        };
    return "{\"error\":{\"code\":"
        + status
        + ",\"message\":"
        + FakeJson.quote(message)
        + ",\"status\":\""
        + word
        + "\"}}";
  }
}
