package io.stipend.policy.budget;

/**
 * How much of what is left of the recurring grant goes on into the next periods.
 *
 * @param upTo at most so much, in the unit; {@link Long#MAX_VALUE} means all, 0 nothing
 * @param periods how many periods it may still be used in; 0 if nothing is carried
 */
public record CarryOver(long upTo, int periods) {
  /** Nothing is carried over. */
  public static final CarryOver NONE = new CarryOver(0, 0);

  /** Checks that both are nothing or neither. */
  public CarryOver {
    if (upTo < 0 || periods < 0 || (upTo == 0) != (periods == 0)) {
      throw new IllegalArgumentException(
          "carry over: " + upTo + " for " + periods + " (expected: both above 0, or both 0)");
    }
  }

  /** All that is left, for so many periods. */
  public static CarryOver all(int periods) {
    return new CarryOver(Long.MAX_VALUE, periods);
  }

  /** How many idle periods what is carried over can pass; 0 if nothing is. */
  int idlePeriods() {
    return isNone() ? 0 : periods;
  }

  /** Whether nothing is carried over. */
  public boolean isNone() {
    return upTo == 0;
  }
}
