package io.stipend.gateway.testing;

import java.util.Locale;

/**
 * Counts of durations in microseconds: exact below 1,024, to 0.2 % above. Used on one thread; add
 * up those of several.
 */
public final class Latencies {
  private static final int EXACT_BITS = 10;
  private static final int EXACT = 1 << EXACT_BITS;
  private static final int STEPS = EXACT / 2;
  private static final long MOST = 1L << 40;

  private final long[] counts = new long[index(MOST) + 1];
  private long total;
  private long max;

  void record(long nanos) {
    long micros = Math.min(MOST, Math.max(0, nanos / 1_000));
    counts[index(micros)]++;
    total++;
    max = Math.max(max, micros);
  }

  void add(Latencies other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
    total += other.total;
    max = Math.max(max, other.max);
  }

  long count() {
    return total;
  }

  /** The duration that this share of all, of 0 to 1, does not exceed; 0 if there is none. */
  public long micros(double share) {
    long rank = Math.max(1, (long) Math.ceil(share * total));
    long seen = 0;
    for (int i = 0; i < counts.length && total > 0; i++) {
      seen += counts[i];
      if (seen >= rank) {
        return Math.min(max, highest(i));
      }
    }
    return 0;
  }

  private static int index(long micros) {
    if (micros < EXACT) {
      return (int) micros;
    }
    int shift = Long.SIZE - EXACT_BITS - Long.numberOfLeadingZeros(micros);
    return shift * STEPS + (int) (micros >> shift);
  }

  private static long highest(int index) {
    if (index < EXACT) {
      return index;
    }
    int shift = index / STEPS - 1;
    return ((index - (long) shift * STEPS + 1) << shift) - 1;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "p50 %,d  p99 %,d  p99.9 %,d  max %,d µs",
        micros(0.5),
        micros(0.99),
        micros(0.999),
        max);
  }
}
