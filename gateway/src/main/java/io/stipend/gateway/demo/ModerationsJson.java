package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;

/** The JSON of moderations: nothing is ever objected to. */
final class ModerationsJson {
  private static final String USUAL_MODEL = "omni-moderation-latest";

  private ModerationsJson() {}

  static String answer(JsonNode body, String id) {
    JsonNode input = body.path("input");
    if (input.isMissingNode() || input.isNull()) {
      throw new FakeProblem(400, "input is required");
    }
    String result =
        "{\"flagged\":false,\"categories\":{},\"category_scores\":{},"
            + "\"category_applied_input_types\":{}}";
    int results = input.isArray() ? Math.max(1, input.size()) : 1;
    return "{\"id\":\"modr-"
        + id
        + "\",\"model\":"
        + FakeJson.quote(body.path("model").asText(USUAL_MODEL))
        + ",\"results\":["
        + result
        + ("," + result).repeat(results - 1)
        + "]}";
  }
}
