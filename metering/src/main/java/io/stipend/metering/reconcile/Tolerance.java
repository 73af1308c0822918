package io.stipend.metering.reconcile;

import org.jspecify.annotations.Nullable;

/** How far two figures of a line may be apart: a quantity not at all, a cost a cent or 0.1 %. */
final class Tolerance {
  private static final long CENT = 10_000_000;
  private static final long THOUSAND = 1_000;

  /** Below this a cost is that of the same tokens and prices, in nano-units: one millionth. */
  private static final long SAME = 1_000;

  private Tolerance() {}

  /** Whether a cost agrees with the provider's; both in nano-units. */
  static boolean isWithin(long difference, long cost) {
    return Math.abs(difference) <= Math.max(CENT, Math.abs(cost) / THOUSAND);
  }

  /** Whether a cost is the provider's but for its rounding. */
  static boolean isSame(long difference, long rounding) {
    return Math.abs(difference) <= SAME + rounding;
  }

  /** Whether any line of a group differs. */
  static boolean differs(Group group) {
    if (!group.delta().isZero()) {
      return true;
    }
    for (BillMeter meter : BillMeter.values()) {
      Long cost = group.cost(meter);
      if (cost != null && !isWithin(cost - group.nanos().of(meter), cost)) {
        return true;
      }
    }
    return false;
  }

  /** What the provider charges beyond what is expected by now; null if all of it is within. */
  static @Nullable MeterSums beyond(Group group) {
    MeterSums expected = group.expectedNanos();
    MeterSums beyond = MeterSums.ZERO;
    boolean any = false;
    for (BillMeter meter : BillMeter.values()) {
      Long cost = group.cost(meter);
      if (cost != null) {
        long difference = cost - expected.of(meter);
        beyond = beyond.with(meter, difference);
        any |= !isWithin(difference, cost);
      }
    }
    return any ? beyond : null;
  }
}
