package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a path of Vertex AI's asks for.
 *
 * @param project that it names
 * @param location that it names
 * @param publisher whose model it is
 * @param model its name
 * @param method what is asked of it
 * @param list whether a stream comes as one list and not as events
 */
record VertexRoute(
    String project, String location, String publisher, String model, String method, boolean list) {
  static final String PROJECT = "fake-project";
  static final String LOCATION = "europe-west1";

  private static final Pattern PATH =
      Pattern.compile(
          "/v1(?:beta1)?/projects/([^/]+)/locations/([^/]+)/publishers/(google|anthropic)/models/"
              + "([^/:]+):(\\w+)");

  /** Null if the path is none of it. */
  static @Nullable VertexRoute of(String path, List<String> alt) {
    Matcher matcher = PATH.matcher(path);
    if (!matcher.matches()) {
      return null;
    }
    String method = matcher.group(5);
    return new VertexRoute(
        matcher.group(1),
        matcher.group(2),
        matcher.group(3),
        matcher.group(4),
        method,
        method.equals("streamGenerateContent") && !alt.contains("sse"));
  }

  /**
   * Checks who asks, and where.
   *
   * @throws FakeProblem if it is not the account's, or not in its project
   */
  void check(FakeTokens tokens, HttpHeaders headers) {
    tokens.check(headers.get(HttpHeaderNames.AUTHORIZATION, ""));
    if (!project.equals(PROJECT) || !location.equals(LOCATION)) {
      throw new FakeProblem(403, "Permission denied on resource project " + project + ".");
    }
    if (headers.contains("x-goog-api-key") || headers.contains("x-goog-user-project")) {
      throw new FakeProblem(401, "API keys are not supported by this API.");
    }
  }

  boolean isGoogle() {
    return publisher.equals("google");
  }

  /** The same as the Gemini API has it. */
  GeminiRoute gemini() {
    return new GeminiRoute(model, method, list);
  }

  /** The message that a body of Anthropic's asks for. */
  FakeCall messages(JsonNode body, String id, long created, FakeScript script) {
    boolean stream = method.equals("streamRawPredict");
    if (!stream && !method.equals("rawPredict")) {
      throw new FakeProblem(404, "no such method: " + method);
    }
    if (body.has("model")) {
      throw new FakeProblem(400, "model: Extra inputs are not permitted");
    }
    if (!body.path("anthropic_version").asText().equals("vertex-2023-10-16")) {
      throw new FakeProblem(400, "anthropic_version: Field required");
    }
    ((ObjectNode) body).put("model", model).put("stream", stream);
    return FakeCall.messages(body, id, created, script);
  }
}
