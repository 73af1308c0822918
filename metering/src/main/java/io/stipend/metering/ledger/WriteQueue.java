package io.stipend.metering.ledger;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the writer, in the order in which it came. Any thread adds, without locks and
 * without waiting; one thread takes. What is added is linked to what was added before, and all of
 * it is taken at once and turned round, so that adding is one exchange of a reference.
 */
final class WriteQueue {
  private final AtomicReference<@Nullable Pending> last = new AtomicReference<>();

  /** Whether the taker sleeps, or is about to. */
  private final AtomicBoolean asleep = new AtomicBoolean();

  /** Taken out, oldest first, and not asked for yet; the taker's own. */
  private @Nullable Pending first;

  /** How many these are, for the others. */
  private final AtomicInteger left = new AtomicInteger();

  private int count;

  private final Thread taker;

  /**
   * @param taker the thread that takes
   */
  WriteQueue(Thread taker) {
    this.taker = taker;
  }

  /** Adds to the end, and wakes the taker if it sleeps. */
  void add(Pending pending) {
    Pending before = last.get();
    while (true) {
      pending.follows(before);
      Pending witness = last.compareAndExchange(before, pending);
      if (isSame(witness, before)) {
        break;
      }
      before = witness;
    }
    if (asleep.get() && asleep.compareAndSet(true, false)) {
      LockSupport.unpark(taker);
    }
  }

  /** How many wait. */
  int size() {
    Pending newest = last.get();
    return left.get() + (newest == null ? 0 : newest.place());
  }

  /** The next one; null if none waits. */
  @Nullable Pending poll() {
    Pending next = first;
    if (next == null) {
      next = turnRound(last.getAndSet(null));
      if (next == null) {
        return null;
      }
    }
    first = next.next();
    left.lazySet(--count);
    next.alone();
    return next;
  }

  /** The next one; waits for it. */
  Pending take() {
    Pending next = poll();
    while (next == null) {
      sleep(0);
      next = poll();
    }
    return next;
  }

  /** The next one; waits at most so long, and is null if none came. */
  @Nullable Pending poll(long nanos) {
    Pending next = poll();
    long end = System.nanoTime() + nanos;
    while (next == null) {
      long rest = end - System.nanoTime();
      if (rest <= 0) {
        return null;
      }
      sleep(rest);
      next = poll();
    }
    return next;
  }

  /** Fails all that was added and not taken: for any thread, when nobody takes any more. */
  void refuse(LedgerException why) {
    for (Pending at = last.getAndSet(null); at != null; at = at.next()) {
      at.fail(why);
    }
  }

  /**
   * Sleeps until something is added.
   *
   * @param nanos at most so long; 0 means any time
   */
  private void sleep(long nanos) {
    asleep.set(true);
    // Whoever added before it was set wakes nobody.
    if (last.get() == null) {
      if (nanos == 0) {
        LockSupport.park(this);
      } else {
        LockSupport.parkNanos(this, nanos);
      }
    }
    asleep.set(false);
  }

  private @Nullable Pending turnRound(@Nullable Pending newest) {
    if (newest == null) {
      return null;
    }
    count = newest.place();
    left.lazySet(count);
    Pending after = null;
    Pending at = newest;
    while (at != null) {
      Pending before = at.next();
      at.next(after);
      after = at;
      at = before;
    }
    return after;
  }

  @SuppressWarnings("ReferenceEquality") // Each is one thing that waits, not its content.
  private static boolean isSame(@Nullable Pending one, @Nullable Pending other) {
    return one == other;
  }
}
