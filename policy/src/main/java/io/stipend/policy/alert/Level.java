package io.stipend.policy.alert;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.policy.budget.Budgets.AccountBalance;
import java.math.BigInteger;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How much of what an account was given is used, in its unit. Holds do not count: they may return.
 *
 * @param used what was settled
 * @param given what can be spent in the period, what is spent included: granted, carried and
 *     received, less what was sent on or has expired
 * @param refusing whether a call was just refused because the account does not cover it
 * @param resetsAt when the period ends; null if never
 */
record Level(
    AccountKey account, long used, long given, boolean refusing, @Nullable Instant resetsAt) {
  /**
   * From this use on a refusal says that the budget is used up. A call that does not fit in the
   * rest is refused before the rest is used, so 100 % itself may never be reached; but one huge
   * call that a fresh budget refuses says nothing.
   */
  static final int NEARLY_ALL_PERCENT = 90;

  private static final int ALL_PERCENT = 100;

  static Level of(AccountBalance balance, boolean refusing) {
    long in =
        Math.addExact(Math.addExact(balance.granted(), balance.carried()), balance.received());
    return new Level(
        balance.account(),
        balance.used(),
        Math.subtractExact(Math.subtractExact(in, balance.sent()), balance.expired()),
        refusing,
        balance.resetsAt());
  }

  /** Whether so much is used. An account of which nothing is used reached nothing. */
  boolean reached(int percent) {
    return isUsed(percent) || (refusing && percent <= ALL_PERCENT && isUsed(NEARLY_ALL_PERCENT));
  }

  private boolean isUsed(int percent) {
    // The products of a long and a percentage need more than a long.
    BigInteger part = BigInteger.valueOf(used).multiply(BigInteger.valueOf(ALL_PERCENT));
    BigInteger whole = BigInteger.valueOf(given).multiply(BigInteger.valueOf(percent));
    return used > 0 && part.compareTo(whole) >= 0;
  }
}
