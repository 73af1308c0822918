package io.stipend.gateway.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** The JSON that is not a reply: what is read, error bodies, the model list and the tally. */
final class FakeJson {
  private static final ObjectMapper MAPPER = JsonMapper.builder().build();

  /** The models that are listed; every other one is served as well. */
  private static final List<String> CHAT_MODELS = List.of("gpt-5", "gpt-5-mini", "gpt-5-nano");

  private static final List<String> MESSAGES_MODELS =
      List.of("claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5");

  private FakeJson() {}

  static JsonNode read(byte[] body) {
    try {
      JsonNode node = MAPPER.readTree(body);
      if (node != null && node.isObject()) {
        return node;
      }
    } catch (IOException e) {
      throw new FakeProblem(400, "the body is no JSON");
    }
    throw new FakeProblem(400, "the body is no JSON object");
  }

  static String quote(String text) {
    try {
      return MAPPER.writeValueAsString(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static String chatError(int status, String message) {
    ObjectNode json = MAPPER.createObjectNode();
    json.putObject("error")
        .put("message", message)
        .put(
            "type",
            status == 429
                ? "rate_limit_error"
                : status >= 500 ? "server_error" : "invalid_request_error")
        .putNull("param")
        .putNull("code");
    return json.toString();
  }

  static String messagesError(int status, String message, String id) {
    String type =
        switch (status) {
          case 401 -> "authentication_error";
          case 402 -> "billing_error";
          case 403 -> "permission_error";
          case 404 -> "not_found_error";
          case 413 -> "request_too_large";
          case 429 -> "rate_limit_error";
          case 529 -> "overloaded_error";
          default -> status >= 500 ? "api_error" : "invalid_request_error";
        };
    ObjectNode json = MAPPER.createObjectNode().put("type", "error");
    json.putObject("error").put("type", type).put("message", message);
    return json.put("request_id", id).toString();
  }

  static String bedrockError(String message) {
    return MAPPER.createObjectNode().put("message", message).toString();
  }

  static String chatModels() {
    ObjectNode json = MAPPER.createObjectNode().put("object", "list");
    ArrayNode data = json.putArray("data");
    for (String model : CHAT_MODELS) {
      data.addObject()
          .put("id", model)
          .put("object", "model")
          .put("created", 0)
          .put("owned_by", "fake");
    }
    return json.toString();
  }

  static String messagesModels() {
    ObjectNode json = MAPPER.createObjectNode();
    ArrayNode data = json.putArray("data");
    for (String model : MESSAGES_MODELS) {
      data.addObject()
          .put("type", "model")
          .put("id", model)
          .put("display_name", model)
          .put("created_at", "1970-01-01T00:00:00Z");
    }
    return json.put("has_more", false)
        .put("first_id", MESSAGES_MODELS.get(0))
        .put("last_id", MESSAGES_MODELS.get(MESSAGES_MODELS.size() - 1))
        .toString();
  }

  static String tally(long requests, List<FakeProvider.Billed> billed) {
    ObjectNode json = MAPPER.createObjectNode().put("requests", requests);
    ArrayNode rows = json.putArray("billed");
    for (FakeProvider.Billed row : billed) {
      rows.addObject()
          .put("request_id", row.requestId())
          .put("path", row.path())
          .put("model", row.model())
          .put("key", row.key())
          .put("service_tier", row.serviceTier())
          .put("streamed", row.streamed())
          .put("end", row.end().name().toLowerCase(Locale.ROOT))
          .put("units", row.units().text())
          .put("input", row.usage().input())
          .put("cache_read", row.usage().cacheRead())
          .put("cache_write", row.usage().cacheWrite())
          .put("cache_write_1h", row.usage().cacheWrite1h())
          .put("output", row.usage().output())
          .put("reasoning", row.usage().reasoning());
    }
    return json.toString();
  }
}
