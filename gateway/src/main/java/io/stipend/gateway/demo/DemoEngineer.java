package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.stream.Stream;

/** One engineer's tool: sends a question by one key and prints what comes back. */
final class DemoEngineer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int OK = 200;

  /** Tokens that the made-up provider is told to say, and microseconds for each. */
  private static final String LONG_ANSWER = "1900";

  private static final String LONG_ANSWER_PACE = "250";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** How long after an answer its settle may take to be durable: milliseconds, on a sound disk. */
  private static final Duration SETTLED = Duration.ofSeconds(2);

  private final HttpClient http;
  private final String url;
  private final String key;
  private final PrintWriter out;

  DemoEngineer(HttpClient http, String url, String key, PrintWriter out) {
    this.http = http;
    this.url = url;
    this.key = key;
    this.out = out;
  }

  /**
   * What a question came to.
   *
   * @param status of HTTP
   * @param text what was said, or the whole body of a refusal
   */
  record Reply(int status, String text) {
    boolean ok() {
      return status == OK;
    }
  }

  /** Chat Completions, as the OpenAI SDK for Python sends it. */
  Reply chat(String model, String question, String context)
      throws IOException, InterruptedException {
    HttpRequest request =
        post("/v1/chat/completions", body(model, question, context, false))
            .header("authorization", "Bearer " + key)
            .header("user-agent", "OpenAI/Python 3.22.0")
            .header("x-stainless-lang", "python")
            .build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    String body = response.body();
    return new Reply(
        response.statusCode(),
        response.statusCode() == OK
            ? JSON.readTree(body).path("choices").path(0).path("message").path("content").asText()
            : body);
  }

  /** Messages, streamed, as Claude Code sends it; the text is printed as it arrives. */
  Reply messages(String model, String question, String context)
      throws IOException, InterruptedException {
    return messages(messages(body(model, question, context, true)).build(), true);
  }

  /** The same for a long answer, which is not printed. */
  Reply longMessages(String model, String question) throws IOException, InterruptedException {
    HttpRequest request =
        messages(body(model, question, "", true))
            .header("x-fake-output-tokens", LONG_ANSWER)
            .header("x-fake-pace-micros", LONG_ANSWER_PACE)
            .build();
    return messages(request, false);
  }

  private HttpRequest.Builder messages(String body) {
    return post("/v1/messages?beta=true", body)
        .header("authorization", "Bearer " + key)
        .header("anthropic-version", "2023-06-01")
        .header("user-agent", "claude-cli/2.1.330 (external, cli)");
  }

  private Reply messages(HttpRequest request, boolean print)
      throws IOException, InterruptedException {
    HttpResponse<Stream<String>> response = http.send(request, HttpResponse.BodyHandlers.ofLines());
    StringBuilder text = new StringBuilder();
    try (Stream<String> lines = response.body()) {
      for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
        String line = each.next();
        if (response.statusCode() != OK) {
          text.append(line);
        } else if (line.startsWith("data:")) {
          String delta = delta(line.substring("data:".length()));
          text.append(delta);
          if (print) {
            out.print(delta);
            out.flush();
          }
        }
      }
    }
    return new Reply(response.statusCode(), text.toString());
  }

  private static String delta(String data) throws IOException {
    JsonNode event = JSON.readTree(data);
    return event.path("type").asText().equals("content_block_delta")
        ? event.path("delta").path("text").asText()
        : "";
  }

  private HttpRequest.Builder post(String path, String body) {
    return HttpRequest.newBuilder(URI.create(url + path))
        .timeout(TIMEOUT)
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8));
  }

  private static String body(String model, String question, String context, boolean stream) {
    var body = JSON.createObjectNode();
    body.put("model", model).put(stream ? "max_tokens" : "max_completion_tokens", 2_000);
    if (stream) {
      body.put("stream", true);
    }
    body.putArray("messages").addObject().put("role", "user").put("content", question + context);
    return body.toString();
  }

  /** What the gateway says is left, once all that is under way has been settled. */
  String left() throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/stipend/v1/me"))
            .timeout(TIMEOUT)
            .header("authorization", "Bearer " + key)
            .build();
    long until = System.nanoTime() + SETTLED.toNanos();
    while (true) {
      String body = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
      JsonNode balance = JSON.readTree(body);
      boolean settled = balance.path("held").asText().equals("0");
      if (settled || System.nanoTime() - until > 0) {
        return balance.path("remaining").asText() + " " + balance.path("unit").asText();
      }
    }
  }
}
