package io.stipend.gateway.demo;

import io.stipend.metering.TokenUsage;

/** The JSON of messages. */
final class MessagesJson {
  private MessagesJson() {}

  /** An object's fields up to its usage, still open, for a stream that has no content yet. */
  static String head(FakeCall call) {
    return head(call, "", "null");
  }

  private static String head(FakeCall call, String content, String stopReason) {
    return "{\"id\":\"msg_"
        + call.id()
        + "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"
        + FakeJson.quote(call.model())
        + ",\"content\":["
        + content
        + "],\"stop_reason\":"
        + stopReason
        + ",\"stop_sequence\":null";
  }

  static String stopReason(FakeCall call) {
    return call.capped() ? "max_tokens" : "end_turn";
  }

  /** The output is a placeholder: nothing is generated yet. */
  static String usageAtStart(FakeCall call) {
    return call.script().usage()
        ? ",\"usage\":{" + input(call) + ",\"output_tokens\":1," + tier(call) + "}"
        : "";
  }

  /** The output is what was generated in all. */
  static String usageAtEnd(FakeCall call) {
    return call.script().usage()
        ? ",\"usage\":{" + input(call) + output(call) + FakeSearches.usage(call) + "}"
        : "";
  }

  /** Input excludes what was read from and written to the cache. */
  private static String input(FakeCall call) {
    TokenUsage usage = call.usage();
    long fiveMinutes = usage.cacheWrite() - usage.cacheWrite1h();
    return "\"input_tokens\":"
        + usage.input()
        + ",\"cache_creation_input_tokens\":"
        + usage.cacheWrite()
        + ",\"cache_read_input_tokens\":"
        + usage.cacheRead()
        + ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":"
        + fiveMinutes
        + ",\"ephemeral_1h_input_tokens\":"
        + usage.cacheWrite1h()
        + "}";
  }

  private static String output(FakeCall call) {
    String thinking =
        call.reasoning() == 0
            ? ""
            : ",\"output_tokens_details\":{\"thinking_tokens\":" + call.reasoning() + "}";
    return ",\"output_tokens\":" + call.usage().output() + thinking;
  }

  private static String tier(FakeCall call) {
    return "\"service_tier\":" + FakeJson.quote(call.serviceTier());
  }

  /** A whole answer. */
  static String answer(FakeCall call) {
    String text = FakeText.all(call.visible(), call.script().tokenBytes());
    String block = "{\"type\":\"text\",\"text\":\"" + text + "\"}";
    String usage =
        call.script().usage()
            ? ",\"usage\":{"
                + input(call)
                + output(call)
                + FakeSearches.usage(call)
                + ","
                + tier(call)
                + "}"
            : "";
    return head(call, FakeSearches.blocks(call) + block, "\"" + stopReason(call) + "\"")
        + usage
        + "}";
  }
}
