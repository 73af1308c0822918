package io.stipend.gateway.attacks;

import io.stipend.gateway.attacks.Expected.Speaks;

/** The routes that attacks are sent to, with a good body of each. */
enum Route {
  CHAT("/v1/chat/completions", Speaks.OPENAI),
  MESSAGES("/v1/messages", Speaks.ANTHROPIC),
  RESPONSES("/v1/responses", Speaks.OPENAI),
  GEMINI("/v1beta/models/gemini-2.0-flash:generateContent", Speaks.GEMINI);

  /** Stands for a good key, and is as long as one, so that lengths can be written. */
  static final String KEY = "@KEY@kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

  /** Nobody's key, as long as one. */
  static final String NOBODYS = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";

  /** Stands for a key that was revoked. */
  static final String REVOKED = "@REVOKED@";

  /** Stands for a key that has expired. */
  static final String EXPIRED = "@EXPIRED@";

  /** Stands for the key of the admin listener. */
  static final String ADMIN = "@ADMIN@";

  /** In the text of what is smuggled. */
  static final String MARK = "smuggled";

  /** A second request behind the first, which would pass by itself: nobody may see it. */
  static final String SMUGGLED =
      CHAT.wire("Content-Length: " + CHAT.body(MARK).length(), CHAT.body(MARK));

  final String path;
  final Speaks speaks;

  Route(String path, Speaks speaks) {
    this.path = path;
    this.speaks = speaks;
  }

  /** One after the other, so that a family of attacks goes to all. */
  static Route turn(int i) {
    return values()[Math.floorMod(i, values().length)];
  }

  /** A small good body that asks for this text. */
  String body(String text) {
    return switch (this) {
      case CHAT -> chat("gpt-4o-mini", text);
      case MESSAGES -> chat("claude-haiku-4-5", text);
      case RESPONSES ->
          "{\"model\":\"gpt-4o-mini\",\"max_output_tokens\":16,\"input\":\"" + text + "\"}";
      case GEMINI ->
          "{\"generationConfig\":{\"maxOutputTokens\":16},\"contents\":[{\"parts\":[{\"text\":\""
              + text
              + "\"}]}]}";
    };
  }

  private static String chat(String model, String text) {
    return "{\"model\":\""
        + model
        + "\",\"max_tokens\":16,\"messages\":[{\"role\":\"user\",\"content\":\""
        + text
        + "\"}]}";
  }

  /** A small good body. */
  String body() {
    return body("Say it.");
  }

  /** The request line and what every request has: Host and a good key. */
  String begin() {
    return begin("HTTP/1.1");
  }

  String begin(String version) {
    return "POST "
        + path
        + " "
        + version
        + "\r\nHost: gateway\r\nAuthorization: Bearer "
        + KEY
        + "\r\n";
  }

  /** A whole head with these fields, and what comes behind it. */
  String wire(String fields, String rest) {
    return begin() + fields + "\r\n\r\n" + rest;
  }

  /** A good request with these fields besides. */
  String good(String... fields) {
    StringBuilder more = new StringBuilder();
    for (String field : fields) {
      more.append(field).append("\r\n");
    }
    return sized(more + "Content-Type: application/json", body());
  }

  /** With these fields, and the length of this body. */
  String sized(String fields, String body) {
    return wire(fields + "\r\nContent-Length: " + body.length(), body);
  }

  /** This body as one chunk, without the last one. */
  static String chunk(String body) {
    return Integer.toHexString(body.length()) + "\r\n" + body + "\r\n";
  }

  /** This body in chunks, whole. */
  static String chunked(String body) {
    return chunk(body) + "0\r\n\r\n";
  }
}
