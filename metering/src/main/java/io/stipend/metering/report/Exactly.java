package io.stipend.metering.report;

import io.stipend.metering.report.page.Cell;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Parts of whole numbers, without binary fractions. */
final class Exactly {
  private static final BigInteger WHOLE = BigInteger.valueOf(Cell.WHOLE);

  private Exactly() {}

  /**
   * Divides an amount by weights so that the parts sum up to it: each gets the whole part of its
   * quota, and the units that are left go to the largest remainders, to the first of equal ones
   * (the method of Hamilton, known as largest remainder).
   *
   * @param amount may be negative
   * @param weights not negative, at least one above 0
   */
  static long[] split(long amount, long[] weights) {
    BigInteger all =
        Arrays.stream(weights)
            .mapToObj(BigInteger::valueOf)
            .reduce(BigInteger.ZERO, BigInteger::add);
    if (all.signum() <= 0) {
      throw new IllegalArgumentException("weights: sum " + all + " (expected: > 0)");
    }
    BigInteger whole = BigInteger.valueOf(amount).abs();
    long[] parts = new long[weights.length];
    BigInteger[] rests = new BigInteger[weights.length];
    BigInteger left = whole;
    for (int i = 0; i < weights.length; i++) {
      BigInteger[] part = whole.multiply(BigInteger.valueOf(weights[i])).divideAndRemainder(all);
      parts[i] = part[0].longValueExact();
      rests[i] = part[1];
      left = left.subtract(part[0]);
    }
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < weights.length; i++) {
      order.add(i);
    }
    // Stable: the first of equal remainders stays the first.
    order.sort((a, b) -> rests[b].compareTo(rests[a]));
    for (int i = 0; i < left.intValueExact(); i++) {
      parts[order.get(i)]++;
    }
    if (amount < 0) {
      for (int i = 0; i < parts.length; i++) {
        parts[i] = -parts[i];
      }
    }
    return parts;
  }

  /** part / whole in millionths, rounded half up; 0 if there is no whole. */
  static long share(long part, long whole) {
    return whole == 0
        ? 0
        : divided(BigInteger.valueOf(part).multiply(WHOLE), BigInteger.valueOf(whole));
  }

  /** a / b, rounded half away from 0. */
  static long divided(BigInteger a, BigInteger b) {
    BigInteger twice = a.abs().shiftLeft(1).add(b.abs()).divide(b.abs().shiftLeft(1));
    return (a.signum() * b.signum() < 0 ? twice.negate() : twice).longValueExact();
  }

  /** a × b / c, rounded half away from 0. */
  static long times(long a, long b, long c) {
    return divided(BigInteger.valueOf(a).multiply(BigInteger.valueOf(b)), BigInteger.valueOf(c));
  }

  /**
   * The value at a part of a sorted list, by nearest rank: the smallest value that at least so many
   * percent of all do not exceed.
   *
   * @param sorted ascending, not empty
   * @param percent 1 to 100
   */
  static long quantile(List<Long> sorted, int percent) {
    return sorted.get(rank(sorted.size(), percent) - 1);
  }

  /** The rank of that value, from 1. */
  static int rank(int count, int percent) {
    return Math.max(1, (int) (((long) count * percent + 99) / 100));
  }
}
