package io.stipend.gateway.dialect;

/** OpenAI's free count of a request's tokens: passed through, and never metered. */
final class OpenAiInputTokens extends OpenAiResponses {
  OpenAiInputTokens() {
    super("openai-input-tokens", PATH + "/input_tokens", ResponsesBody.Use.COUNT);
  }
}
