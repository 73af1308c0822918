package io.stipend.gateway.e2e;

import java.nio.charset.StandardCharsets;

/** The two APIs that are served, as a test writes them. */
enum Wire {
  CHAT("/v1/chat/completions", "gpt-4o-mini"),
  MESSAGES("/v1/messages", "claude-haiku-4-5");

  final String path;
  final String model;

  Wire(String path, String model) {
    this.path = path;
    this.model = model;
  }

  /** A small call with these fields besides, such as {@code "\"n\":2"}; empty if none. */
  String body(String fields) {
    return body("\"model\":\"" + model + "\",\"max_tokens\":16", fields);
  }

  /** A call that is only this: its model and cap, and these fields. */
  static String body(String modelAndCap, String fields) {
    return "{"
        + modelAndCap
        + ",\"messages\":[{\"role\":\"user\",\"content\":\"Say it.\"}]"
        + (fields.isEmpty() ? "" : "," + fields)
        + "}";
  }

  /** A whole HTTP request. Headers are written {@code name: value}. */
  byte[] request(String key, String body, String... headers) {
    return post(path, key, body, headers);
  }

  static byte[] post(String path, String key, String body, String... headers) {
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    String head = head(path, key, headers) + "Content-Length: " + length + "\r\n\r\n";
    return (head + body).getBytes(StandardCharsets.UTF_8);
  }

  /** The same of any route: speech says how it tells its tokens, files come in forms. */
  static byte[] asked(String path, String key, String body) {
    if (path.endsWith("/speech")) {
      return post(path, key, body.replaceFirst("\\{", "{\"stream_format\":\"sse\","));
    }
    boolean image = path.endsWith("/edits") || path.endsWith("/variations");
    if (!image && !path.endsWith("/transcriptions") && !path.endsWith("/translations")) {
      return post(path, key, body);
    }
    String field = "--b\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n";
    String form =
        field.formatted("model", CHAT.model)
            + field.formatted("response_format", "verbose_json")
            + field.formatted(image ? "image" : "file", "x")
            + "--b--\r\n";
    return new String(post(path, key, form), StandardCharsets.UTF_8)
        .replace("application/json", "multipart/form-data; boundary=b")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Its head, but for the framing of the body and the empty line. */
  static String head(String path, String key, String... headers) {
    StringBuilder head = new StringBuilder("POST ").append(path).append(" HTTP/1.1\r\nHost: a\r\n");
    if (!key.isEmpty()) {
      head.append("Authorization: Bearer ").append(key).append("\r\n");
    }
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    return head.append("Content-Type: application/json\r\n").toString();
  }
}
