package io.stipend.gateway.demo;

import io.stipend.metering.TokenUsage;

/** What the chunks of one stream say of usage before the last word on it. */
final class RunningUsage {
  private static final String ZEROS =
      "{\"prompt_tokens\":0,\"completion_tokens\":0,\"total_tokens\":0}";

  private final FakeCall call;
  private long generated;

  RunningUsage(FakeCall call) {
    this.call = call;
  }

  /** One more token, which the next chunk counts. */
  void generated() {
    generated++;
  }

  /** How a chunk ends behind its choices. */
  String end() {
    if (!call.includeUsage()) {
      return "]}\n\n";
    }
    return "],\"usage\":" + said() + "}\n\n";
  }

  private String said() {
    if (call.continuous()) {
      TokenUsage input = call.input();
      return ChatJson.usage(call, TokenUsage.of(input.inputTotal(), generated));
    }
    return call.script().flavour() == FakeFlavour.OLLAMA ? ZEROS : "null";
  }
}
