package io.stipend.metering.tokens;

/**
 * Counts of recent observations by bucket, of which one quantile can be read without a lock. Old
 * observations fade: when the total reaches a limit, all counts are halved.
 */
final class DecayingHistogram {
  /** Observations after which all counts are halved: the memory of about the last 4,096. */
  private static final int DECAY_AT = 4_096;

  private final int[] counts;
  private final int percent;
  private int total;
  private volatile int quantileBucket = -1;

  /**
   * @param buckets how many buckets, numbered from 0
   * @param percent the quantile to keep, such as 95
   */
  DecayingHistogram(int buckets, int percent) {
    this.counts = new int[buckets];
    this.percent = percent;
  }

  /** Adds one observation and brings the quantile up to date. */
  synchronized void add(int bucket) {
    counts[bucket]++;
    total++;
    if (total >= DECAY_AT) {
      halve();
    }
    quantileBucket = total < minimum() ? -1 : findQuantile();
  }

  /** The bucket that the quantile falls into; -1 while there are too few observations. */
  int quantileBucket() {
    return quantileBucket;
  }

  /** With fewer observations than this the quantile would be the largest one alone. */
  private int minimum() {
    return 100 / (100 - percent);
  }

  private void halve() {
    total = 0;
    for (int i = 0; i < counts.length; i++) {
      counts[i] /= 2;
      total += counts[i];
    }
  }

  private int findQuantile() {
    int above = total - (total * percent + 99) / 100;
    int bucket = counts.length;
    for (int seen = 0; seen <= above; ) {
      bucket--;
      seen += counts[bucket];
    }
    return bucket;
  }
}
