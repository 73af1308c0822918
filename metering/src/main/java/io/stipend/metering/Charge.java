package io.stipend.metering;

/**
 * Priced token usage, in both units that an account can count.
 *
 * @param nanos the price in nano-units of the deployment's currency, rounded up once
 * @param tokens the tokens of all kinds, each counted once
 */
public record Charge(long nanos, long tokens) {
  /** Nothing used, nothing owed. */
  public static final Charge ZERO = new Charge(0, 0);

  /** Refuses negative amounts: a charge never gives credit. */
  public Charge {
    if (nanos < 0 || tokens < 0) {
      throw new IllegalArgumentException(
          "charge: " + nanos + " nanos, " + tokens + " tokens (expected: >= 0)");
    }
  }

  /** What an account of this unit is debited. */
  public long in(Unit unit) {
    return unit.isMoney() ? nanos : tokens;
  }

  /** The exact sum of both. */
  public Charge plus(Charge other) {
    return new Charge(Math.addExact(nanos, other.nanos), Math.addExact(tokens, other.tokens));
  }

  /** The larger of each component. */
  public Charge max(Charge other) {
    return new Charge(Math.max(nanos, other.nanos), Math.max(tokens, other.tokens));
  }
}
