package io.stipend.metering.ledger;

/**
 * Sums over the entries of one account, in its unit.
 *
 * @param granted recurring, adjusted and one-off grants
 * @param used settled debits and corrections
 * @param held open reservations; 0 after recovery
 */
public record AccountTotals(long granted, long used, long held) {
  /** Nothing yet. */
  public static final AccountTotals ZERO = new AccountTotals(0, 0, 0);

  /** The exact sum of both. */
  public AccountTotals plus(AccountTotals o) {
    return new AccountTotals(
        Math.addExact(granted, o.granted),
        Math.addExact(used, o.used),
        Math.addExact(held, o.held));
  }
}
