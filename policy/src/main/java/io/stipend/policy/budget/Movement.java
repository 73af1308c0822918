package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.ledger.LedgerEntry.CarriedLot;
import io.stipend.metering.ledger.LedgerEntry.Rolled;

/** What one entry adds to the sums of an account. */
final class Movement {
  private Movement() {}

  static AccountTotals granted(long amount) {
    return new AccountTotals(amount, 0, 0, 0, 0, 0, 0, 0, 0, 0, false);
  }

  static AccountTotals received(long amount) {
    return new AccountTotals(0, 0, amount, 0, 0, 0, 0, 0, 0, 0, false);
  }

  static AccountTotals lent(long amount) {
    return new AccountTotals(0, 0, 0, amount, 0, 0, 0, 0, 0, 0, false);
  }

  static AccountTotals expired(long amount) {
    return new AccountTotals(0, 0, 0, 0, 0, 0, amount, 0, 0, 0, false);
  }

  static AccountTotals sent(long amount) {
    return new AccountTotals(0, 0, 0, 0, 0, 0, 0, amount, 0, 0, false);
  }

  static AccountTotals rolledOut(Rolled roll) {
    return new AccountTotals(
        0, 0, 0, 0, 0, 0, roll.expired(), 0, carried(roll), roll.repaid(), true);
  }

  static AccountTotals rolledIn(Rolled roll) {
    return new AccountTotals(0, carried(roll), 0, 0, 0, 0, 0, 0, 0, roll.owed(), false);
  }

  private static long carried(Rolled roll) {
    return roll.carried().stream().mapToLong(CarriedLot::amount).reduce(0, Math::addExact);
  }
}
