package io.stipend.metering.ledger;

/**
 * Sums over the entries of one account, in its unit.
 *
 * @param granted recurring, adjusted and one-off grants
 * @param carried what the rolls of earlier periods brought
 * @param received transfers from other accounts
 * @param lent loans of every kind
 * @param used settled debits and corrections
 * @param held open reservations; 0 after recovery
 * @param expired what ended unused
 * @param sent transfers to other accounts
 * @param carriedOut what the roll of this account took to a later period
 * @param repaid loans that returned: unused ones of this account, used ones of the account before
 * @param closed whether it was rolled: nothing moves it any more
 */
public record AccountTotals(
    long granted,
    long carried,
    long received,
    long lent,
    long used,
    long held,
    long expired,
    long sent,
    long carriedOut,
    long repaid,
    boolean closed) {
  /** Nothing yet. */
  public static final AccountTotals ZERO = new AccountTotals(0, 0, 0);

  /** An account of which nothing else is known. */
  public AccountTotals(long granted, long used, long held) {
    this(granted, 0, 0, 0, used, held, 0, 0, 0, 0, false);
  }

  /** The exact sum of both; closed if one is. */
  public AccountTotals plus(AccountTotals o) {
    return new AccountTotals(
        Math.addExact(granted, o.granted),
        Math.addExact(carried, o.carried),
        Math.addExact(received, o.received),
        Math.addExact(lent, o.lent),
        Math.addExact(used, o.used),
        Math.addExact(held, o.held),
        Math.addExact(expired, o.expired),
        Math.addExact(sent, o.sent),
        Math.addExact(carriedOut, o.carriedOut),
        Math.addExact(repaid, o.repaid),
        closed || o.closed);
  }

  /**
   * What may still be reserved: all that came in, less all that went out or is held. Negative if
   * more was charged than was there.
   */
  public long available() {
    return Math.subtractExact(in(), out());
  }

  private long in() {
    return Math.addExact(Math.addExact(granted, carried), Math.addExact(received, lent));
  }

  private long out() {
    long spent = Math.addExact(Math.addExact(used, held), Math.addExact(expired, sent));
    return Math.addExact(spent, Math.addExact(carriedOut, repaid));
  }
}
