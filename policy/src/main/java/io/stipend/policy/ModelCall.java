package io.stipend.policy;

import org.jspecify.annotations.Nullable;

/**
 * What a request asks of a model, read from its body in one scan; no HTTP and no prompt text.
 *
 * @param dialect id of the wire format, such as {@code openai-chat} or {@code anthropic-messages}
 * @param vendor whose dialect it is: {@code openai}, {@code azure}, {@code anthropic} or {@code
 *     gemini}; a provider serves a call if its own dialect is the same
 * @param model as the client wrote it, aliases not resolved
 * @param outputCap the most output tokens that the client allows for each choice; -1 if it says
 *     nothing; 0 if nothing is generated, as by embeddings
 * @param choices how many answers are generated; at least 1
 * @param stream whether the answer streams
 * @param serviceTier the tier that the body asks for; null if none
 * @param textBytes bytes of the body that can become input tokens, media data and token ids
 *     excluded
 * @param mediaTokens an upper estimate of the tokens of images and documents in the body, and the
 *     token ids in it
 * @param thinkingBudget tokens that the client lets the model think, inside the cap; 0 if thinking
 *     is off or unsaid; -1 if thinking is on without a budget
 * @param hiddenReasoning whether the body makes or lets the model generate text that does not
 *     stream
 * @param metered whether the call costs anything; false for token counting and moderation
 * @param generation when it is generated, and whether its length can be bounded
 */
public record ModelCall(
    String dialect,
    String vendor,
    String model,
    long outputCap,
    int choices,
    boolean stream,
    @Nullable String serviceTier,
    long textBytes,
    long mediaTokens,
    long thinkingBudget,
    boolean hiddenReasoning,
    boolean metered,
    Generation generation) {
  /** How the output of a call is generated. */
  public enum Generation {
    /** While the exchange is open, under a cap that policy may set. */
    USUAL,
    /** The same, but no cap can be set in its body: all that the model may write is held. */
    UNCAPPABLE,
    /**
     * After the exchange, whoever leaves: it holds all that it may cost, no more than the quota
     * file allows such a call.
     */
    BACKGROUND
  }

  /** A call that is generated as usual. */
  public ModelCall(
      String dialect,
      String vendor,
      String model,
      long outputCap,
      int choices,
      boolean stream,
      @Nullable String serviceTier,
      long textBytes,
      long mediaTokens,
      long thinkingBudget,
      boolean hiddenReasoning,
      boolean metered) {
    this(
        dialect,
        vendor,
        model,
        outputCap,
        choices,
        stream,
        serviceTier,
        textBytes,
        mediaTokens,
        thinkingBudget,
        hiddenReasoning,
        metered,
        Generation.USUAL);
  }
}
