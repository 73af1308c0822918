package io.stipend.metering.tokens;

/**
 * Learns per model how long answers are: the p95 of their output tokens, never below {@link
 * #LEAST}. What a stream holds at first. Thread-safe; a question takes no lock.
 */
public final class ExpectedOutput {
  /** The output tokens to expect at the least, and while nothing is known. */
  public static final long LEAST = 1_024;

  private static final int PERCENT = 95;

  /** Each doubling has four buckets, so an estimate is at most a quarter too high. */
  private static final int SUB_BITS = 2;

  private static final int BUCKETS = 64 << SUB_BITS;

  private final ModelTable<DecayingHistogram> models =
      new ModelTable<>(() -> new DecayingHistogram(BUCKETS, PERCENT));

  /** The output tokens that 95 of 100 answers of this model stay within. */
  public long of(String model) {
    DecayingHistogram row = models.find(model);
    int bucket = row == null ? -1 : row.quantileBucket();
    return bucket < 0 ? LEAST : Math.max(LEAST, upperBound(bucket));
  }

  /** Learns from an answer that came to its own end. */
  public void learn(String model, long outputTokens) {
    if (outputTokens > 0) {
      models.row(model).add(bucket(outputTokens));
    }
  }

  static int bucket(long tokens) {
    int shift = Math.max(0, 63 - SUB_BITS - Long.numberOfLeadingZeros(tokens));
    return (shift << SUB_BITS) + (int) (tokens >>> shift);
  }

  /** The largest number of tokens that falls into the bucket. */
  static long upperBound(int bucket) {
    int first = 1 << SUB_BITS;
    if (bucket < 2 * first) {
      return bucket;
    }
    int shift = (bucket >> SUB_BITS) - 1;
    long top = (bucket & (first - 1L)) + first;
    return ((top + 1) << shift) - 1L;
  }
}
