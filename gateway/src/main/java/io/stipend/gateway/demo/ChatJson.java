package io.stipend.gateway.demo;

import io.stipend.metering.TokenUsage;

/** The JSON of chat completions. */
final class ChatJson {
  private ChatJson() {}

  /** An object's fields up to its choices, still open. */
  static String head(FakeCall call, String object) {
    return "{\"id\":\"chatcmpl-"
        + call.id()
        + "\",\"object\":\""
        + object
        + "\",\"created\":"
        + call.created()
        + ",\"model\":"
        + FakeJson.quote(call.model())
        + ",\"service_tier\":"
        + FakeJson.quote(call.serviceTier())
        + ",\"system_fingerprint\":\"fp_fake\"";
  }

  static String finish(FakeCall call) {
    return call.capped() ? "length" : "stop";
  }

  /** Cached input is part of the prompt, reasoning is part of the completion. */
  static String usage(FakeCall call) {
    return usage(call, call.usage());
  }

  static String usage(FakeCall call, TokenUsage usage) {
    String counts =
        "{\"prompt_tokens\":"
            + usage.inputTotal()
            + ",\"completion_tokens\":"
            + usage.output()
            + ",\"total_tokens\":"
            + usage.total();
    if (!call.script().flavour().details()) {
      return counts + "}";
    }
    String writes = usage.cacheWrite() == 0 ? "" : ",\"cache_write_tokens\":" + usage.cacheWrite();
    return counts
        + ",\"prompt_tokens_details\":{\"cached_tokens\":"
        + usage.cacheRead()
        + writes
        + ",\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":"
        + usage.reasoning()
        + ",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,"
        + "\"rejected_prediction_tokens\":0}}";
  }

  /** A whole answer. */
  static String answer(FakeCall call) {
    String text = FakeText.all(call.visible(), call.script().tokenBytes());
    StringBuilder json = new StringBuilder(head(call, "chat.completion")).append(",\"choices\":[");
    for (int choice = 0; choice < call.choices(); choice++) {
      json.append(choice == 0 ? "" : ",")
          .append("{\"index\":")
          .append(choice)
          .append(",\"message\":{\"role\":\"assistant\",\"content\":\"")
          .append(text)
          .append("\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"")
          .append(finish(call))
          .append("\"}");
    }
    json.append(']');
    if (call.script().usage()) {
      json.append(",\"usage\":").append(usage(call));
    }
    return json.append('}').toString();
  }
}
