package io.stipend.gateway.demo;

import org.jspecify.annotations.Nullable;

/**
 * A streamed Gemini answer: the tokens of all candidates in turn, each in a chunk with the usage so
 * far, and a last chunk in which every candidate finishes; as events, or as the elements of one
 * list.
 */
final class GeminiEvents implements FakeEvents {
  private final FakeCall call;
  private final boolean list;
  private long step;
  private long shown;

  GeminiEvents(FakeCall call) {
    this.call = call;
    this.list = call.wire() == FakeCall.Wire.GEMINI_LIST;
  }

  @Override
  public @Nullable Event next() {
    long at = step++;
    int n = call.choices();
    if (at < call.reasoning() * n) {
      return new Event("", 1, 1);
    }
    at -= call.reasoning() * n;
    long thought = call.reasoning() * n;
    if (at < call.visible() * n) {
      String token = FakeText.token(at / n, call.script().tokenBytes());
      String candidate = GeminiJson.candidate(at % n, token, null);
      String chunk = chunk(GeminiJson.object(call, candidate, thought + at + 1, thought));
      // What it searched for is told at the end, and was before it spoke.
      return new Event(chunk, 1, 0).searched(at == 0 ? call.searches() : 0);
    }
    at -= call.visible() * n;
    if (at == 0) {
      StringBuilder all = new StringBuilder();
      for (int choice = 0; choice < n; choice++) {
        all.append(choice == 0 ? "" : ",")
            .append(
                GeminiJson.candidate(
                    choice,
                    "",
                    GeminiJson.finish(call),
                    choice == 0 ? FakeSearches.grounding(call) : ""));
      }
      return Event.of(chunk(GeminiJson.object(call, all.toString(), call.output(), thought)));
    }
    return at == 1 && list ? Event.of("\n]\n") : null;
  }

  private String chunk(String json) {
    if (!list) {
      return "data: " + json + "\r\n\r\n";
    }
    return (shown++ == 0 ? "[" : "\n,\r\n") + json;
  }
}
