package io.stipend.policy;

import io.stipend.metering.Demand;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.Units;
import io.stipend.metering.price.Rating;
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
 * @param maxMedia the most of its tokens that can be audio or images which a model may price apart;
 *     what exceeds all input or all output means all of it
 * @param maxUnits the most that it can use of what is priced by the unit, beside tokens or instead
 *     of them
 * @param variant which of several prices of a unit it asks for; null if there is no choice
 * @param untold why a model that is priced by tokens cannot be asked this: its answer would not
 *     tell of them; null if it does
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
    Generation generation,
    MediaTokens maxMedia,
    Units maxUnits,
    @Nullable String variant,
    @Nullable Refusal untold) {
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

  /** A call of which nothing but tokens of text can come. */
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
      boolean metered,
      Generation generation) {
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
        generation,
        MediaTokens.NONE,
        Units.NONE,
        null,
        null);
  }

  /** The same with what can come to it that is not a token of text. */
  public ModelCall with(MediaTokens media, Units units, @Nullable String unitVariant) {
    return new ModelCall(
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
        generation,
        media,
        units,
        unitVariant,
        untold);
  }

  /** The same, but not of a model that is priced by tokens. */
  public ModelCall untold(Refusal why) {
    return new ModelCall(
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
        generation,
        maxMedia,
        maxUnits,
        variant,
        why);
  }

  /**
   * Whether its content is sound, images or seconds of them: then nothing caps its output, and
   * nothing that comes tells how much was generated before the usage does.
   */
  public boolean opaque() {
    for (Meter meter : Meter.values()) {
      if (!meter.isTool() && maxUnits.of(meter) > 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether another model than was asked for has room for an answer beside the thinking that is
   * asked for: else its provider would refuse the call.
   */
  public boolean hasRoom(Rating other) {
    boolean generates = outputCap != 0 && !opaque();
    return !generates || other.maxOutputTokens() > thinkingBudget;
  }

  /**
   * Whether the call can be sent to another model as it is: some paths of clouds take bodies of one
   * maker's models only.
   *
   * @param from the model's name that was asked for
   * @param to that of the other
   */
  public boolean suits(String from, String to) {
    boolean ofOneMaker = vendor.equals("vertex") || dialect.equals("bedrock-invoke");
    return !ofOneMaker || from.contains("claude") == to.contains("claude");
  }

  /** The most that it can use, if it uses at most so many tokens. */
  public Demand demand(long inputTokens, long outputTokens) {
    return new Demand(inputTokens, outputTokens, maxMedia, maxUnits, variant);
  }
}
