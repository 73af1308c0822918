package io.stipend.metering.ledger;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * When the next commit begins. A commit costs the same for one entry and for fifty, so entries
 * gather: while nobody waits for what is queued, for {@link #QUIET_NANOS}; else no longer than
 * keeps commits {@link #PACE_NANOS} apart, and not at all where the last one had few entries.
 *
 * <p>A provider thinks for longer than that, so what its answer rests on is durable before it
 * comes; only an answer that finds its gate closed waits, and hurries the commit.
 */
final class CommitPace {
  /** Entries gather for so long where nobody waits for them. */
  private static final long QUIET_NANOS = 5_000_000;

  /** From the beginning of one commit to that of the next, where entries come fast. */
  static final long PACE_NANOS = 500_000;

  /** Entries of one commit after which the next one, if somebody waits, begins at once. */
  static final int FEW = 4;

  private final Thread writer;
  private final long quietNanos;

  /** Whether somebody waits for what is queued. */
  private final AtomicBoolean hurried = new AtomicBoolean();

  /** Whether the writer sleeps until somebody does. */
  private volatile boolean quiet;

  private int entriesBefore;
  private long begun = System.nanoTime();

  /**
   * @param writer the thread that gathers and commits
   */
  CommitPace(Thread writer) {
    this(writer, QUIET_NANOS);
  }

  /** The same with another time to gather while nobody waits. */
  CommitPace(Thread writer, long quietNanos) {
    this.writer = writer;
    this.quietNanos = quietNanos;
  }

  /** Somebody waits for what is queued: for any thread. */
  void hurry() {
    if (!hurried.get() && hurried.compareAndSet(false, true) && quiet) {
      LockSupport.unpark(writer);
    }
  }

  /** Waits until the next commit should take what is queued. */
  void gather() {
    if (entriesBefore > FEW) {
      sleepUntil(begun + PACE_NANOS, false);
    }
    sleepUntil(System.nanoTime() + quietNanos, true);
    // What is queued from here on may miss the commit, so its hurry counts for the next one.
    hurried.set(false);
  }

  /** A commit of so many entries begins. */
  void begins(int entries) {
    entriesBefore = entries;
    begun = System.nanoTime();
  }

  private void sleepUntil(long end, boolean unlessHurried) {
    quiet = unlessHurried;
    long rest = end - System.nanoTime();
    while (rest > 0 && !(unlessHurried && hurried.get())) {
      LockSupport.parkNanos(this, rest);
      rest = end - System.nanoTime();
    }
    quiet = false;
  }
}
