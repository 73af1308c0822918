package io.stipend.gateway.demo;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.eventstream.HeaderValue;
import software.amazon.eventstream.Message;

/** Frames of AWS's event streams, each as a text in which every character is one byte. */
final class BedrockFrames {
  private BedrockFrames() {}

  /** An event. */
  static String event(String type, String json) {
    return frame("event", ":event-type", type, json);
  }

  /** An error in the middle of a stream. */
  static String exception(String type) {
    return frame("exception", ":exception-type", type, "{\"message\":\"scripted " + type + "\"}");
  }

  /** An event of Anthropic's as InvokeModel sends it; with padding, as all of them have. */
  static String chunk(String json) {
    String bytes = Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    return event("chunk", "{\"bytes\":\"" + bytes + "\",\"p\":\"abcdefgh\"}");
  }

  private static String frame(String kind, String name, String type, String json) {
    Map<String, HeaderValue> headers = new LinkedHashMap<>();
    headers.put(name, HeaderValue.fromString(type));
    headers.put(":content-type", HeaderValue.fromString("application/json"));
    headers.put(":message-type", HeaderValue.fromString(kind));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Message(headers, json.getBytes(StandardCharsets.UTF_8)).encode(bytes);
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }
}
