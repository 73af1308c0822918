package io.stipend.gateway.demo;

import org.jspecify.annotations.Nullable;

/**
 * A streamed chat completion: a role event for each choice, the tokens of all choices in turn, a
 * finish for each choice, the usage if the request asked for it, {@code [DONE]}. Where usage was
 * asked for, every other chunk says {@code "usage":null}.
 */
final class ChatEvents implements FakeEvents {
  private final FakeCall call;
  private final String before;
  private final String after;
  private long step;

  ChatEvents(FakeCall call) {
    this.call = call;
    this.before = "data: " + ChatJson.head(call, "chat.completion.chunk") + ",\"choices\":[";
    this.after = "]" + (call.includeUsage() ? ",\"usage\":null" : "") + "}\n\n";
  }

  @Override
  public @Nullable Event next() {
    long at = step++;
    int n = call.choices();
    if (at < n) {
      return Event.of(chunk(at, "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", null))
          .searched(at == 0 ? call.searches() : 0);
    }
    at -= n;
    if (at < call.reasoning() * n) {
      return new Event("", 1, 1);
    }
    at -= call.reasoning() * n;
    if (at < call.visible() * n) {
      String token = FakeText.token(at / n, call.script().tokenBytes());
      return new Event(chunk(at % n, "{\"content\":\"" + token + "\"}", null), 1, 0);
    }
    at -= call.visible() * n;
    if (at < n) {
      return Event.of(chunk(at, "{}", ChatJson.finish(call)));
    }
    at -= n;
    if (at == 0 && call.includeUsage()) {
      return Event.of(before + "],\"usage\":" + ChatJson.usage(call) + "}\n\n");
    }
    return at == (call.includeUsage() ? 1 : 0) ? Event.of("data: [DONE]\n\n") : null;
  }

  private String chunk(long choice, String delta, @Nullable String finish) {
    return before
        + "{\"index\":"
        + choice
        + ",\"delta\":"
        + delta
        + ",\"logprobs\":null,\"finish_reason\":"
        + (finish == null ? "null" : "\"" + finish + "\"")
        + "}"
        + after;
  }
}
