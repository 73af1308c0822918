package io.stipend.metering.ledger;

/**
 * How a ledger is run.
 *
 * @param slots attempts that can be in flight at once; each takes one slot of the in-flight table
 * @param queueCapacity entries that may wait for a commit before {@link Ledger#begin} refuses; ends
 *     and extensions of open attempts are always taken
 * @param maxBatchesBehind commits after which the queryable tables are brought up to date even
 *     under load, if not after fewer of many entries; they are always brought up to date when the
 *     ledger is idle
 * @param onPoisoned runs once, on the writer's thread, when the disk failed: the gateway then
 *     refuses new exchanges and exits non-zero
 */
public record LedgerOptions(
    int slots, int queueCapacity, int maxBatchesBehind, Runnable onPoisoned) {
  /** Attempts in flight unless said otherwise: 16,384 slots of 2 KiB. */
  public static final int DEFAULT_SLOTS = 16_384;

  /** Entries that wait for a commit unless said otherwise. */
  public static final int DEFAULT_QUEUE_CAPACITY = 65_536;

  /** Commits between two projections under load unless said otherwise. */
  public static final int DEFAULT_MAX_BATCHES_BEHIND = 1_024;

  private static final int MAX_SLOTS = 1 << 19;

  /** Checks the limits. */
  public LedgerOptions {
    check("slots", slots, MAX_SLOTS);
    check("queueCapacity", queueCapacity, Integer.MAX_VALUE);
    check("maxBatchesBehind", maxBatchesBehind, Integer.MAX_VALUE);
  }

  /** The default limits, with nothing to run when the disk failed. */
  public static LedgerOptions defaults() {
    return new LedgerOptions(
        DEFAULT_SLOTS, DEFAULT_QUEUE_CAPACITY, DEFAULT_MAX_BATCHES_BEHIND, () -> {});
  }

  /** The same, with what to run when the disk failed. */
  public LedgerOptions withOnPoisoned(Runnable action) {
    return new LedgerOptions(slots, queueCapacity, maxBatchesBehind, action);
  }

  private static void check(String name, int value, int max) {
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1.." + max + ")");
    }
  }
}
