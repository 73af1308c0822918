package io.stipend.gateway.demo;

import io.stipend.metering.TokenUsage;

/** The JSON of Converse. */
final class ConverseJson {
  static final String METRICS = "\"metrics\":{\"latencyMs\":42}";

  private ConverseJson() {}

  static String stopReason(FakeCall call) {
    return call.capped() ? "max_tokens" : "end_turn";
  }

  /** Input excludes what was read from and written to the cache. */
  static String usage(FakeCall call) {
    TokenUsage usage = call.usage();
    long hour = usage.cacheWrite1h();
    return "\"usage\":{\"inputTokens\":"
        + usage.input()
        + ",\"outputTokens\":"
        + usage.output()
        + ",\"totalTokens\":"
        + usage.total()
        + ",\"cacheReadInputTokens\":"
        + usage.cacheRead()
        + ",\"cacheWriteInputTokens\":"
        + usage.cacheWrite()
        + ",\"cacheDetails\":[{\"ttl\":\"5m\",\"inputTokens\":"
        + (usage.cacheWrite() - hour)
        + "},{\"ttl\":\"1h\",\"inputTokens\":"
        + hour
        + "}]}";
  }

  /** A whole answer. */
  static String answer(FakeCall call) {
    return "{"
        + METRICS
        + ",\"output\":{\"message\":{\"content\":[{\"text\":\""
        + FakeText.all(call.visible(), call.script().tokenBytes())
        + "\"}],\"role\":\"assistant\"}},\"stopReason\":\""
        + stopReason(call)
        + "\""
        + (call.script().usage() ? "," + usage(call) : "")
        + "}";
  }
}
