package io.stipend.policy.alert;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When a budget will be used up if it goes on being used as fast as it was on average since its
 * first use in the period. A pure function in whole numbers.
 */
final class Forecast {
  /** Below this a first busy hour would look like a habit. */
  static final Duration LEAST_TIME = Duration.ofHours(1);

  /** The part of the time from first use to the period's end that must be over: a tenth. */
  static final int LEAST_PART_OF_TIME = 10;

  /** The part of the budget that must be used: a tenth. */
  static final int LEAST_PART_USED = 10;

  private Forecast() {}

  /**
   * The instant at which all will be used: {@code since + (now − since) × given / used}, rounded
   * down to the millisecond.
   *
   * @param used so far
   * @param given in all
   * @param since the first use in the period
   * @param end of the period
   * @return null if that is not before the end, if it is used up already, or if too little time or
   *     use is behind to tell
   */
  static @Nullable Instant exhaustion(
      long used, long given, Instant since, Instant now, Instant end) {
    long elapsed = millis(since, now);
    long whole = millis(since, end);
    if (elapsed < LEAST_TIME.toMillis() || elapsed < whole / LEAST_PART_OF_TIME) {
      return null;
    }
    if (!isInRange(used, given)) {
      return null;
    }
    BigInteger needed =
        BigInteger.valueOf(elapsed)
            .multiply(BigInteger.valueOf(given))
            .divide(BigInteger.valueOf(used));
    return needed.compareTo(BigInteger.valueOf(whole)) < 0
        ? since.plusMillis(needed.longValueExact())
        : null;
  }

  /** Whether so much is used that it says something, and not yet all. */
  static boolean isInRange(long used, long given) {
    return used > 0 && used < given && used >= given / LEAST_PART_USED;
  }

  private static long millis(Instant from, Instant to) {
    return to.isBefore(from) ? 0 : Duration.between(from, to).toMillis();
  }
}
