package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.stipend.metering.TokenUsage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What another reader makes of a stream that it has whole: it splits it into events and builds a
 * tree of each.
 *
 * @param usage what the provider reported last; null if nothing
 * @param text all that was generated
 * @param model that was served; null if not said
 */
record WholeStream(TokenUsage usage, String text, String model) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> CHAT_TEXT =
      Set.of("content", "reasoning_content", "reasoning", "refusal", "name", "arguments");
  private static final Set<String> BLOCK_TEXT = Set.of("text", "thinking", "partial_json", "name");

  /** Of Chat Completions. */
  static WholeStream chat(String stream) {
    StringBuilder text = new StringBuilder();
    JsonNode usage = MissingNode.getInstance();
    String model = null;
    for (JsonNode chunk : events(stream)) {
      for (JsonNode choice : chunk.path("choices")) {
        strings(choice.path("delta"), text);
      }
      JsonNode said = chunk.path("usage");
      if (said.isObject()
          && (chunk.path("choices").isEmpty() || said.at("/total_tokens").asInt() > 0)) {
        usage = said;
      }
      String named = chunk.path("model").asText("");
      model = model == null && !named.isEmpty() ? named : model;
    }
    long cached =
        usage.at("/prompt_tokens_details/cached_tokens").asLong()
            + usage.path("prompt_cache_hit_tokens").asLong();
    long written = usage.at("/prompt_tokens_details/cache_write_tokens").asLong();
    TokenUsage tokens =
        new TokenUsage(
            usage.path("prompt_tokens").asLong() - cached - written,
            cached,
            written,
            0,
            usage.path("completion_tokens").asLong(),
            usage.at("/completion_tokens_details/reasoning_tokens").asLong());
    return new WholeStream(usage.isMissingNode() ? null : tokens, text.toString(), model);
  }

  private static void strings(JsonNode node, StringBuilder text) {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (field.getValue().isTextual() && CHAT_TEXT.contains(field.getKey())) {
        text.append(field.getValue().textValue());
      }
      strings(field.getValue(), text);
    }
    if (node.isArray()) {
      node.forEach(one -> strings(one, text));
    }
  }

  /** Of Messages. */
  static WholeStream messages(String stream) {
    StringBuilder text = new StringBuilder();
    ObjectNode usage = JSON.createObjectNode();
    boolean reported = false;
    String model = null;
    for (JsonNode event : events(stream)) {
      switch (event.path("type").asText()) {
        case "message_start" -> {
          merge(usage, event.at("/message/usage"));
          model = event.at("/message/model").asText();
        }
        case "content_block_start" -> blockText(event.path("content_block"), text);
        case "content_block_delta" -> blockText(event.path("delta"), text);
        case "message_delta" -> {
          merge(usage, event.path("usage"));
          reported = true;
        }
        default -> {}
      }
    }
    TokenUsage sum = TokenUsage.ZERO;
    for (JsonNode run : usage.has("iterations") ? usage.get("iterations") : List.of(usage)) {
      sum =
          sum.plus(
              new TokenUsage(
                  run.path("input_tokens").asLong(),
                  run.path("cache_read_input_tokens").asLong(),
                  run.path("cache_creation_input_tokens").asLong(),
                  run.at("/cache_creation/ephemeral_1h_input_tokens").asLong(),
                  run.path("output_tokens").asLong(),
                  run.at("/output_tokens_details/thinking_tokens").asLong()));
    }
    return new WholeStream(reported ? sum : null, text.toString(), model);
  }

  private static void merge(ObjectNode usage, JsonNode said) {
    said.properties().stream()
        .filter(field -> !field.getValue().isNull())
        .forEach(field -> usage.set(field.getKey(), field.getValue()));
  }

  private static void blockText(JsonNode block, StringBuilder text) {
    for (Map.Entry<String, JsonNode> field : block.properties()) {
      text.append(BLOCK_TEXT.contains(field.getKey()) ? field.getValue().asText() : "");
    }
  }

  /** Of Responses. */
  static WholeStream responses(String stream) {
    StringBuilder text = new StringBuilder();
    JsonNode usage = MissingNode.getInstance();
    String model = null;
    for (JsonNode event : events(stream)) {
      String type = event.path("type").asText();
      text.append(type.endsWith(".delta") ? event.path("delta").asText("") : "");
      text.append(
          type.equals("response.output_item.added") ? event.at("/item/name").asText("") : "");
      JsonNode said = event.at("/response/usage");
      usage = said.isObject() ? said : usage;
      model = event.has("response") ? event.at("/response/model").asText() : model;
    }
    long cached = usage.at("/input_tokens_details/cached_tokens").asLong();
    long written = usage.at("/input_tokens_details/cache_write_tokens").asLong();
    TokenUsage tokens =
        new TokenUsage(
            usage.path("input_tokens").asLong() - cached - written,
            cached,
            written,
            0,
            usage.path("output_tokens").asLong(),
            usage.at("/output_tokens_details/reasoning_tokens").asLong());
    return new WholeStream(usage.isMissingNode() ? null : tokens, text.toString(), model);
  }

  /** The trees of all events that are JSON. */
  private static List<JsonNode> events(String stream) {
    List<JsonNode> events = new ArrayList<>();
    for (String event : stream.replace("\r\n", "\n").split("\n\n")) {
      for (String line : event.split("\n")) {
        if (line.startsWith("data: {")) {
          try {
            events.add(JSON.readTree(line.substring("data: ".length())));
          } catch (IOException e) {
            // It broke off.
          }
        }
      }
    }
    return events;
  }
}
