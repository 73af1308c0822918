package io.stipend.metering.tokens;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Map;

/**
 * Estimates tokens from bytes where they are not counted, and learns per model how many tokens a
 * byte makes. Thread-safe; an estimate takes no lock.
 *
 * <p>Learning keeps a p99 of tokens per byte for three sizes of body, because the fixed overhead of
 * a small body would else inflate the estimate of a large one. Until something is known, three
 * bytes make a token.
 */
public final class TokenBound {
  /** The ratio before anything is known: one token per three bytes. */
  private static final int FIRST_GUESS_BYTES_PER_TOKEN = 3;

  /** Ratios are learned in steps of 1/128 token per byte. */
  private static final int STEPS_PER_TOKEN = 128;

  /** A ratio can be above one (an image by its address), but not above four. */
  private static final int BUCKETS = 4 * STEPS_PER_TOKEN;

  private static final int PERCENT = 99;

  /** Reports without which a p99 would be the highest of them alone. */
  static final int LEAST_OBSERVATIONS = 100;

  private static final long SMALL_BYTES = 4_096;
  private static final long MEDIUM_BYTES = 65_536;
  private static final int SIZES = 3;

  private final ModelTable<DecayingHistogram[]> models = new ModelTable<>(TokenBound::newRow);

  /**
   * The tokens to expect, from above, of this many bytes.
   *
   * @throws IllegalArgumentException if bytes are negative
   */
  public long estimate(String model, long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes: " + bytes + " (expected: >= 0)");
    }
    DecayingHistogram[] row = models.find(model);
    int bucket = row == null ? -1 : row[size(bytes)].quantileBucket();
    return bucket < 0
        ? ceilDiv(bytes, FIRST_GUESS_BYTES_PER_TOKEN)
        : ceilDiv(Math.multiplyExact(bytes, bucket + 1L), STEPS_PER_TOKEN);
  }

  /** Learns from a report; ignores figures that make no sense. */
  public void learn(String model, long bytes, long tokens) {
    if (bytes <= 0
        || tokens <= 0
        || tokens > Long.MAX_VALUE / STEPS_PER_TOKEN
        || !Learned.storable(model)) {
      return;
    }
    long steps = ceilDiv(tokens * STEPS_PER_TOKEN, bytes);
    models.row(model)[size(bytes)].add((int) Math.min(steps, BUCKETS) - 1);
  }

  private static long ceilDiv(long a, long b) {
    return a / b + (a % b == 0 ? 0 : 1);
  }

  private static int size(long bytes) {
    return bytes <= SMALL_BYTES ? 0 : bytes <= MEDIUM_BYTES ? 1 : 2;
  }

  private static DecayingHistogram[] newRow() {
    DecayingHistogram[] row = new DecayingHistogram[SIZES];
    for (int i = 0; i < SIZES; i++) {
      row[i] = new DecayingHistogram(BUCKETS, PERCENT, LEAST_OBSERVATIONS);
    }
    return row;
  }

  void writeTo(DataOutput out) throws IOException {
    Map<String, DecayingHistogram[]> byModel = models.rows();
    out.writeInt(byModel.size());
    for (Map.Entry<String, DecayingHistogram[]> model : byModel.entrySet()) {
      out.writeUTF(model.getKey());
      for (DecayingHistogram size : model.getValue()) {
        size.writeTo(out);
      }
    }
  }

  void readFrom(DataInput in) throws IOException {
    for (int left = in.readInt(); left > 0; left--) {
      for (DecayingHistogram size : models.row(in.readUTF())) {
        size.readFrom(in);
      }
    }
  }
}
