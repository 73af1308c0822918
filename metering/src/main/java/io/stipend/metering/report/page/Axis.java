package io.stipend.metering.report.page;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * An axis of values whose marks are round numbers: multiples of 1, 2 or 5 times a power of ten.
 *
 * @param low the lowest mark, at most 0
 * @param high the highest mark, above it
 * @param step from mark to mark
 */
record Axis(long low, long high, long step) {
  private static final int TEN = 10;
  private static final int[] ROUND = {1, 2, 5, TEN};

  /** Keeps sums of steps within a long. */
  private static final long MOST = Long.MAX_VALUE / 8;

  /** The axis of these values and of 0. */
  static Axis of(long least, long most, int marks) {
    long low = Math.max(-MOST, Math.min(0, least));
    long high = Math.min(MOST, Math.max(0, most));
    BigInteger span = BigInteger.valueOf(high).subtract(BigInteger.valueOf(low));
    BigInteger raw = span.divide(BigInteger.valueOf(marks)).max(BigInteger.ONE);
    long step = step(raw.longValueExact(), span.longValueExact(), marks);
    long top = Math.max(step, Math.floorDiv(high + step - 1, step) * step);
    return new Axis(Math.floorDiv(low, step) * step, top, step);
  }

  private static long step(long raw, long span, int marks) {
    long power = 1;
    while (power <= raw / TEN) {
      power *= TEN;
    }
    for (int factor : ROUND) {
      if (power * factor >= (span + marks - 1) / marks) {
        return power * factor;
      }
    }
    return power * TEN * 2;
  }

  List<Long> marks() {
    List<Long> marks = new ArrayList<>();
    for (long mark = low; mark <= high; mark += step) {
      marks.add(mark);
    }
    return marks;
  }

  /** How far from the low end a value is, on an axis so long. */
  int at(long value, int length) {
    long within = Math.max(low, Math.min(high, value));
    return Figures.scaled(within - low, high - low, length);
  }
}
