package io.stipend.metering;

/**
 * Token counts by kind, in the disjoint normal form: each token stands in exactly one of {@code
 * input}, {@code cacheRead}, {@code cacheWrite} and {@code output}.
 *
 * @param input uncached input
 * @param cacheRead input read from the provider's prompt cache
 * @param cacheWrite input written to the prompt cache, all lifetimes together
 * @param cacheWrite1h the part of {@code cacheWrite} with a one-hour lifetime
 * @param output everything generated, reasoning included
 * @param reasoning the part of {@code output} that was reasoning
 */
public record TokenUsage(
    long input, long cacheRead, long cacheWrite, long cacheWrite1h, long output, long reasoning) {
  /** Nothing used. */
  public static final TokenUsage ZERO = new TokenUsage(0, 0, 0, 0, 0, 0);

  /**
   * The most tokens that one count may hold. A larger figure from an upstream is absurd and is
   * clamped by its reader; the bound keeps sums and prices within a long.
   */
  public static final long MAX_COUNT = 1_000_000_000L;

  /** Checks that counts are within bounds and parts do not exceed their whole. */
  public TokenUsage {
    check("input", input, MAX_COUNT);
    check("cacheRead", cacheRead, MAX_COUNT);
    check("cacheWrite", cacheWrite, MAX_COUNT);
    check("cacheWrite1h", cacheWrite1h, cacheWrite);
    check("output", output, MAX_COUNT);
    check("reasoning", reasoning, output);
  }

  private static void check(String name, long count, long max) {
    if (count < 0 || count > max) {
      throw new IllegalArgumentException(name + ": " + count + " (expected: 0.." + max + ")");
    }
  }

  /** Uncached input and output only. */
  public static TokenUsage of(long input, long output) {
    return new TokenUsage(input, 0, 0, 0, output, 0);
  }

  /** All input, cached or not: what a context-size tier is decided by. */
  public long inputTotal() {
    return input + cacheRead + cacheWrite;
  }

  /** All tokens, each counted once. */
  public long total() {
    return inputTotal() + output;
  }

  /** The sum by kind, each count held at {@link #MAX_COUNT}: a sum of absurd figures is absurd. */
  public TokenUsage plus(TokenUsage o) {
    return new TokenUsage(
        sum(input, o.input),
        sum(cacheRead, o.cacheRead),
        sum(cacheWrite, o.cacheWrite),
        sum(cacheWrite1h, o.cacheWrite1h),
        sum(output, o.output),
        sum(reasoning, o.reasoning));
  }

  private static long sum(long a, long b) {
    return Math.min(a + b, MAX_COUNT);
  }
}
