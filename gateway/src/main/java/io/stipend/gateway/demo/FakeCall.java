package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.TokenUsage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request for a reply, checked as strictly as the real APIs check what a gateway might get wrong.
 *
 * @param wire whose API
 * @param id the id that the provider gives the request
 * @param model as the body names it
 * @param stream whether the reply streams
 * @param includeUsage whether a chat stream ends with its usage
 * @param continuous whether each of its chunks says the usage by then
 * @param choices how many replies
 * @param input tokens of the prompt by kind; no output
 * @param reasoning hidden tokens of each choice
 * @param visible visible tokens of each choice
 * @param capped whether the output cap ended the reply
 * @param serviceTier the tier that serves it
 * @param created seconds since the epoch
 * @param script how to reply
 * @param searches searches of the web that the provider runs for it
 * @param prompts what Embeddings and Completions have in place of messages; null for all others
 * @param media what images, speech and transcripts are billed by; null for all others
 */
record FakeCall(
    Wire wire,
    String id,
    String model,
    boolean stream,
    boolean includeUsage,
    boolean continuous,
    int choices,
    TokenUsage input,
    long reasoning,
    long visible,
    boolean capped,
    String serviceTier,
    long created,
    FakeScript script,
    long searches,
    @Nullable FakePrompts prompts,
    @Nullable FakeMedia media) {
  private static final int MAX_CHOICES = 128;
  private static final int MAX_CANDIDATES = 8;
  private static final int BYTES_PER_TOKEN = 4;

  /** The least that may bound the output of a response. */
  private static final int LEAST_OUTPUT = 16;

  /** The fields whose text is input. */
  private static final List<String> PROMPT =
      List.of(
          "messages", "system", "input", "instructions", "tools", "contents", "systemInstruction");

  /** The APIs that are spoken. */
  enum Wire {
    CHAT("messages"),
    MESSAGES("messages"),
    RESPONSES("input"),
    COMPACT("input"),
    COMPLETIONS("prompt"),
    EMBEDDINGS("input"),
    SPEECH("input"),
    TRANSCRIPT("file"),
    IMAGES("prompt"),
    GEMINI("contents"),
    /** Gemini, streamed as one list and not as events. */
    GEMINI_LIST("contents"),
    /** Bedrock's own form of messages. */
    CONVERSE("messages"),
    /** Anthropic's form of messages in Bedrock's frames. */
    INVOKE("messages"),
    /** One embedding of Gemini. */
    GEMINI_EMBEDDING("content"),
    /** Many of them. */
    GEMINI_EMBEDDINGS("requests");

    private final String prompt;

    /** Whether a stream of it is no text. */
    boolean isBinary() {
      return this == CONVERSE || this == INVOKE;
    }

    Wire(String prompt) {
      this.prompt = prompt;
    }

    /** Whether the prompt is there; only an input may be a text instead of a list. */
    private boolean prompted(JsonNode body) {
      JsonNode value = body.path(prompt);
      return value.isArray() || (value.isTextual() && prompt.equals("input"));
    }
  }

  static FakeCall chat(JsonNode body, String id, long created, FakeScript script) {
    JsonNode options = body.path("stream_options");
    boolean stream = body.path("stream").asBoolean(false);
    if (!stream && !options.isMissingNode() && !options.isNull()) {
      throw new FakeProblem(400, "stream_options is only allowed when stream is enabled");
    }
    Long oldCap = cap(body, "max_tokens", 1);
    Long newCap = cap(body, "max_completion_tokens", 1);
    if (oldCap != null && newCap != null) {
      throw new FakeProblem(400, "max_tokens and max_completion_tokens exclude each other");
    }
    JsonNode n = body.path("n");
    if (!n.isMissingNode() && (!n.isInt() || n.intValue() < 1 || n.intValue() > MAX_CHOICES)) {
      throw new FakeProblem(400, "n: " + n + " (expected: 1.." + MAX_CHOICES + ")");
    }
    return call(
            Wire.CHAT,
            body,
            id,
            stream,
            options.path("include_usage").asBoolean(false),
            n.asInt(1),
            newCap != null ? newCap : oldCap,
            tier(body),
            created,
            script)
        .continuous(continuous(options, script));
  }

  /** Asked of others than vLLM it is an unknown field. */
  static boolean continuous(JsonNode options, FakeScript script) {
    boolean asked = options.has("continuous_usage_stats");
    if (asked && script.flavour().details()) {
      throw new FakeProblem(400, "Unknown parameter: 'stream_options.continuous_usage_stats'.");
    }
    return script.flavour() == FakeFlavour.VLLM
        && options.path("include_usage").asBoolean(false)
        && options.path("continuous_usage_stats").asBoolean(false);
  }

  /** The same with a usage on each chunk, or without. */
  FakeCall continuous(boolean so) {
    return copy(wire, so);
  }

  /** The same in another form. */
  FakeCall over(Wire other) {
    return copy(other, continuous);
  }

  private FakeCall copy(Wire over, boolean so) {
    return new FakeCall(
        over,
        id,
        model,
        stream,
        includeUsage,
        so,
        choices,
        input,
        reasoning,
        visible,
        capped,
        serviceTier,
        created,
        script,
        searches,
        prompts,
        media);
  }

  static FakeCall messages(JsonNode body, String id, long created, FakeScript script) {
    Long cap = cap(body, "max_tokens", 1);
    if (cap == null) {
      throw new FakeProblem(400, "max_tokens: Field required");
    }
    boolean stream = body.path("stream").asBoolean(false);
    return call(Wire.MESSAGES, body, id, stream, true, 1, cap, "standard", created, script);
  }

  static FakeCall converse(JsonNode body, String id, long created, FakeScript script) {
    Long cap = cap(body.path("inferenceConfig"), "maxTokens", 1);
    boolean stream = body.path("stream").asBoolean(false);
    return call(Wire.CONVERSE, body, id, stream, true, 1, cap, "standard", created, script);
  }

  static FakeCall responses(JsonNode body, String id, long created, FakeScript script) {
    Long cap = cap(body, "max_output_tokens", LEAST_OUTPUT);
    boolean stream = body.path("stream").asBoolean(false);
    return call(Wire.RESPONSES, body, id, stream, true, 1, cap, tier(body), created, script);
  }

  /** Nothing bounds a compaction or streams it: such fields are unknown there. */
  static FakeCall compact(JsonNode body, String id, long created, FakeScript script) {
    for (String field : List.of("max_output_tokens", "stream")) {
      if (body.has(field)) {
        throw new FakeProblem(400, "Unknown parameter: '" + field + "'.");
      }
    }
    return call(Wire.COMPACT, body, id, false, true, 1, null, tier(body), created, script);
  }

  private static String tier(JsonNode body) {
    String asked = body.path("service_tier").asText("auto");
    return asked.equals("auto") ? "default" : asked;
  }

  static FakeCall gemini(
      JsonNode body, GeminiRoute route, String id, long created, FakeScript script) {
    if (!body.path("contents").isArray()) {
      throw new FakeProblem(400, "contents is required");
    }
    JsonNode config = body.path("generationConfig");
    JsonNode n = config.path("candidateCount");
    if (!n.isMissingNode() && (!n.isInt() || n.intValue() < 1 || n.intValue() > MAX_CANDIDATES)) {
      throw new FakeProblem(400, "candidateCount: " + n + " (expected: 1.." + MAX_CANDIDATES + ")");
    }
    // Nothing is written to a cache here: what a script writes is input like any other.
    TokenUsage input = input(body, script);
    return call(
        route.list() ? Wire.GEMINI_LIST : Wire.GEMINI,
        route.model(),
        id,
        route.stream(),
        true,
        n.asInt(1),
        new TokenUsage(input.input() + input.cacheWrite(), input.cacheRead(), 0, 0, 0, 0),
        cap(config, "maxOutputTokens", 1),
        body.path("serviceTier").asText("standard"),
        created,
        script,
        FakeSearches.of(Wire.GEMINI, body, route.model(), script));
  }

  private static FakeCall call(
      Wire wire,
      JsonNode body,
      String id,
      boolean stream,
      boolean includeUsage,
      int choices,
      @Nullable Long cap,
      String tier,
      long created,
      FakeScript script) {
    JsonNode model = body.path("model");
    if (!model.isTextual() || !wire.prompted(body)) {
      throw new FakeProblem(400, "model and " + wire.prompt + " are required");
    }
    String name = model.textValue();
    TokenUsage input = input(body, script);
    long searches = FakeSearches.of(wire, body, name, script);
    return call(
        wire, name, id, stream, includeUsage, choices, input, cap, tier, created, script, searches);
  }

  private static FakeCall call(
      Wire wire,
      String model,
      String id,
      boolean stream,
      boolean includeUsage,
      int choices,
      TokenUsage input,
      @Nullable Long cap,
      String tier,
      long created,
      FakeScript script,
      long searches) {
    long most = cap == null ? Long.MAX_VALUE : cap;
    long reasoning = Math.min(script.reasoningTokens(), most);
    long visible = Math.min(script.outputTokens(), most - reasoning);
    return new FakeCall(
        wire,
        id,
        script.modelServed() == null ? model : script.modelServed(),
        stream,
        includeUsage && script.usage(),
        false,
        choices,
        input,
        reasoning,
        visible,
        reasoning + visible < script.reasoningTokens() + script.outputTokens(),
        script.serviceTier() == null ? tier : script.serviceTier(),
        created,
        script,
        searches,
        null,
        null);
  }

  static FakeCall geminiEmbeddings(
      JsonNode body, GeminiRoute route, String id, long created, FakeScript script) {
    boolean many = route.embedsMany();
    List<JsonNode> contents =
        many ? body.path("requests").findValues("content") : List.of(body.path("content"));
    String name = "models/" + route.model();
    for (JsonNode said : body.findValues("model")) {
      if (!said.asText().equals(name)) {
        throw new FakeProblem(400, "model: " + said + " (expected: " + name + ")");
      }
    }
    long bytes = contents.stream().mapToLong(FakeCall::text).sum();
    if (bytes == 0) {
      throw new FakeProblem(400, "content is required");
    }
    long total = script.inputTokens() < 0 ? 1 + bytes / BYTES_PER_TOKEN : script.inputTokens();
    return call(
        many ? Wire.GEMINI_EMBEDDINGS : Wire.GEMINI_EMBEDDING,
        route.model(),
        id,
        false,
        true,
        contents.size(),
        TokenUsage.of(total, 0),
        0L,
        "standard",
        created,
        script,
        0);
  }

  static @Nullable Long cap(JsonNode body, String name, long least) {
    JsonNode cap = body.path(name);
    if (cap.isMissingNode() || cap.isNull()) {
      return null;
    }
    if (!cap.isIntegralNumber() || !cap.canConvertToLong() || cap.longValue() < least) {
      throw new FakeProblem(
          400, name + ": " + cap + " (expected: an integer of at least " + least + ")");
    }
    return cap.longValue();
  }

  /** All of the input that a prompt counts, for the endpoint that only counts. */
  static long inputTokens(JsonNode body, FakeScript script) {
    return input(body, script).inputTotal();
  }

  private static TokenUsage input(JsonNode body, FakeScript script) {
    long total = script.inputTokens();
    if (total < 0) {
      long bytes = 0;
      for (String field : PROMPT) {
        bytes += text(body.path(field));
      }
      total = 1 + bytes / BYTES_PER_TOKEN;
    }
    return input(total, script);
  }

  /** So much input, with what the script says of the cache. */
  static TokenUsage input(long total, FakeScript script) {
    long writes = script.cacheWrite5m() + script.cacheWrite1h();
    long cached = script.cacheRead() + writes;
    long uncached = Math.max(0, total - cached);
    return new TokenUsage(uncached, script.cacheRead(), writes, script.cacheWrite1h(), 0, 0);
  }

  private static long text(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue().getBytes(StandardCharsets.UTF_8).length;
    }
    long bytes = 0;
    for (JsonNode child : node) {
      bytes += text(child);
    }
    return bytes;
  }

  /** Output tokens of all choices, if the reply is not cut. */
  long output() {
    return (reasoning + visible) * choices;
  }

  /** The usage that a whole reply reports. */
  TokenUsage usage() {
    return new TokenUsage(
        input.input(),
        input.cacheRead(),
        input.cacheWrite(),
        input.cacheWrite1h(),
        output(),
        reasoning * choices);
  }
}
