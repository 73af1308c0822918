package io.stipend.gateway.demo;

import org.jspecify.annotations.Nullable;

/** The JSON of legacy completions: one object for a whole answer and for each of its events. */
final class CompletionsJson {
  private CompletionsJson() {}

  /** An object's fields up to its choices, still open. */
  static String head(FakeCall call) {
    return "{\"id\":\"cmpl-"
        + call.id()
        + "\",\"object\":\"text_completion\",\"created\":"
        + call.created()
        + ",\"model\":"
        + FakeJson.quote(call.model())
        + ",\"choices\":[";
  }

  /** One choice. */
  static String choice(long index, String text, @Nullable String finish) {
    return "{\"text\":"
        + FakeJson.quote(text)
        + ",\"index\":"
        + index
        + ",\"logprobs\":null,\"finish_reason\":"
        + (finish == null ? "null" : "\"" + finish + "\"")
        + "}";
  }

  /** What was asked, of a call of this API. */
  static FakePrompts prompts(FakeCall call) {
    FakePrompts prompts = call.prompts();
    if (prompts == null) {
      throw new IllegalStateException("prompts: none (expected: those of " + call.wire() + ")");
    }
    return prompts;
  }

  /** A whole answer: of each prompt as many choices as were asked for, however many were made. */
  static String answer(FakeCall call) {
    FakePrompts prompts = prompts(call);
    String text = FakeText.all(call.visible(), call.script().tokenBytes());
    StringBuilder json = new StringBuilder(head(call));
    for (int choice = 0; choice < prompts.choices(); choice++) {
      json.append(choice == 0 ? "" : ",")
          .append(choice(choice, prompts.echoed(choice) + text, ChatJson.finish(call)));
    }
    json.append(']');
    if (call.script().usage()) {
      json.append(",\"usage\":").append(ChatJson.usage(call));
    }
    return json.append('}').toString();
  }
}
