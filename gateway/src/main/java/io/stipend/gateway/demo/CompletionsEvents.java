package io.stipend.gateway.demo;

import org.jspecify.annotations.Nullable;

/**
 * A streamed legacy completion: the prompt of each choice if it was to come back, the tokens of all
 * choices in turn, a finish for each, the usage if the request asked for it, {@code [DONE]}.
 */
final class CompletionsEvents implements FakeEvents {
  private final FakeCall call;
  private final FakePrompts prompts;
  private final String before;
  private final RunningUsage usage;
  private long step;

  CompletionsEvents(FakeCall call) {
    this.call = call;
    this.prompts = CompletionsJson.prompts(call);
    this.before = "data: " + CompletionsJson.head(call);
    this.usage = new RunningUsage(call);
  }

  @Override
  public @Nullable Event next() {
    long at = step++;
    int n = call.choices();
    if (prompts.echo()) {
      if (at < n) {
        return Event.of(chunk(at, prompts.echoed((int) at), null));
      }
      at -= n;
    }
    if (at < call.visible() * n) {
      usage.generated();
      String token = FakeText.token(at / n, call.script().tokenBytes());
      return new Event(chunk(at % n, token, null), 1, 0);
    }
    at -= call.visible() * n;
    if (at < n) {
      return Event.of(chunk(at, "", ChatJson.finish(call)));
    }
    at -= n;
    if (at == 0 && call.includeUsage()) {
      return Event.of(before + "],\"usage\":" + ChatJson.usage(call) + "}\n\n");
    }
    return at == (call.includeUsage() ? 1 : 0) ? Event.of("data: [DONE]\n\n") : null;
  }

  private String chunk(long choice, String text, @Nullable String finish) {
    return before + CompletionsJson.choice(choice, text, finish) + usage.end();
  }
}
