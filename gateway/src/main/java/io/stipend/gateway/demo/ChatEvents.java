package io.stipend.gateway.demo;

import org.jspecify.annotations.Nullable;

/**
 * A streamed chat completion: a role event for each choice, the tokens of all choices in turn, a
 * finish for each choice, the usage if the request asked for it, {@code [DONE]}. What the other
 * chunks then say of it, and what comes before all of them, is a matter of the {@link FakeFlavour}.
 */
final class ChatEvents implements FakeEvents {
  private static final String JUDGEMENT =
      "{\"prompt_index\":0,\"content_filter_results\":{\"hate\":{\"filtered\":false,"
          + "\"severity\":\"safe\"},\"jailbreak\":{\"filtered\":false,\"detected\":false}}}";

  private final FakeCall call;
  private final String before;
  private final RunningUsage usage;
  private boolean judged;
  private long step;

  ChatEvents(FakeCall call) {
    this.call = call;
    this.before = "data: " + ChatJson.head(call, "chat.completion.chunk") + ",\"choices\":[";
    this.usage = new RunningUsage(call);
    this.judged = call.script().flavour() == FakeFlavour.AZURE;
  }

  @Override
  public @Nullable Event next() {
    if (judged) {
      judged = false;
      return Event.of(before + "],\"prompt_filter_results\":[" + JUDGEMENT + "]}\n\n");
    }
    long at = step++;
    int n = call.choices();
    if (at < n) {
      return Event.of(chunk(at, "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", null))
          .searched(at == 0 ? call.searches() : 0);
    }
    at -= n;
    if (at < call.reasoning() * n) {
      usage.generated();
      return new Event("", 1, 1);
    }
    at -= call.reasoning() * n;
    if (at < call.visible() * n) {
      usage.generated();
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
        + usage.end();
  }
}
