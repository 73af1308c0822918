package io.stipend.policy.budget;

/** Comparison of fractions, exact and without objects. */
final class Ratios {
  private Ratios() {}

  /**
   * Whether a / b is less than c / d.
   *
   * @param b positive
   * @param d positive
   */
  static boolean less(long a, long b, long c, long d) {
    // The products have 128 bits.
    int high = Long.compare(Math.multiplyHigh(a, d), Math.multiplyHigh(c, b));
    return high == 0 ? Long.compareUnsigned(a * d, c * b) < 0 : high < 0;
  }
}
