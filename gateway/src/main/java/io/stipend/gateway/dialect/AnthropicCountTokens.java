package io.stipend.gateway.dialect;

/** Anthropic's free count of a request's tokens: passed through, and never metered. */
final class AnthropicCountTokens extends AnthropicMessages {
  AnthropicCountTokens() {
    super("anthropic-count-tokens", PATH + "/count_tokens", false);
  }
}
