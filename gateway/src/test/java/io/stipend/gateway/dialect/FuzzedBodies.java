package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.gateway.dialect.Dialect.Peek;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.Unreadable;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.ModelCall.Generation;
import io.stipend.policy.RefusalReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What holds for the body of any request: it is refused by name, or the edited body is the same
 * JSON but for the fields that policy set.
 */
final class FuzzedBodies {
  private static final String MODEL = "m \"模型\\";
  private static final int CAP = 40;

  /** The bound of a search that says none. */
  private static final int SEARCHES = 10;

  /** All that an edit may add to a body. */
  private static final int MOST_ADDED = 160;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(2 * BodyScan.MAX_DEPTH).build())
          .build();

  private static final List<String> PATHS =
      List.of(
          "/v1/chat/completions",
          "/v1/responses",
          "/v1/responses/input_tokens",
          "/v1/messages",
          "/v1/messages/count_tokens",
          "/v1beta/models/m:generateContent",
          "/v1beta/models/m:countTokens",
          "/v1/embeddings",
          "/v1/completions",
          "/v1/moderations",
          "/v1/responses/compact",
          "/v1/audio/speech",
          "/v1/images/generations",
          "/v1beta/models/m:embedContent",
          "/v1beta/models/m:batchEmbedContents",
          "/openai/deployments/m/chat/completions",
          "/openai/deployments/m/embeddings",
          "/openai/v1/responses");

  private FuzzedBodies() {}

  static void check(byte[] input) throws IOException {
    if (input.length < 2) {
      return;
    }
    RequestHead head = Heads.post(PATHS.get(Math.floorMod(input[0] - '0', PATHS.size())));
    Dialect dialect = Dialects.at(head.path());
    byte[] json = Arrays.copyOfRange(input, 2, input.length);
    ByteBuf body = Unpooled.wrappedBuffer(json);
    Peek peek = dialect.peek(head, body);
    assertThat(body.readableBytes()).isEqualTo(json.length);
    if (peek instanceof Unreadable unreadable) {
      assertThat(unreadable.refusal().reason()).isEqualTo(RefusalReason.INVALID_BODY);
      assertThat(unreadable.refusal().message()).isNotBlank().hasSizeLessThan(600);
      return;
    }
    Peeked peeked = (Peeked) peek;
    boolean capped = peeked.call().metered() && peeked.call().generation() != Generation.UNCAPPABLE;
    Edit edit =
        new Edit((input[1] & 1) == 0 ? null : MODEL, capped && (input[1] & 2) != 0 ? CAP : -1);
    ByteBuf edited = dialect.edit(body, peeked, edit);
    String text = edited.toString(StandardCharsets.UTF_8);
    assertThat(edited.readableBytes()).isLessThanOrEqualTo(json.length + MOST_ADDED);
    assertThat(edited.release()).isTrue();
    ObjectNode expected = (ObjectNode) tree(new String(json, StandardCharsets.UTF_8));
    expect(dialect, head.path(), expected, edit);
    assertThat(tree(text)).isEqualTo(expected);
  }

  /** As it stands: a number that is no small integer is kept as it is spelled. */
  private static JsonNode tree(String json) throws IOException {
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      JsonNode tree = value(parser);
      assertThat(parser.nextToken()).isNull();
      return tree;
    }
  }

  private static JsonNode value(JsonParser parser) throws IOException {
    String text = parser.getText();
    switch (parser.currentToken()) {
      case START_OBJECT -> {
        ObjectNode object = NODES.objectNode();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          object.set(name, value(parser));
        }
        return object;
      }
      case START_ARRAY -> {
        ArrayNode list = NODES.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser));
        }
        return list;
      }
      case VALUE_TRUE, VALUE_FALSE -> {
        return NODES.booleanNode(text.equals("true"));
      }
      case VALUE_NULL -> {
        return NODES.nullNode();
      }
      case VALUE_STRING -> {
        return NODES.textNode(text);
      }
      default -> {
        boolean small = text.length() < 10 && text.matches("[1-9][0-9]*");
        return small ? NODES.numberNode(Integer.parseInt(text)) : NODES.textNode("number " + text);
      }
    }
  }

  /** What the provider shall get, by the rules of the API. */
  private static void expect(Dialect dialect, String path, ObjectNode body, Edit edit) {
    boolean gemini = dialect.id().contains(Gemini.VENDOR);
    boolean inPathAlone = path.startsWith("/model/") || path.contains("/anthropic/");
    if (inPathAlone) {
      assertThat(body.has("model")).isFalse();
    } else if (edit.model() != null && gemini) {
      models(dialect, body, edit.model());
    } else if (path.contains("/deployments/")) {
      if (body.has("model")) {
        body.put("model", edit.model() == null ? "m" : edit.model());
      }
    } else if (edit.model() != null) {
      body.put("model", edit.model());
    }
    long cap = edit.outputCap();
    switch (dialect.id().replaceFirst("^azure-", "openai-")) {
      case "openai-chat" -> {
        chatCap(body, cap);
        usage(body);
      }
      case "openai-completions" -> {
        long asked = body.path("max_tokens").asLong(16);
        set(body, "max_tokens", cap < 0 ? asked : Math.min(asked, cap));
        usage(body);
      }
      case "openai-responses" -> {
        lower(body, "max_output_tokens", cap);
        if (!searches(body).isEmpty() && !body.path("max_tool_calls").isNumber()) {
          body.put("max_tool_calls", SEARCHES);
        }
      }
      case "anthropic-messages", "bedrock-invoke", "vertex-anthropic" -> {
        lower(body, "max_tokens", cap);
        for (ObjectNode tool : searches(body)) {
          if (!tool.path("max_uses").isNumber()) {
            tool.put("max_uses", SEARCHES);
          }
        }
      }
      case "gemini", "vertex-gemini" -> geminiCap(body, cap);
      case "bedrock-converse" -> {
        if (cap >= 0) {
          if (!body.path("inferenceConfig").isObject()) {
            body.putObject("inferenceConfig");
          }
          lower((ObjectNode) body.get("inferenceConfig"), "maxTokens", cap);
        }
      }
      default -> {}
    }
  }

  /** The tools that let the provider search. */
  private static List<ObjectNode> searches(ObjectNode body) {
    List<ObjectNode> searches = new ArrayList<>();
    for (JsonNode tool : body.path("tools")) {
      if (body.path("tools").isArray() && tool.path("type").asText().startsWith("web_search")) {
        searches.add((ObjectNode) tool);
      }
    }
    return searches;
  }

  private static void models(Dialect dialect, ObjectNode body, String model) {
    if (body.path("model").isTextual()) {
      body.put("model", "models/" + model);
    }
    boolean embeds = dialect.id().equals("gemini-embeddings");
    for (JsonNode request : embeds ? body.path("requests") : NODES.arrayNode()) {
      if (request.path("model").isTextual()) {
        ((ObjectNode) request).put("model", "models/" + model);
      }
    }
    for (String wrapped : List.of("generateContentRequest", "generate_content_request")) {
      if (body.path(wrapped).path("model").isTextual()) {
        ((ObjectNode) body.get(wrapped)).put("model", "models/" + model);
      }
    }
  }

  private static void chatCap(ObjectNode body, long cap) {
    boolean stands = false;
    for (String name : List.of("max_completion_tokens", "max_tokens")) {
      if (body.path(name).isNumber()) {
        lower(body, name, cap);
        stands = true;
      }
    }
    if (!stands) {
      lower(body, "max_completion_tokens", cap);
    }
  }

  private static void geminiCap(ObjectNode body, long cap) {
    if (cap < 0) {
      return;
    }
    String config = body.has("generation_config") ? "generation_config" : "generationConfig";
    if (!body.path(config).isObject()) {
      body.putObject(config);
    }
    ObjectNode object = (ObjectNode) body.get(config);
    lower(object, object.has("max_output_tokens") ? "max_output_tokens" : "maxOutputTokens", cap);
  }

  private static void lower(ObjectNode object, String name, long cap) {
    JsonNode there = object.path(name);
    if (cap >= 0 && (!there.isNumber() || there.asLong() > cap)) {
      set(object, name, cap);
    }
  }

  /** As {@link #tree} would: a small number is an int. */
  private static void set(ObjectNode object, String name, long value) {
    object.put(name, Math.toIntExact(value));
  }

  private static void usage(ObjectNode body) {
    if (body.path("stream").asBoolean()) {
      if (!body.path("stream_options").isObject()) {
        body.putObject("stream_options");
      }
      ((ObjectNode) body.get("stream_options")).put("include_usage", true);
    }
  }
}
