package io.stipend.metering.tokens;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Learns how long answers are: the p95 of their output tokens per principal and model, per model
 * for whoever has few answers yet, never below {@link #LEAST}. What a stream holds at first.
 * Thread-safe; a question takes no lock.
 */
public final class ExpectedOutput {
  /** The output tokens to expect at the least, and while nothing is known. */
  public static final long LEAST = 1_024;

  /** Answers without which a p95 would be the longest of them alone. */
  static final int LEAST_OBSERVATIONS = 20;

  /** Principals with a model each that are remembered: some 30 MB; the rarest are forgotten. */
  static final int MAX_ROWS = 100_000;

  private static final int PERCENT = 95;

  /** Each doubling has four buckets, so an estimate is at most a quarter too high. */
  private static final int SUB_BITS = 2;

  private static final int LEAST_BITS = 10;

  /** Answers of two million tokens and more are alike; no model's cap is as high. */
  private static final int MOST_BITS = 21;

  /** The first bucket holds all answers up to {@link #LEAST}: they teach the same. */
  private static final int BUCKETS = 1 + ((MOST_BITS - LEAST_BITS) << SUB_BITS);

  private record Row(String principal, String model) {}

  private final ModelTable<DecayingHistogram> models = new ModelTable<>(ExpectedOutput::newRow);
  private final Cache<Row, DecayingHistogram> rows;

  ExpectedOutput() {
    this(MAX_ROWS);
  }

  ExpectedOutput(int maxRows) {
    rows = Caffeine.newBuilder().maximumSize(maxRows).executor(Runnable::run).build();
  }

  private static DecayingHistogram newRow() {
    return new DecayingHistogram(BUCKETS, PERCENT, LEAST_OBSERVATIONS);
  }

  /** The output tokens that 95 of 100 answers of this model to this principal stay within. */
  public long of(String principal, String model) {
    int own = bucket(rows.getIfPresent(new Row(principal, model)));
    int bucket = own >= 0 ? own : bucket(models.find(model));
    return bucket < 0 ? LEAST : upperBound(bucket);
  }

  private static int bucket(@Nullable DecayingHistogram row) {
    return row == null ? -1 : row.quantileBucket();
  }

  /** Learns from an answer that came to its own end. */
  public void learn(String principal, String model, long outputTokens) {
    if (outputTokens > 0 && Learned.storable(principal) && Learned.storable(model)) {
      int bucket = bucket(outputTokens);
      models.row(model).add(bucket);
      rows.get(new Row(principal, model), row -> newRow()).add(bucket);
    }
  }

  /** Forgets what was learned of one principal; what its answers taught of models stays. */
  boolean forget(String principal) {
    return rows.asMap().keySet().removeIf(row -> row.principal().equals(principal));
  }

  /** How many principals with a model each are remembered. */
  long size() {
    rows.cleanUp();
    return rows.estimatedSize();
  }

  static int bucket(long tokens) {
    if (tokens <= LEAST) {
      return 0;
    }
    if (tokens > 1L << MOST_BITS) {
      return BUCKETS - 1;
    }
    // Buckets end at their upper bound, so that a power of two is the last of its own.
    long last = tokens - 1;
    int bits = 63 - Long.numberOfLeadingZeros(last);
    int sub = (int) (last >>> (bits - SUB_BITS)) - (1 << SUB_BITS);
    return 1 + ((bits - LEAST_BITS) << SUB_BITS) + sub;
  }

  /** The largest number of tokens that falls into the bucket. */
  static long upperBound(int bucket) {
    if (bucket == 0) {
      return LEAST;
    }
    int bits = LEAST_BITS + ((bucket - 1) >> SUB_BITS);
    long sub = (bucket - 1L) & ((1L << SUB_BITS) - 1);
    return (1L << bits) + ((sub + 1) << (bits - SUB_BITS));
  }

  void writeTo(DataOutput out) throws IOException {
    Map<String, DecayingHistogram> byModel = models.rows();
    out.writeInt(byModel.size());
    for (Map.Entry<String, DecayingHistogram> model : byModel.entrySet()) {
      out.writeUTF(model.getKey());
      model.getValue().writeTo(out);
    }
    Map<Row, DecayingHistogram> byPrincipal = Map.copyOf(rows.asMap());
    out.writeInt(byPrincipal.size());
    for (Map.Entry<Row, DecayingHistogram> row : byPrincipal.entrySet()) {
      out.writeUTF(row.getKey().principal());
      out.writeUTF(row.getKey().model());
      row.getValue().writeTo(out);
    }
  }

  void readFrom(DataInput in) throws IOException {
    for (int left = in.readInt(); left > 0; left--) {
      models.row(in.readUTF()).readFrom(in);
    }
    for (int left = in.readInt(); left > 0; left--) {
      Row row = new Row(in.readUTF(), in.readUTF());
      rows.get(row, key -> newRow()).readFrom(in);
    }
  }
}
