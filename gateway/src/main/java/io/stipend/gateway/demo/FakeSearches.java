package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.gateway.demo.FakeCall.Wire;

/** How often a provider searches the web for a reply, and how each API shows it. */
final class FakeSearches {
  private FakeSearches() {}

  /** So many as the script wants, where the request offers the tool and as it bounds it. */
  static long of(Wire wire, JsonNode body, String model, FakeScript script) {
    return switch (wire) {
      case CHAT -> model.contains("-search-") || body.has("web_search_options") ? 1 : 0;
      case MESSAGES -> Math.min(script.searches(), messages(body));
      case RESPONSES -> Math.min(script.searches(), responses(body));
      case GEMINI, GEMINI_LIST -> gemini(body) ? script.searches() : 0;
      default -> 0;
    };
  }

  private static long messages(JsonNode body) {
    long most = 0;
    for (JsonNode tool : body.path("tools")) {
      if (tool.path("type").asText().startsWith("web_search_")) {
        most += tool.path("max_uses").asLong(Integer.MAX_VALUE);
      }
    }
    return most;
  }

  private static long responses(JsonNode body) {
    for (JsonNode tool : body.path("tools")) {
      if (tool.path("type").asText().startsWith("web_search")) {
        return body.path("max_tool_calls").asLong(Integer.MAX_VALUE);
      }
    }
    return 0;
  }

  private static boolean gemini(JsonNode body) {
    for (JsonNode tool : body.path("tools")) {
      if (tool.has("googleSearch") || tool.has("google_search")) {
        return true;
      }
    }
    return false;
  }

  /** The item of one search of a response. */
  static String item(FakeCall call, long index, String status) {
    String action =
        status.equals("completed")
            ? ",\"action\":{\"type\":\"search\",\"query\":\"q" + index + "\"}"
            : "";
    return "{\"id\":\"ws_"
        + call.id()
        + "_"
        + index
        + "\",\"type\":\"web_search_call\",\"status\":\""
        + status
        + "\""
        + action
        + "}";
  }

  /** All items of a whole response, each with a comma behind it. */
  static String items(FakeCall call) {
    StringBuilder items = new StringBuilder();
    for (long i = 0; i < call.searches(); i++) {
      items.append(item(call, i, "completed")).append(',');
    }
    return items.toString();
  }

  /** The blocks of one search of a message: what it asks, and what it found. */
  static String use(long index) {
    return "{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_"
        + index
        + "\",\"name\":\"web_search\",\"input\":{\"query\":\"q"
        + index
        + "\"}}";
  }

  static String result(long index) {
    return "{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"srvtoolu_"
        + index
        + "\",\"content\":[]}";
  }

  /** All blocks of a whole message, each with a comma behind it. */
  static String blocks(FakeCall call) {
    StringBuilder blocks = new StringBuilder();
    for (long i = 0; i < call.searches(); i++) {
      blocks.append(use(i)).append(',').append(result(i)).append(',');
    }
    return blocks.toString();
  }

  /** What the usage of a message says of them; nothing if there were none. */
  static String usage(FakeCall call) {
    return call.searches() == 0
        ? ""
        : ",\"server_tool_use\":{\"web_search_requests\":" + call.searches() + "}";
  }

  /** What a Gemini candidate says of them; nothing if there were none. */
  static String grounding(FakeCall call) {
    if (call.searches() == 0) {
      return "";
    }
    StringBuilder queries = new StringBuilder();
    for (long i = 0; i < call.searches(); i++) {
      queries.append(i == 0 ? "" : ",").append("\"q").append(i).append('"');
    }
    return ",\"groundingMetadata\":{\"webSearchQueries\":[" + queries + "]}";
  }
}
