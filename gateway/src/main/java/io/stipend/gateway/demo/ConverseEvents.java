package io.stipend.gateway.demo;

import org.jspecify.annotations.Nullable;

/**
 * A streamed answer of Converse: {@code messageStart}, one block of text that no event begins,
 * {@code messageStop}, and the usage in {@code metadata}.
 */
final class ConverseEvents implements FakeEvents {
  private static final String BLOCK = "\"contentBlockIndex\":0";

  private final FakeCall call;
  private long step;

  ConverseEvents(FakeCall call) {
    this.call = call;
  }

  @Override
  public @Nullable Event next() {
    long at = step++;
    if (at == 0) {
      return event("messageStart", "{\"role\":\"assistant\",\"p\":\"abc\"}");
    }
    at--;
    if (at < call.reasoning()) {
      return new Event("", 1, 1);
    }
    at -= call.reasoning();
    if (at < call.visible()) {
      String text = FakeText.token(at, call.script().tokenBytes());
      String json = "{" + BLOCK + ",\"delta\":{\"text\":\"" + text + "\"},\"p\":\"abcdefghij\"}";
      return new Event(BedrockFrames.event("contentBlockDelta", json), 1, 0);
    }
    at -= call.visible();
    if (at == 0) {
      return event("contentBlockStop", "{" + BLOCK + "}");
    }
    if (at == 1) {
      return event("messageStop", "{\"stopReason\":\"" + ConverseJson.stopReason(call) + "\"}");
    }
    String usage = call.script().usage() ? ConverseJson.usage(call) + "," : "";
    return at == 2 ? event("metadata", "{" + usage + ConverseJson.METRICS + "}") : null;
  }

  private static Event event(String type, String json) {
    return Event.of(BedrockFrames.event(type, json));
  }
}
