package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.TokenUsage;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A request for a reply, checked as strictly as the real APIs check what a gateway might get wrong.
 *
 * @param wire whose API
 * @param id the id that the provider gives the request
 * @param model as the body names it
 * @param stream whether the reply streams
 * @param includeUsage whether a chat stream ends with its usage
 * @param choices how many replies
 * @param input tokens of the prompt by kind; no output
 * @param reasoning hidden tokens of each choice
 * @param visible visible tokens of each choice
 * @param capped whether the output cap ended the reply
 * @param serviceTier the tier that serves it
 * @param created seconds since the epoch
 * @param script how to reply
 */
record FakeCall(
    Wire wire,
    String id,
    String model,
    boolean stream,
    boolean includeUsage,
    int choices,
    TokenUsage input,
    long reasoning,
    long visible,
    boolean capped,
    String serviceTier,
    long created,
    FakeScript script) {
  private static final int MAX_CHOICES = 128;
  private static final int BYTES_PER_TOKEN = 4;

  /** The APIs that are spoken. */
  enum Wire {
    CHAT,
    MESSAGES
  }

  static FakeCall chat(JsonNode body, String id, long created, FakeScript script) {
    JsonNode options = body.path("stream_options");
    boolean stream = body.path("stream").asBoolean(false);
    if (!stream && !options.isMissingNode() && !options.isNull()) {
      throw new FakeProblem(400, "stream_options is only allowed when stream is enabled");
    }
    Long oldCap = cap(body, "max_tokens");
    Long newCap = cap(body, "max_completion_tokens");
    if (oldCap != null && newCap != null) {
      throw new FakeProblem(400, "max_tokens and max_completion_tokens exclude each other");
    }
    JsonNode n = body.path("n");
    if (!n.isMissingNode() && (!n.isInt() || n.intValue() < 1 || n.intValue() > MAX_CHOICES)) {
      throw new FakeProblem(400, "n: " + n + " (expected: 1.." + MAX_CHOICES + ")");
    }
    String asked = body.path("service_tier").asText("auto");
    return call(
        Wire.CHAT,
        body,
        id,
        stream,
        options.path("include_usage").asBoolean(false),
        n.asInt(1),
        newCap != null ? newCap : oldCap,
        asked.equals("auto") ? "default" : asked,
        created,
        script);
  }

  static FakeCall messages(JsonNode body, String id, long created, FakeScript script) {
    Long cap = cap(body, "max_tokens");
    if (cap == null) {
      throw new FakeProblem(400, "max_tokens: Field required");
    }
    boolean stream = body.path("stream").asBoolean(false);
    return call(Wire.MESSAGES, body, id, stream, true, 1, cap, "standard", created, script);
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
    if (!model.isTextual() || !body.path("messages").isArray()) {
      throw new FakeProblem(400, "model and messages are required");
    }
    long most = cap == null ? Long.MAX_VALUE : cap;
    long reasoning = Math.min(script.reasoningTokens(), most);
    long visible = Math.min(script.outputTokens(), most - reasoning);
    return new FakeCall(
        wire,
        id,
        script.modelServed() == null ? model.textValue() : script.modelServed(),
        stream,
        includeUsage && script.usage(),
        choices,
        input(body, script),
        reasoning,
        visible,
        reasoning + visible < script.reasoningTokens() + script.outputTokens(),
        script.serviceTier() == null ? tier : script.serviceTier(),
        created,
        script);
  }

  private static @Nullable Long cap(JsonNode body, String name) {
    JsonNode cap = body.path(name);
    if (cap.isMissingNode() || cap.isNull()) {
      return null;
    }
    if (!cap.isIntegralNumber() || !cap.canConvertToLong() || cap.longValue() < 1) {
      throw new FakeProblem(400, name + ": " + cap + " (expected: an integer of at least 1)");
    }
    return cap.longValue();
  }

  /** All of the input that a prompt counts, for the endpoint that only counts. */
  static long inputTokens(JsonNode body, FakeScript script) {
    return input(body, script).inputTotal();
  }

  private static TokenUsage input(JsonNode body, FakeScript script) {
    long writes = script.cacheWrite5m() + script.cacheWrite1h();
    long cached = script.cacheRead() + writes;
    long total = script.inputTokens();
    if (total < 0) {
      long bytes =
          text(body.path("messages")) + text(body.path("system")) + text(body.path("tools"));
      total = 1 + bytes / BYTES_PER_TOKEN;
    }
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
