package io.stipend.metering.tokens;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Counts of recent observations by bucket, of which one quantile can be read without a lock. Old
 * observations fade: when the total reaches a limit, all counts are halved. Two bytes for each
 * bucket, so that there can be many of these.
 */
final class DecayingHistogram {
  /** Observations after which all counts are halved: the memory of about the last 4,096. */
  private static final int DECAY_AT = 4_096;

  private final short[] counts;
  private final int percent;
  private final int least;
  private int total;
  private volatile int quantileBucket = -1;

  /**
   * @param buckets how many buckets, numbered from 0
   * @param percent the quantile to keep, such as 95
   * @param least observations without which there is no quantile
   */
  DecayingHistogram(int buckets, int percent, int least) {
    this.counts = new short[buckets];
    this.percent = percent;
    this.least = least;
  }

  /** Adds one observation and brings the quantile up to date. */
  synchronized void add(int bucket) {
    counts[bucket]++;
    total++;
    if (total >= DECAY_AT) {
      halve();
    }
    refresh();
  }

  /** The bucket that the quantile falls into; -1 while there are too few observations. */
  int quantileBucket() {
    return quantileBucket;
  }

  private void refresh() {
    quantileBucket = total < least ? -1 : findQuantile();
  }

  private void halve() {
    total = 0;
    for (int i = 0; i < counts.length; i++) {
      counts[i] = (short) (counts[i] / 2);
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

  /** Writes the buckets that hold something: how many, then each with its count. */
  synchronized void writeTo(DataOutput out) throws IOException {
    int used = 0;
    for (short count : counts) {
      used += count > 0 ? 1 : 0;
    }
    out.writeShort(used);
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        out.writeShort(i);
        out.writeShort(counts[i]);
      }
    }
  }

  /**
   * Takes over what {@link #writeTo} wrote.
   *
   * @throws IOException if it names a bucket that is not here, or more than is ever kept
   */
  synchronized void readFrom(DataInput in) throws IOException {
    int used = in.readUnsignedShort();
    for (int i = 0; i < used; i++) {
      int bucket = in.readUnsignedShort();
      int count = in.readUnsignedShort();
      if (bucket >= counts.length || count > DECAY_AT) {
        throw new IOException(
            "bucket "
                + bucket
                + " holds "
                + count
                + " (expected: fewer than "
                + counts.length
                + " buckets of at most "
                + DECAY_AT
                + ")");
      }
      total += count - counts[bucket];
      counts[bucket] = (short) count;
    }
    if (total >= DECAY_AT) {
      throw new IOException(total + " observations (expected: fewer than " + DECAY_AT + ")");
    }
    refresh();
  }
}
