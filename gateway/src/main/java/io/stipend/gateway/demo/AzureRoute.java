package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a path of Azure's asks for.
 *
 * @param path where OpenAI has the same
 * @param deployment that the path names; null if the body names the model
 */
record AzureRoute(String path, @Nullable String deployment) {
  private static final Pattern CLASSIC = Pattern.compile("/openai/deployments/([^/]+)(/.+)");
  private static final String V1 = "/openai/v1/";

  /**
   * Null if the path is none of Azure's.
   *
   * @throws FakeProblem if the request lacks what Azure wants
   */
  static @Nullable AzureRoute of(
      String path, Map<String, List<String>> query, HttpHeaders headers) {
    Matcher classic = CLASSIC.matcher(path);
    boolean deployed = classic.matches();
    if (!deployed && !path.startsWith(V1)) {
      return null;
    }
    if (!headers.contains("api-key") || headers.contains("authorization")) {
      throw new FakeProblem(401, "Access denied due to missing subscription key.");
    }
    if (deployed && !query.containsKey("api-version")) {
      throw new FakeProblem(404, "Resource not found");
    }
    return deployed
        ? new AzureRoute("/v1" + classic.group(2), classic.group(1))
        : new AzureRoute("/v1/" + path.substring(V1.length()), null);
  }

  /** The body as its model is served: what it says beside a deployment counts for nothing. */
  JsonNode served(JsonNode body) {
    if (deployment != null) {
      JsonNode said = body.path("model");
      if (!said.isMissingNode() && !said.asText().equals(deployment)) {
        throw new FakeProblem(400, "model: " + said + " (expected: the deployment)");
      }
      ((ObjectNode) body).put("model", deployment);
    }
    return body;
  }
}
