package io.stipend.metering.reconcile;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Divides a whole number in proportion to others, so that the parts sum up to it. */
final class Shares {
  private Shares() {}

  /** {@code whole · part / all}, towards zero. */
  static long of(long whole, long part, long all) {
    return all == 0
        ? 0
        : BigInteger.valueOf(whole)
            .multiply(BigInteger.valueOf(part))
            .divide(BigInteger.valueOf(all))
            .longValueExact();
  }

  /** A part for each weight, none beyond its weight if the whole is not beyond their sum. */
  static List<Long> of(long whole, List<Long> weights) {
    long left = weights.stream().reduce(0L, Math::addExact);
    long rest = whole;
    List<Long> parts = new ArrayList<>();
    for (long weight : weights) {
      // Of what is left among those that are left: the last one takes it all.
      long part = of(rest, weight, left);
      parts.add(part);
      rest -= part;
      left -= weight;
    }
    return parts;
  }
}
