package io.stipend.metering.report.statement;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.Posting;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When an account was used, as exactly as a statement needs it: before it, in which of its months,
 * or after. Of an account whose period lies within one of these all use is there, whatever the time
 * of its calls; of a longer one each call says its own.
 */
final class DatedUse {
  /**
   * How much earlier than its account's period a call may have begun: a clock that was set back.
   */
  private static final Duration EARLY = Duration.ofDays(7);

  private final StatementRequest.Bounds bounds;

  /** The first instant of each month, and the one after the last. */
  private final Instant[] marks;

  /** By account, what was used before, in each month, and what a later look would add. */
  private final Map<AccountKey, long[]> used = new HashMap<>();

  /**
   * @param marks the first instant, then the ends of the months
   */
  DatedUse(StatementRequest.Bounds bounds, List<Instant> marks) {
    this.bounds = bounds;
    this.marks = marks.toArray(Instant[]::new);
  }

  /** A part of the use of an account. */
  record Part(Instant at, long amount) {}

  /** From when on calls are to be told; null if none need be. */
  @Nullable Instant from(Collection<AccountKey> accounts) {
    Instant first = null;
    for (AccountKey account : accounts) {
      Instant start = bounds.startOf(account.period());
      Instant end = bounds.endOf(account.period());
      if (slot(start) != slot(end == null ? null : end.minusMillis(1), marks.length)) {
        used.put(account, new long[marks.length + 1]);
        Instant early = start == null ? Instant.EPOCH : start.minus(EARLY);
        first = first == null || early.isBefore(first) ? early : first;
      }
    }
    return first;
  }

  /** A call took so much from an account. */
  void add(Instant startedAt, Posting debit) {
    long[] slots = used.get(debit.account());
    if (slots != null) {
      int slot = slot(Movements.within(bounds, debit.account(), startedAt));
      slots[slot] = Math.addExact(slots[slot], debit.amount());
    }
  }

  /**
   * The use of an account by time.
   *
   * @param all of it, corrections not counted
   */
  List<Part> parts(AccountKey account, long all) {
    long[] slots = used.get(account);
    Instant start = bounds.startOf(account.period());
    if (slots == null) {
      return List.of(new Part(start == null ? marks[0].minusMillis(1) : start, all));
    }
    long after = Math.subtractExact(all, Arrays.stream(slots).reduce(0, Math::addExact));
    slots[marks.length] = Math.addExact(slots[marks.length], after);
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < slots.length; i++) {
      Instant at = i == 0 ? marks[0].minusMillis(1) : marks[i - 1];
      parts.add(new Part(at, slots[i]));
    }
    return parts;
  }

  /** 0 before the first mark, i from mark i − 1 on. */
  private int slot(@Nullable Instant at) {
    return slot(at, 0);
  }

  private int slot(@Nullable Instant at, int otherwise) {
    if (at == null) {
      return otherwise;
    }
    int slot = 0;
    while (slot < marks.length && !at.isBefore(marks[slot])) {
      slot++;
    }
    return slot;
  }
}
