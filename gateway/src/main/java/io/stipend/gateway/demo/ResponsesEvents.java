package io.stipend.gateway.demo;

import org.jspecify.annotations.Nullable;

/**
 * A streamed response: two events without usage, an item for what is thought if anything is, an
 * item for what is said, the whole response with its usage. Each event has its number; no marker
 * follows the last.
 */
final class ResponsesEvents implements FakeEvents {
  private final FakeCall call;
  private long step;
  private long sequence;

  ResponsesEvents(FakeCall call) {
    this.call = call;
  }

  @Override
  public @Nullable Event next() {
    long at = step++;
    if (at < 2) {
      String type = at == 0 ? "response.created" : "response.in_progress";
      return event(type, ",\"response\":" + ResponsesJson.begun(call));
    }
    at -= 2;
    if (call.reasoning() > 0) {
      if (at > 0 && at <= call.reasoning()) {
        return new Event("", 1, 1);
      }
      if (at <= call.reasoning() + 1) {
        return item(at == 0 ? "added" : "done", 0, ResponsesJson.reasoning(call));
      }
      at -= call.reasoning() + 2;
    }
    if (at < 2 * call.searches()) {
      return search(at / 2, at % 2 == 0);
    }
    at -= 2 * call.searches();
    if (ResponsesJson.speaks(call)) {
      if (at < call.visible() + 5) {
        return message(at);
      }
      at -= call.visible() + 5;
    }
    return at == 0
        ? event(
            "response." + ResponsesJson.status(call), ",\"response\":" + ResponsesJson.answer(call))
        : null;
  }

  private Event message(long at) {
    int bytes = call.script().tokenBytes();
    if (at == 0) {
      return item("added", index(), ResponsesJson.message(call, "in_progress", ""));
    }
    if (at == 1) {
      return part("content_part.added", ",\"part\":" + ResponsesJson.part(""));
    }
    at -= 2;
    if (at < call.visible()) {
      String token = FakeText.token(at, bytes);
      Event delta = part("output_text.delta", ",\"delta\":\"" + token + "\",\"logprobs\":[]");
      return new Event(delta.text(), 1, 0);
    }
    at -= call.visible();
    String text = FakeText.all(call.visible(), bytes);
    if (at == 0) {
      return part("output_text.done", ",\"text\":\"" + text + "\",\"logprobs\":[]");
    }
    String part = ResponsesJson.part(text);
    return at == 1
        ? part("content_part.done", ",\"part\":" + part)
        : item("done", index(), ResponsesJson.message(call, ResponsesJson.status(call), part));
  }

  private Event search(long nth, boolean begins) {
    long at = (call.reasoning() == 0 ? 0 : 1) + nth;
    String item = FakeSearches.item(call, nth, begins ? "in_progress" : "completed");
    return item(begins ? "added" : "done", at, item).searched(begins ? 1 : 0);
  }

  /** Where the message stands among the items. */
  private long index() {
    return (call.reasoning() == 0 ? 0 : 1) + call.searches();
  }

  private Event item(String what, long index, String item) {
    return event(
        "response.output_item." + what, ",\"output_index\":" + index + ",\"item\":" + item);
  }

  private Event part(String what, String fields) {
    return event(
        "response." + what,
        ",\"item_id\":\"msg_"
            + call.id()
            + "\",\"output_index\":"
            + index()
            + ",\"content_index\":0"
            + fields);
  }

  private Event event(String type, String fields) {
    return Event.of(
        "event: "
            + type
            + "\ndata: {\"type\":\""
            + type
            + "\",\"sequence_number\":"
            + sequence++
            + fields
            + "}\n\n");
  }
}
