package io.stipend.gateway.demo;

import io.stipend.metering.TokenUsage;

/** The JSON of responses. */
final class ResponsesJson {
  private ResponsesJson() {}

  static String id(FakeCall call) {
    return "resp_" + call.id();
  }

  /** A response that is generated in the background, as it is told at first. */
  static String queued(FakeCall call) {
    return response(call, "queued", "auto", "", "null");
  }

  /** A response that has nothing yet: which tier serves it and what it uses is said at its end. */
  static String begun(FakeCall call) {
    return response(call, "in_progress", "auto", "", "null");
  }

  /** A whole answer, which a stream ends with as well. */
  static String answer(FakeCall call) {
    String text = FakeText.all(call.visible(), call.script().tokenBytes());
    String thought = call.reasoning() == 0 ? "" : reasoning(call);
    String said = speaks(call) ? message(call, status(call), part(text)) : "";
    String before = (thought.isEmpty() ? "" : thought + ",") + FakeSearches.items(call);
    String all = before + said;
    String items = all.endsWith(",") ? all.substring(0, all.length() - 1) : all;
    return response(call, status(call), call.serviceTier(), items, usage(call));
  }

  /** A shortened conversation: an object of its own, with neither model nor tier. */
  static String compaction(FakeCall call) {
    String text = FakeText.all(call.visible(), call.script().tokenBytes());
    return "{\"id\":\"resp_"
        + call.id()
        + "\",\"object\":\"response.compaction\",\"created_at\":"
        + call.created()
        + ",\"output\":[{\"id\":\"cmp_"
        + call.id()
        + "\",\"type\":\"compaction\",\"encrypted_content\":\""
        + text
        + "\"}],\"usage\":"
        + usage(call)
        + "}";
  }

  private static String response(
      FakeCall call, String status, String tier, String items, String usage) {
    String details = status.equals("incomplete") ? "{\"reason\":\"max_output_tokens\"}" : "null";
    return "{\"id\":\"resp_"
        + call.id()
        + "\",\"object\":\"response\",\"created_at\":"
        + call.created()
        + ",\"status\":\""
        + status
        + "\",\"error\":null,\"incomplete_details\":"
        + details
        + ",\"instructions\":null,\"metadata\":{},\"model\":"
        + FakeJson.quote(call.model())
        + ",\"output\":["
        + items
        + "],\"parallel_tool_calls\":true,\"service_tier\":"
        + FakeJson.quote(tier)
        + ",\"temperature\":1.0,\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":1.0,\"usage\":"
        + usage
        + "}";
  }

  static String status(FakeCall call) {
    return call.capped() ? "incomplete" : "completed";
  }

  /** Whether there is a message: not where reasoning took all that the cap left. */
  static boolean speaks(FakeCall call) {
    return call.visible() > 0 || !call.capped();
  }

  /** The item of the hidden tokens. */
  static String reasoning(FakeCall call) {
    return "{\"id\":\"rs_" + call.id() + "\",\"type\":\"reasoning\",\"summary\":[]}";
  }

  /** The item of the visible tokens. */
  static String message(FakeCall call, String status, String parts) {
    return "{\"id\":\"msg_"
        + call.id()
        + "\",\"type\":\"message\",\"status\":\""
        + status
        + "\",\"role\":\"assistant\",\"content\":["
        + parts
        + "]}";
  }

  static String part(String text) {
    return "{\"type\":\"output_text\",\"text\":\""
        + text
        + "\",\"annotations\":[],\"logprobs\":[]}";
  }

  /** Cached input is part of the input, reasoning is part of the output. */
  private static String usage(FakeCall call) {
    if (!call.script().usage()) {
      return "null";
    }
    TokenUsage usage = call.usage();
    return "{\"input_tokens\":"
        + usage.inputTotal()
        + ",\"input_tokens_details\":{\"cached_tokens\":"
        + usage.cacheRead()
        + ",\"cache_write_tokens\":"
        + usage.cacheWrite()
        + "},\"output_tokens\":"
        + usage.output()
        + ",\"output_tokens_details\":{\"reasoning_tokens\":"
        + usage.reasoning()
        + "},\"total_tokens\":"
        + usage.total()
        + "}";
  }
}
