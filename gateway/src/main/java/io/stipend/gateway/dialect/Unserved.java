package io.stipend.gateway.dialect;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a caller of a path that is not served is told: the providers' other routes that spend or
 * keep something, by name and with the reason; and what is wrong with a base URL. Nothing here lets
 * a path through: a path is asked here after {@link Dialects} did not know it.
 */
public final class Unserved {
  /** What a client may have left out before a path, or put before it twice. */
  private static final List<String> VERSIONS = List.of("/v1", "/v1beta", "/v1alpha");

  /** Longer paths mean nothing: whoever sends them has no slip in a base URL. */
  private static final int MOST_LENGTH = 256;

  /**
   * Routes that are refused by name.
   *
   * @param paths each with all that is below it; one that begins with a colon is the method of a
   *     path that names its model
   * @param why the reason, and what to use instead
   */
  record Named(List<String> paths, String why) {
    boolean names(String path) {
      return paths.stream().anyMatch(one -> names(one, path));
    }

    private static boolean names(String one, String path) {
      if (one.startsWith(":")) {
        ModelPath named = ModelPath.of(path);
        return named != null && named.method().equals(one);
      }
      return path.startsWith(one)
          && (path.length() == one.length() || path.charAt(one.length()) == '/');
    }
  }

  private static final String AFTERWARDS =
      "is generated after the HTTP exchange and cannot be held against a budget; ";

  /** In the order in which they are asked. */
  static final List<Named> NAMED =
      List.of(
          named(
              "A batch " + AFTERWARDS + "send each call by itself.",
              "/v1/batches",
              "/v1/messages/batches",
              "/v1beta/batches",
              ":batchGenerateContent",
              ":asyncBatchEmbedContent"),
          named(
              "Files stay in the provider's account, which all callers share, and feed work that is"
                  + " not metered; put the content into the call.",
              "/v1/files",
              "/v1/uploads",
              "/v1beta/files",
              "/upload"),
          named(
              "Training is billed by the provider apart from any call; the platform team runs it"
                  + " with a key of its own.",
              "/v1/fine_tuning",
              "/v1beta/tunedModels"),
          named(
              "The run of an assistant " + AFTERWARDS + "use /v1/responses.",
              "/v1/assistants",
              "/v1/threads"),
          named(
              "Conversations stay in the provider's account, which all callers share, and make"
                  + " calls longer than they show; send the items with each call to /v1/responses.",
              "/v1/conversations"),
          named(
              "Stored completions stay in the provider's account, which all callers share; keep the"
                  + " answer of /v1/chat/completions.",
              "/v1/chat/completions"),
          named(
              "Stored documents are billed by size and day and not by call; put the content into"
                  + " the call.",
              "/v1/vector_stores",
              "/v1beta/fileSearchStores",
              "/v1beta/corpora"),
          named(
              "Containers are billed by their time and not by call; run tools on the client.",
              "/v1/containers"),
          named("An evaluation " + AFTERWARDS + "send its calls one by one.", "/v1/evals"),
          named(
              "A video " + AFTERWARDS + "there is nothing to use instead.",
              "/v1/videos",
              ":predictLongRunning"),
          named(
              "A realtime session lets tokens and sound flow around the gateway; use"
                  + " /v1/responses or /v1/chat/completions.",
              "/v1/realtime",
              "/ws"),
          named(
              "Agents, skills and chats that run at the provider spend without a call that could"
                  + " be held against a budget; run the agent on the client.",
              "/v1/skills",
              "/v1/chatkit",
              "/v1/agents",
              "/v1/sessions",
              "/v1/environments",
              "/v1/memory_stores",
              "/v1/vaults"),
          named(
              "Imagen's images are not metered here; use /v1/images/generations or a Gemini model"
                  + " that writes images.",
              ":predict"),
          named(
              "Voices stay in the provider's account, which all callers share; /v1/audio/speech"
                  + " takes those that it has.",
              "/v1/audio"),
          named(
              "The provider's administration is not for callers; the platform team uses the"
                  + " provider's own address.",
              "/v1/organization",
              "/v1/organizations",
              "/v1/usage",
              "/v1/dashboard"),
          named("Text completions of this form have ended; use /v1/messages.", "/v1/complete"),
          named(
              "A cache is billed by the time that it is kept and not by call; send the whole"
                  + " prompt, which providers cache by themselves.",
              "/v1beta/cachedContents",
              "/v1/cachedContents"),
          named(
              "An interaction may go on after the HTTP exchange and cannot be held against a"
                  + " budget; use /v1beta/models/MODEL:generateContent.",
              "/v1beta/interactions"),
          named(
              "Codex's own services are not metered; it works without them.",
              "/v1/alpha",
              "/v1/memories"),
          named(
              "Ollama's own API is not metered; use its /v1/chat/completions, with a base URL that"
                  + " ends in /v1.",
              "/api"),
          named(
              "Of Bedrock's paths /model/MODEL/converse, /converse-stream, /invoke and"
                  + " /invoke-with-response-stream are served.",
              "/model",
              "/guardrail"),
          named(
              "Of Vertex AI's paths those of Gemini's generateContent, streamGenerateContent and"
                  + " countTokens and of Anthropic's rawPredict and streamRawPredict are served.",
              "/v1/projects",
              "/v1beta1/projects"),
          named(
              "Of Azure's paths those of chat, completions, embeddings and responses are served.",
              "/openai"));

  private Unserved() {}

  private static Named named(String why, String... paths) {
    return new Named(List.of(paths), why);
  }

  /** Whether it asks a model for what is refused by name. */
  public static boolean isMethod(String path) {
    ModelPath asked = ModelPath.of(path);
    return asked != null
        && NAMED.stream().anyMatch(named -> named.paths().contains(asked.method()));
  }

  private static boolean isServed(String path) {
    return Dialects.at(path) != null
        || Dialects.listsModels(path)
        || StoredPath.allowed(path) != null
        // What stands behind a colon is a method of a model, or may be.
        || (Dialects.modelAsked(path) != null && path.indexOf(':') < 0);
  }

  /** Why this path is not served, as one message. */
  public static String why(String method, String path) {
    String message = "No such route: " + method + " " + path + ".";
    for (Named named : NAMED) {
      if (named.names(path) && !isSlip(path)) {
        return message + " " + named.why();
      }
    }
    String meant = meant(path);
    return meant == null ? message : message + " " + fix(path, meant);
  }

  /** A path that is served but for its end or its case is a slip, whatever stands below it. */
  private static boolean isSlip(String path) {
    String meant = meant(path);
    return meant != null && plain(path).equalsIgnoreCase(meant);
  }

  private static String fix(String path, String meant) {
    if (plain(path).equals(meant)) {
      return "The path ends with a slash: leave it out.";
    }
    if (path.equalsIgnoreCase(meant)) {
      return "Paths are told apart by case: it is " + meant + ".";
    }
    if (path.endsWith(meant)) {
      String before = path.substring(0, path.length() - meant.length());
      return "The path begins with "
          + before
          + " too much: end the base URL without it, for the client adds "
          + meant
          + ".";
    }
    return "The path lacks its version: end the base URL with "
        + meant.substring(0, meant.length() - path.length())
        + ".";
  }

  private static String plain(String path) {
    return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  /**
   * The path that is served and that this one means: without a slash at its end, in lower case,
   * with a version before it, or without what stands before one. Null if there is none, or it is
   * served itself.
   */
  static @Nullable String meant(String path) {
    if (path.length() > MOST_LENGTH || isServed(path)) {
      return null;
    }
    String lower = path.toLowerCase(Locale.ROOT);
    for (String one : List.of(plain(path), lower)) {
      if (isServed(one)) {
        return one;
      }
    }
    for (String version : VERSIONS) {
      if (isServed(version + path)) {
        return version + path;
      }
    }
    for (int slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
      String end = path.substring(slash);
      if (VERSIONS.stream().anyMatch(v -> end.startsWith(v + "/")) && isServed(end)) {
        return end;
      }
    }
    return null;
  }
}
