package io.stipend.metering;

import org.jspecify.annotations.Nullable;

/**
 * The most that a call can use, before it is sent.
 *
 * @param input all input tokens, estimated from above
 * @param output all output tokens, reasoning included
 * @param media the most of them that can be audio or images; what exceeds its whole is cut to it,
 *     so that {@link TokenUsage#MAX_COUNT} stands for "perhaps all"
 * @param units the most that it can use of what is counted beside tokens
 * @param variant which of several prices of a unit is asked for, such as the size and quality of an
 *     image; null if there is no choice or it is not known
 */
public record Demand(
    long input, long output, MediaTokens media, Units units, @Nullable String variant) {
  /** Checks the counts of tokens. */
  public Demand {
    check("input", input);
    check("output", output);
  }

  private static void check(String name, long count) {
    if (count < 0 || count > TokenUsage.MAX_COUNT) {
      throw new IllegalArgumentException(
          name + ": " + count + " (expected: 0.." + TokenUsage.MAX_COUNT + ")");
    }
  }

  /** Tokens of text and nothing else. */
  public static Demand of(long input, long output) {
    return new Demand(input, output, MediaTokens.NONE, Units.NONE, null);
  }
}
