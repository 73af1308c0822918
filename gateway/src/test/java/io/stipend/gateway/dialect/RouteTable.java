package io.stipend.gateway.dialect;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How each route is metered: what {@code docs/routes.md} is written from. A dialect without an
 * entry here fails the build.
 */
final class RouteTable {
  private static final String GENERATES =
      "the input and the output cap; of a stream the output that is expected, more while it flows";
  private static final Metering SOUND =
      new Metering(
          "the seconds, or the tokens, that the bytes of the file can hold at most",
          "`usage` in seconds or tokens, or `duration`; of a stream that of `transcript.text.done`");
  private static final Metering IMAGES =
      new Metering(
          "`n` images at their price; of models priced by tokens the input and the most tokens of"
              + " `n` images",
          "`usage`, of a stream that of its `.completed` event; else the images that came, by size"
              + " and quality");
  private static final String NOTHING = "nothing";
  private static final String FREE = "nothing: free of charge";

  /**
   * By what a call is metered.
   *
   * @param held before it is sent
   * @param charged when it ends, and the field that says so
   */
  record Metering(String held, String charged) {}

  /** By dialect id. */
  private static final Map<String, Metering> METERING =
      Map.ofEntries(
          Map.entry(
              "openai-chat",
              new Metering(
                  GENERATES + "; times `n`",
                  "`usage`; of a stream that of its last chunk, which is asked for by"
                      + " `stream_options.include_usage`")),
          Map.entry(
              "openai-responses",
              new Metering(
                  GENERATES,
                  "`usage`; of a stream that of `response.completed`, `response.incomplete` or"
                      + " `response.failed`")),
          Map.entry("openai-input-tokens", new Metering(NOTHING, FREE)),
          Map.entry(
              "anthropic-messages",
              new Metering(
                  GENERATES,
                  "`usage`, the sum of `usage.iterations` where they stand; of a stream those of"
                      + " `message_start` and the last `message_delta`")),
          Map.entry("anthropic-count-tokens", new Metering(NOTHING, FREE)),
          Map.entry(
              "gemini",
              new Metering(
                  GENERATES + "; times `candidateCount`",
                  "`usageMetadata`; of a stream that of its last chunk")),
          Map.entry("gemini-count-tokens", new Metering(NOTHING, FREE)),
          Map.entry("openai-embeddings", new Metering("the input", "`usage.prompt_tokens`")),
          Map.entry(
              "openai-completions",
              new Metering(
                  GENERATES + "; times the prompts and the larger of `n` and `best_of`",
                  "`usage`; of a stream that of its last chunk, which is asked for by"
                      + " `stream_options.include_usage`")),
          Map.entry("openai-moderations", new Metering(NOTHING, FREE)),
          Map.entry(
              "openai-compact",
              new Metering(
                  "the input and the model's whole output, which nothing caps", "`usage`")),
          Map.entry(
              "gemini-embeddings",
              new Metering("the input", "`usageMetadata` where it stands, else the counted input")),
          Map.entry(
              "bedrock-converse",
              new Metering(GENERATES, "`usage`; of a stream that of its `metadata` event")),
          Map.entry(
              "bedrock-invoke",
              new Metering(
                  GENERATES + "; Anthropic's bodies alone",
                  "`usage`; of a stream that of `message_start` and the last `message_delta`, else"
                      + " `amazon-bedrock-invocationMetrics`")),
          Map.entry(
              "vertex-gemini",
              new Metering(
                  GENERATES + "; times `candidateCount`",
                  "`usageMetadata`; of a stream that of its last chunk")),
          Map.entry("vertex-gemini-count-tokens", new Metering(NOTHING, FREE)),
          Map.entry(
              "vertex-anthropic",
              new Metering(
                  GENERATES,
                  "`usage`; of a stream those of `message_start` and the last `message_delta`")),
          Map.entry(
              "openai-speech",
              new Metering(
                  "the characters; of models priced by tokens the input and the model's whole output",
                  "the characters of `input`; of models priced by tokens `usage` of"
                      + " `speech.audio.done`, so those are served with `stream_format: sse` alone")),
          Map.entry("openai-transcriptions", SOUND),
          Map.entry("openai-translations", SOUND),
          Map.entry("openai-image-generations", IMAGES),
          Map.entry("openai-image-edits", IMAGES),
          Map.entry("openai-image-variations", IMAGES));

  private RouteTable() {}

  /** How the routes of this dialect are metered; null if nobody has said. */
  static @Nullable Metering metering(String dialect) {
    return METERING.get(dialect.replaceFirst("^" + Azure.VENDOR + "-", "openai-"));
  }

  private static String row(Dialect dialect, String path) {
    Metering metering = metering(dialect.id());
    if (metering == null) {
      throw new IllegalStateException(
          "dialect: " + dialect.id() + " (expected: one of " + METERING.keySet() + ")");
    }
    return "| `POST` | `%s` | `%s` | %s | %s |\n"
        .formatted(
            path.replace(Vertex.PLACE, "/projects/PROJECT/locations/LOCATION")
                .replace(ModelPath.ANY, "MODEL"),
            dialect.id(),
            metering.held(),
            metering.charged());
  }

  /** The rows of what costs nothing and has no dialect. */
  private static void told(StringBuilder page) {
    Dialects.MODELS_PATHS.stream()
        .sorted()
        .forEach(path -> page.append("| `GET` | `%s` | | nothing | nothing |\n".formatted(path)));
    Dialects.MODELS_PATHS.stream()
        .sorted()
        .forEach(
            path -> page.append("| `GET` | `%s/MODEL` | | nothing | nothing |\n".formatted(path)));
    for (String path : List.of("/v1/responses/ID", "/openai/v1/responses/ID")) {
      page.append(
          """
          | `GET`, `DELETE` | `%1$s` | | nothing | nothing: its usage is that of the call that made it |
          | `GET` | `%1$s/input_items` | | nothing | nothing |
          | `POST` | `%1$s/cancel` | | nothing | nothing |
          """
              .formatted(path));
    }
    page.append("| `GET` | `/stipend/v1/me` | | nothing | nothing |\n");
  }

  /** The page of the docs. */
  static String markdown() {
    StringBuilder page =
        new StringBuilder(
            """
            # Routes

            Every route of the data listener, what it holds before a call is sent and what it charges when the
            call ends. Whatever is not in the first table is refused and reaches no provider. This page is
            written from the code (`RouteTable`, `Unserved`) and compared with it in the build.

            | method | path | dialect | holds | charges, from |
            | --- | --- | --- | --- | --- |
            """);
    for (Dialect dialect : Dialects.all()) {
      dialect.paths().forEach(path -> page.append(row(dialect, path)));
    }
    told(page);
    page.append(
        """

        - Holds and charges are priced by the rate card of the model and the tier; a charge that no usage was
          reported for is counted from what passed, or assumed ([overspend bound](overspend-bound.md)).
        - A response that is kept is there for who made it through this gateway, to all others it is 404. One in the
          background is charged all that it holds at once, or its usage where that is told.
        - The lists of models tell of those that the caller may use. `HEAD` answers as `GET` does, without
          a body; `HEAD /` and `HEAD /api/hello`, by which Claude Code looks whether somebody is there, are
          answered 200 without a key.
        - The query passes to the provider as it is (`?beta=true`); a key in it is refused.
        - A model of Bedrock may be written with `:` or `%3A` in the path, which goes on with `%3A`; no other
          escape is served. An ARN is called by an alias.
        - The project and the location in a path of Vertex AI decide nothing: those of the provider in the quota
          file take their place.
        - Another method on a route is 405 with `Allow`, a WebSocket on any path 426.
        - Paths match exactly. One that has a slash or a version too many or too few, as a base URL with
          a slash at its end makes it, is 404 and is told how the base URL must end; it is never redirected.

        ## Bodies
        A body may come with its length or in chunks, after `Expect: 100-continue`, and with one
        `Content-Encoding` of `gzip` (`x-gzip`), `deflate`, `br`, `zstd` or `identity`. It is decoded before it is
        read, within `gateway.limits.inflated_body_bytes`, and goes to the provider plain. `zstd` may ask for
        a window of 8 MB. What is larger is 413, what is not whole or not in its coding 400, another coding or
        more than one 415. The libraries for `br` and `zstd` are unpacked to `java.io.tmpdir` when the first such
        body comes; where they cannot be loaded that coding is 415.

        The provider is asked for `identity`, whatever the client accepts, so that usage can be read. An answer
        that comes compressed all the same is not passed on: the client gets 502, and the call is charged as
        assumed. A small error that comes compressed passes as it is.

        ## Refused by name
        All of these are 404, in the dialect of the caller, with the reason in the message; with all that is
        below them, unless the table above has it.

        | path | why, and what to use |
        | --- | --- |
        """);
    for (Unserved.Named named : Unserved.NAMED) {
      page.append(
          "| %s | %s |\n"
              .formatted(
                  named.paths().stream()
                      .map(path -> path.startsWith(":") ? "`MODEL" + path + "`" : "`" + path + "`")
                      .collect(Collectors.joining(", ")),
                  named.why()));
    }
    return page.toString();
  }
}
