package io.stipend.gateway.testing;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/** The dialects as a program would speak them that has no SDK. */
public enum Api {
  CHAT("/v1/chat/completions", "gpt-4o-mini", "max_completion_tokens"),
  MESSAGES("/v1/messages", "claude-haiku-4-5", "max_tokens"),
  RESPONSES("/v1/responses", "gpt-4o-mini", "max_output_tokens"),
  GEMINI("/v1beta/models/%s:%s", "gemini-2.0-flash", "maxOutputTokens");

  /** The two that stand for all where nothing depends on the dialect. */
  public static final List<Api> BOTH = List.of(CHAT, MESSAGES);

  /** By which a body of Gemini says what its path has to. */
  private static final String LABELS = "\"labels\":{\"model\":\"%s\",\"method\":\"%s\"}";

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** Where it is served. */
  public final String path;

  /** A model that all of its output shows of. */
  public final String model;

  private final String cap;

  Api(String path, String model, String cap) {
    this.path = path;
    this.model = model;
    this.cap = cap;
  }

  /** A small request of {@link #model}. */
  public String body(boolean stream, long outputCap) {
    return body(model, stream, outputCap, "");
  }

  /**
   * A small request.
   *
   * @param more fields, each followed by a comma
   */
  public String body(String ofModel, boolean stream, long outputCap, String more) {
    if (this == GEMINI) {
      return "{%s%s,\"generationConfig\":{\"%s\":%d},\"contents\":[{\"parts\":[{\"text\":\"Say something.\"}]}]}"
          .formatted(
              more,
              LABELS.formatted(ofModel, stream ? "streamGenerateContent" : "generateContent"),
              cap,
              outputCap);
    }
    String prompt = "[{\"role\":\"user\",\"content\":\"Say something.\"}]";
    return "{\"model\":\"%s\",%s\"%s\":%d,\"stream\":%s,\"%s\":%s}"
        .formatted(
            ofModel,
            more,
            cap,
            outputCap,
            stream,
            this == RESPONSES ? "input" : "messages",
            prompt);
  }

  /** Where this body is sent. */
  public String path(String body) {
    if (this != GEMINI) {
      return path;
    }
    String[] words = body.substring(body.indexOf("\"labels\"")).split("\"");
    String method = words[9].startsWith("stream") ? words[9] + "?alt=sse" : words[9];
    return path.formatted(words[5], method);
  }

  /** Whose it is. */
  public String vendor() {
    return switch (this) {
      case CHAT, RESPONSES -> "openai";
      case MESSAGES -> "anthropic";
      case GEMINI -> "gemini";
    };
  }

  /** The status of a budget refusal. */
  public int refusedStatus() {
    return this == GEMINI ? 429 : 402;
  }

  /** A small streamed request of a model that may think unseen; Messages say up to how much. */
  public String thinking(long budget, long outputCap) {
    return switch (this) {
      case CHAT, RESPONSES -> body("gpt-5-mini", true, outputCap, "");
      case GEMINI -> body("gemini-2.5-flash", true, outputCap, "");
      case MESSAGES ->
          body(
              model,
              true,
              outputCap,
              "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":" + budget + "},");
    };
  }

  /** Sends it with this gateway key and these headers: name, value, and so on. */
  public HttpResponse<String> post(TestGateway gateway, String key, String body, String... headers)
      throws IOException, InterruptedException {
    return HTTP.send(request(gateway, key, body, headers), HttpResponse.BodyHandlers.ofString());
  }

  /** The request alone. */
  public HttpRequest request(TestGateway gateway, String key, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(gateway.url() + path(body)))
            .timeout(PATIENCE)
            .header("x-api-key", key)
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return request.build();
  }

  /** The same request as bytes on the wire, for a client that does with its socket as it likes. */
  public String wire(String key, String body, String... headers) {
    StringBuilder wire = new StringBuilder();
    wire.append("POST ").append(path(body)).append(" HTTP/1.1\r\nHost: gateway\r\nx-api-key: ");
    wire.append(key).append("\r\nContent-Length: ").append(body.length()).append("\r\n");
    for (int i = 0; i < headers.length; i += 2) {
      wire.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
    }
    return wire.append("\r\n").append(body).toString();
  }
}
