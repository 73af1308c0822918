package io.stipend.gateway.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Every kind of body that passes, and what policy may set in it. */
enum FaithRoute {
  CHAT("/v1/chat/completions", "gpt-4o-mini", true),
  MESSAGES("/v1/messages", "claude-haiku-4-5", true),
  COUNT_TOKENS("/v1/messages/count_tokens", "claude-haiku-4-5", false),
  RESPONSES("/v1/responses", "gpt-4o-mini", true),
  INPUT_TOKENS("/v1/responses/input_tokens", "gpt-4o-mini", false),
  COMPLETIONS("/v1/completions", "gpt-3.5-turbo-instruct", true),
  EMBEDDINGS("/v1/embeddings", "text-embedding-3-small", false),
  MODERATIONS("/v1/moderations", "omni-moderation-latest", false),
  GEMINI("/v1beta/models/%s:generateContent", "gemini-2.0-flash", true),
  GEMINI_STREAM("/v1beta/models/%s:streamGenerateContent?alt=sse", "gemini-2.0-flash", true),
  GEMINI_COUNT("/v1beta/models/%s:countTokens", "gemini-2.0-flash", false),
  GEMINI_EMBED("/v1beta/models/%s:embedContent", "gemini-embedding-001", false),
  COMPACT("/v1/responses/compact", "gpt-4o-mini", false),
  SPEECH("/v1/audio/speech", "tts-1", false),
  IMAGES("/v1/images/generations", "dall-e-2", false),
  AZURE_CHAT(
      "/openai/deployments/%s/chat/completions?api-version=2024-10-21", "gpt-4.1-nano", true),
  AZURE_RESPONSES("/openai/v1/responses", "gpt-4.1-nano", true),
  CONVERSE("/model/%s/converse", "anthropic.claude-opus-4-7", true),
  CONVERSE_STREAM("/model/%s/converse-stream", "anthropic.claude-opus-4-7", true),
  INVOKE("/model/%s/invoke", "anthropic.claude-sonnet-4-6", true),
  VERTEX(
      "/v1/projects/p/locations/l/publishers/google/models/%s:generateContent",
      "gemini-2.5-flash-lite", true),
  VERTEX_CLAUDE(
      "/v1/projects/p/locations/l/publishers/anthropic/models/%s:rawPredict",
      "claude-haiku-4-5@20251001", true);

  /**
   * Where the model and the output cap stand in what {@link #body} makes: JSON has no such stops.
   */
  static final String MODEL = "^MODEL^";

  static final String CAP = "^CAP^";

  /** More than what the poor can pay. */
  static final int HUGE_CAP = 900_000;

  final String path;
  final String model;

  /** Whether there is an output to cap. */
  final boolean capped;

  FaithRoute(String path, String model, boolean capped) {
    this.path = path;
    this.model = model;
    this.capped = capped;
  }

  /** The one that sends to this path upstream. */
  static FaithRoute of(String path) {
    for (FaithRoute route : values()) {
      if (route.path.formatted(route.model).equals(path)) {
        return route;
      }
    }
    throw new AssertionError("path: " + path);
  }

  /** The name by which the quota file knows the model too. */
  String alias() {
    return "fast-" + model;
  }

  /** What costs nothing has no rate card, and only what has one may have an alias. */
  boolean hasAlias() {
    return this != MODERATIONS;
  }

  /** Whether a cap is lowered where money is short: a stream is held in steps instead. */
  boolean isLowered() {
    return capped && !isStream();
  }

  /** Whether its path asks for a stream. */
  boolean isStream() {
    return this == GEMINI_STREAM || this == CONVERSE_STREAM;
  }

  /** Whether its path says all that others say in the body. */
  boolean isNamedByPath() {
    return isGemini() || this == VERTEX_CLAUDE || path.startsWith("/model/");
  }

  boolean isGemini() {
    return path.startsWith("/v1beta/") || this == VERTEX;
  }

  /** Whether a stream is asked for usage. */
  boolean saysStreamOptions() {
    return this == CHAT || this == COMPLETIONS || this == AZURE_CHAT;
  }

  String body(OddJson json, Random random, boolean stream) {
    List<String> fields = new ArrayList<>();
    switch (this) {
      case CONVERSE, CONVERSE_STREAM -> {
        String text = json.object(List.of(json.field("text", json.string())));
        String message = json.object(List.of(json.field("content", json.list(text))));
        fields.add(json.field("messages", json.list(message)));
      }
      case CHAT, AZURE_CHAT, MESSAGES, COUNT_TOKENS, INVOKE, VERTEX_CLAUDE -> {
        String message =
            "{" + json.field("role", "\"user\"") + "," + json.field("content", json.string()) + "}";
        fields.add(json.field("messages", json.list(message)));
      }
      case COMPLETIONS -> fields.add(json.field("prompt", prompt(json, random)));
      case GEMINI, GEMINI_STREAM, GEMINI_COUNT, VERTEX -> {
        String part = "{" + json.field("text", json.string()) + "}";
        String content = json.object(List.of(json.field("parts", json.list(part))));
        fields.add(json.field("contents", json.list(content)));
      }
      case GEMINI_EMBED -> {
        String part = "{" + json.field("text", json.string()) + "}";
        fields.add(
            json.field("content", json.object(List.of(json.field("parts", json.list(part))))));
      }
      case SPEECH -> fields.add(json.field("input", "\"a\""));
      case IMAGES -> fields.add(json.field("prompt", json.string()));
      default -> fields.add(json.field("input", prompt(json, random)));
    }
    if (!path.contains("%s")) {
      fields.add(json.field("model", MODEL));
    } else if (isGemini() && random.nextInt(3) == 0) {
      fields.add(json.field("model", MODEL));
    }
    if (capped) {
      fields.add(cap(json, random));
    }
    if (this == INVOKE || this == VERTEX_CLAUDE) {
      fields.add(json.field("anthropic_version", "\"any\""));
    }
    if (stream && !isNamedByPath()) {
      fields.add(json.field("stream", "true"));
    }
    return json.object(fields);
  }

  private String cap(OddJson json, Random random) {
    return switch (this) {
      case CHAT, AZURE_CHAT ->
          json.field(random.nextBoolean() ? "max_tokens" : "max_completion_tokens", CAP);
      case CONVERSE, CONVERSE_STREAM ->
          json.field("inferenceConfig", json.object(List.of(json.field("maxTokens", CAP))));
      case RESPONSES, AZURE_RESPONSES -> json.field("max_output_tokens", CAP);
      case GEMINI, GEMINI_STREAM, VERTEX -> {
        boolean snake = random.nextBoolean();
        String inner = json.field(snake ? "max_output_tokens" : "maxOutputTokens", CAP);
        yield json.field(
            snake ? "generation_config" : "generationConfig", json.object(List.of(inner)));
      }
      default -> json.field("max_tokens", CAP);
    };
  }

  private static String prompt(OddJson json, Random random) {
    return random.nextBoolean() ? json.string() : json.list(json.string(), json.string());
  }
}
