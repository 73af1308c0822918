package io.stipend.gateway.route;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many calls may be tried again: a share of all exchanges, so that a provider in trouble is not
 * sent a multiple of its usual load. What is not used is saved up to a bound, for the moment when
 * an upstream dies under load and its breaker does not know yet. Safe for use by any thread.
 */
final class RetryBudget {
  /** Tries that can be saved up, and are there at the start. */
  static final int SAVED = 100;

  /** A try costs as much as a hundred exchanges bring at one percent. */
  private static final int PRICE = 100;

  private final int percent;
  private final AtomicLong saved;

  /**
   * @param percent of the exchanges; 0 means that nothing is tried again
   */
  RetryBudget(int percent) {
    this.percent = percent;
    this.saved = new AtomicLong(percent == 0 ? 0 : (long) SAVED * PRICE);
  }

  /** An exchange began. */
  void exchange() {
    long now = saved.get();
    if (percent > 0 && now < (long) SAVED * PRICE) {
      saved.addAndGet(percent);
    }
  }

  /** Whether a try can be paid for now. */
  boolean has() {
    return saved.get() >= PRICE;
  }

  /** Pays for a try; false if it cannot be. */
  boolean take() {
    long left = saved.addAndGet(-PRICE);
    if (left < 0) {
      saved.addAndGet(PRICE);
    }
    return left >= 0;
  }
}
