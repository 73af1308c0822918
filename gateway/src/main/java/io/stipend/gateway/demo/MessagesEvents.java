package io.stipend.gateway.demo;

import org.jspecify.annotations.Nullable;

/**
 * A streamed message: {@code message_start} with the input's usage and a placeholder for the
 * output's, one block of text with a ping in it, {@code message_delta} with the usage so far,
 * {@code message_stop}.
 */
final class MessagesEvents implements FakeEvents {
  private static final String PING = "event: ping\ndata: {\"type\": \"ping\"}\n\n";

  private final FakeCall call;
  private long step;

  MessagesEvents(FakeCall call) {
    this.call = call;
  }

  @Override
  public @Nullable Event next() {
    long at = step++;
    if (at == 0) {
      return Event.of(messageStart());
    }
    at--;
    // Two blocks for each search, each begun and ended.
    long searching = 4 * call.searches();
    if (at < searching) {
      return search(at / 2, at % 2 == 0);
    }
    at -= searching;
    if (at < 2) {
      return Event.of(at == 0 ? blockStart() : PING);
    }
    at -= 2;
    if (at < call.reasoning()) {
      return new Event("", 1, 1);
    }
    at -= call.reasoning();
    if (at < call.visible()) {
      return new Event(blockDelta(FakeText.token(at, call.script().tokenBytes())), 1, 0);
    }
    at -= call.visible();
    if (at > 2) {
      return null;
    }
    return Event.of(at == 0 ? blockStop() : at == 1 ? messageDelta() : messageStop());
  }

  private String messageStart() {
    return event(
        "message_start",
        ",\"message\":" + MessagesJson.head(call) + MessagesJson.usageAtStart(call) + "}");
  }

  private Event search(long block, boolean begins) {
    String index = ",\"index\":" + block;
    if (!begins) {
      return Event.of(event("content_block_stop", index));
    }
    boolean use = block % 2 == 0;
    String content = use ? FakeSearches.use(block / 2) : FakeSearches.result(block / 2);
    String text = event("content_block_start", index + ",\"content_block\":" + content);
    return Event.of(text).searched(use ? 1 : 0);
  }

  /** The text stands behind the blocks of its searches. */
  private String index() {
    return ",\"index\":" + 2 * call.searches();
  }

  private String blockStart() {
    return event(
        "content_block_start", index() + ",\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
  }

  private String blockDelta(String text) {
    return event(
        "content_block_delta",
        index() + ",\"delta\":{\"type\":\"text_delta\",\"text\":\"" + text + "\"}");
  }

  private String blockStop() {
    return event("content_block_stop", index());
  }

  private String messageDelta() {
    return event(
        "message_delta",
        ",\"delta\":{\"stop_reason\":\""
            + MessagesJson.stopReason(call)
            + "\",\"stop_sequence\":null}"
            + MessagesJson.usageAtEnd(call));
  }

  private static String messageStop() {
    return event("message_stop", "");
  }

  private static String event(String type, String fields) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + fields + "}\n\n";
  }
}
