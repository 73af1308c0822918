package io.stipend.gateway.demo;

import org.jspecify.annotations.Nullable;

/** A streamed message as Bedrock's InvokeModel sends it: each event in a frame, metrics last. */
final class InvokeEvents implements FakeEvents {
  private static final String DATA = "data: ";
  private static final String STOP = "{\"type\":\"message_stop\"}";

  private final FakeCall call;
  private final MessagesEvents messages;

  InvokeEvents(FakeCall call) {
    this.call = call;
    this.messages = new MessagesEvents(call);
  }

  @Override
  public @Nullable Event next() {
    Event event = messages.next();
    if (event == null || !event.shown()) {
      return event;
    }
    String json = event.text().substring(event.text().indexOf(DATA) + DATA.length()).trim();
    if (json.equals(STOP)) {
      json = json.substring(0, json.length() - 1) + metrics() + "}";
    }
    return new Event(
        BedrockFrames.chunk(json), event.tokens(), event.reasoning(), event.searches());
  }

  private String metrics() {
    var usage = call.usage();
    return ",\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":"
        + usage.input()
        + ",\"outputTokenCount\":"
        + usage.output()
        + ",\"cacheReadInputTokenCount\":"
        + usage.cacheRead()
        + ",\"cacheWriteInputTokenCount\":"
        + usage.cacheWrite()
        + ",\"invocationLatency\":7,\"firstByteLatency\":3}";
  }
}
