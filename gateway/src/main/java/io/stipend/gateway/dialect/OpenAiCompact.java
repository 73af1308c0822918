package io.stipend.gateway.dialect;

/**
 * OpenAI's shortening of a conversation. It costs tokens, and nothing in its body bounds how many:
 * the whole output cap of the model is held.
 */
final class OpenAiCompact extends OpenAiResponses {
  OpenAiCompact() {
    super("openai-compact", PATH + "/compact", ResponsesBody.Use.COMPACTION);
  }
}
