package io.stipend.policy.limit;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What was taken in the last 60 seconds, oldest first. Amounts that are taken within one second of
 * each other share an entry and are forgotten together, 60 seconds after the youngest of them: so
 * what is remembered is never less than what was taken in the last 60 seconds, there are never more
 * than 61 entries of one turn, and nothing is remembered for longer than 60 seconds after the last
 * amount. Exact integers. Guarded by its owner's lock; its clock never goes back.
 */
final class MinuteLog {
  static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();

  /** Above what one exchange can use; keeps every sum within a long. */
  private static final long MAX_AMOUNT = 1_000_000_000_000L;

  private static final long ENTRY_NANOS = Duration.ofSeconds(1).toNanos();

  private final Deque<Entry> entries = new ArrayDeque<>();
  private long turn;

  /** What was taken together. */
  static final class Entry {
    private final long turn;
    private final long firstNanos;
    private long lastNanos;
    private long amount;

    private Entry(long turn, long nowNanos) {
      this.turn = turn;
      this.firstNanos = nowNanos;
      this.lastNanos = nowNanos;
    }

    /** Takes back what was taken too much; without effect once the entry is forgotten. */
    void giveBack(long tooMuch) {
      amount = Math.max(0, amount - tooMuch);
    }
  }

  /** Takes an amount now. */
  Entry take(long amount, long nowNanos) {
    Entry entry = entries.peekLast();
    if (entry == null || entry.turn != turn || nowNanos - entry.firstNanos >= ENTRY_NANOS) {
      entry = new Entry(turn, nowNanos);
      entries.addLast(entry);
    }
    entry.lastNanos = nowNanos;
    entry.amount += Math.max(0, Math.min(MAX_AMOUNT, amount));
    return entry;
  }

  /** Begins a new turn: what was taken so far is of the turns before. */
  void turn() {
    turn++;
  }

  /** What was taken in the last 60 seconds. */
  long sum(long nowNanos) {
    return sum(nowNanos, false);
  }

  /** What of it was taken in the turns before this one. */
  long sumBeforeTurn(long nowNanos) {
    return sum(nowNanos, true);
  }

  private long sum(long nowNanos, boolean beforeTurn) {
    forget(nowNanos);
    long sum = 0;
    for (Entry entry : entries) {
      if (!beforeTurn || entry.turn != turn) {
        sum += entry.amount;
      }
    }
    return sum;
  }

  /** Nanoseconds until at least so much is forgotten; at most a minute. */
  long waitNanos(long amount, long nowNanos) {
    forget(nowNanos);
    long left = amount;
    for (Entry entry : entries) {
      left -= entry.amount;
      if (left <= 0) {
        return remainingNanos(entry, nowNanos);
      }
    }
    return MINUTE_NANOS;
  }

  /** Nanoseconds until all is forgotten; 0 if it is. */
  long emptyNanos(long nowNanos) {
    forget(nowNanos);
    Entry last = entries.peekLast();
    return last == null ? 0 : remainingNanos(last, nowNanos);
  }

  private void forget(long nowNanos) {
    Entry first = entries.peekFirst();
    while (first != null && remainingNanos(first, nowNanos) <= 0) {
      entries.removeFirst();
      first = entries.peekFirst();
    }
  }

  private static long remainingNanos(Entry entry, long nowNanos) {
    return MINUTE_NANOS - (nowNanos - entry.lastNanos);
  }
}
