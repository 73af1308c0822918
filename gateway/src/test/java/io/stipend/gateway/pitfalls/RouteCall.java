package io.stipend.gateway.pitfalls;

import io.stipend.gateway.dialect.Dialect;
import java.util.List;
import java.util.Map;

/**
 * The least call of a route, as text.
 *
 * @param contentType of its body
 * @param body it
 */
record RouteCall(String contentType, String body) {
  private static final String CALL =
      "{\"model\":\"%s\",%s\"max_tokens\":99,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}";
  private static final String INPUT = "{\"model\":\"gpt-4o-mini\",%s\"input\":\"a\"}";
  private static final String CONTENT = "\"content\":{\"parts\":[{\"text\":\"a\"}]}";
  private static final String CONTENTS = "{%s\"contents\":[{\"parts\":[{\"text\":\"a\"}]}]}";

  /** Of each dialect by the end of its id; {@code %s} takes fields, each with a comma behind it. */
  private static final Map<String, String> JSON =
      Map.ofEntries(
          Map.entry("chat", CALL.replaceFirst("%s", "gpt-4o-mini")),
          Map.entry("responses", INPUT),
          Map.entry("compact", INPUT),
          Map.entry("input-tokens", INPUT),
          Map.entry("anthropic-messages", CALL.replaceFirst("%s", "claude-haiku-4-5")),
          Map.entry("anthropic-count-tokens", CALL.replaceFirst("%s", "claude-haiku-4-5")),
          Map.entry("gemini", CONTENTS),
          Map.entry("gemini-count-tokens", CONTENTS),
          Map.entry("gemini-embeddings", "{%s" + CONTENT + "}"),
          Map.entry("embeddings", INPUT.replace("gpt-4o-mini", "text-embedding-3-small")),
          Map.entry("completions", "{\"model\":\"gpt-3.5-turbo-instruct\",%s\"prompt\":\"a\"}"),
          Map.entry("moderations", INPUT.replace("gpt-4o-mini", "omni-moderation-latest")),
          Map.entry("vertex-gemini", CONTENTS),
          Map.entry("vertex-gemini-count-tokens", CONTENTS),
          Map.entry(
              "vertex-anthropic",
              CALL.replaceFirst("\"model\":\"%s\"", "\"anthropic_version\":\"vertex-2023-10-16\"")),
          Map.entry(
              "bedrock-converse",
              "{%s\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"a\"}]}]}"),
          Map.entry(
              "bedrock-invoke",
              CALL.replaceFirst(
                  "\"model\":\"%s\"", "\"anthropic_version\":\"bedrock-2023-05-31\"")),
          Map.entry("speech", "{\"model\":\"tts-1\",%s\"input\":\"a\",\"voice\":\"alloy\"}"),
          Map.entry("image-generations", "{\"model\":\"gpt-image-1\",%s\"prompt\":\"a\"}"));

  private static final Map<String, String> FORMS =
      Map.of(
          "transcriptions", form("whisper-1", "file"),
          "translations",
              form("whisper-1", "file")
                  .replace(
                      "--B--",
                      "--B\r\nContent-Disposition: form-data; name=\"response_format\"\r\n\r\n"
                          + "verbose_json\r\n--B--"),
          "image-edits", form("gpt-image-1", "image"),
          "image-variations", form("dall-e-2", "image"));

  /** What says in its body whether it streams; Gemini says so in its path. */
  private static final List<String> STREAMS =
      List.of("-chat", "-responses", "-messages", "-completions", "image-generations");

  private static final String BATCH = ":batchEmbedContents";

  private static String form(String model, String file) {
    return """
        --B
        Content-Disposition: form-data; name="model"

        %s
        --B
        Content-Disposition: form-data; name="prompt"

        a
        --B
        Content-Disposition: form-data; name="%s"; filename="a"
        Content-Type: application/octet-stream

        bytes
        --B--
        """
        .formatted(model, file)
        .replace("\n", "\r\n");
  }

  /** All that this route takes: of a dialect that streams by its body, both and neither. */
  static List<RouteCall> of(Dialect dialect, String path) {
    String id = dialect.id().replaceFirst("^(openai|azure)-", "");
    String form = FORMS.get(id);
    if (form != null) {
      return List.of(new RouteCall("multipart/form-data; boundary=B", form));
    }
    String json = JSON.get(id);
    if (json == null) {
      throw new AssertionError("dialect: " + dialect.id() + " (expected: a call of it here)");
    }
    String one =
        path.endsWith(BATCH)
            ? "{%s\"requests\":[{\"model\":\"models/gemini-2.5-flash\"," + CONTENT + "}]}"
            : json;
    List<String> kinds =
        STREAMS.stream().anyMatch(dialect.id()::endsWith)
            ? List.of("", "\"stream\":false,", "\"stream\":true,")
            : List.of("");
    return kinds.stream()
        .map(kind -> new RouteCall("application/json", one.formatted(kind)))
        .toList();
  }
}
