package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Error bodies of all vendors. Built as trees, so that no message can forge a field or a line. */
final class ErrorJson {
  /** The longest message that an answer carries. */
  private static final int MAX_MESSAGE_LENGTH = 1_024;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ErrorJson() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** {@code {"error":{message,type,param,code}}}, all four keys. */
  static ObjectNode openAi(
      String message, String type, @Nullable String param, @Nullable String code) {
    ObjectNode root = object();
    root.putObject("error")
        .put("message", Words.line(message, MAX_MESSAGE_LENGTH))
        .put("type", type)
        .put("param", param)
        .put("code", code);
    return root;
  }

  /** {@code {"type":"error","error":{type,message},"request_id"}}. */
  static ObjectNode anthropic(String message, String type, @Nullable String requestId) {
    ObjectNode root = object().put("type", "error");
    root.putObject("error")
        .put("type", type)
        .put("message", Words.line(message, MAX_MESSAGE_LENGTH));
    if (requestId != null) {
      root.put("request_id", requestId);
    }
    return root;
  }

  /** {@code {"error":{code,message,status}}}, as Google's APIs write it. */
  static ObjectNode gemini(int code, String message, String status) {
    ObjectNode root = object();
    root.putObject("error")
        .put("code", code)
        .put("message", Words.line(message, MAX_MESSAGE_LENGTH))
        .put("status", status);
    return root;
  }

  /** {@code {message}}, as AWS writes it. */
  static ObjectNode message(String message) {
    return object().put("message", Words.line(message, MAX_MESSAGE_LENGTH));
  }

  /** A new detail of such an error. */
  static ObjectNode detail(ObjectNode root, String type) {
    return root.withObjectProperty("error")
        .withArrayProperty("details")
        .addObject()
        .put("@type", type);
  }

  static String text(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values that cannot be written", e);
    }
  }

  static ByteBuf bytes(JsonNode node) {
    return Unpooled.wrappedBuffer(text(node).getBytes(StandardCharsets.UTF_8));
  }

  /** The text as a JSON string, quotes included. */
  static String quoted(String text) {
    return "\"" + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + "\"";
  }
}
