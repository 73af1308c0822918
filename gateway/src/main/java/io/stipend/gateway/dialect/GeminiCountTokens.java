package io.stipend.gateway.dialect;

/** Gemini's free count of a request's tokens: passed through, and never metered. */
final class GeminiCountTokens extends Gemini {
  GeminiCountTokens() {
    super("gemini-count-tokens", false, ":countTokens");
  }
}
