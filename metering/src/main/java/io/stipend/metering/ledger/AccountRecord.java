package io.stipend.metering.ledger;

import java.util.List;

/**
 * What the ledger knows of one account.
 *
 * @param totals sums of its entries
 * @param grants every grant that it received, in the order of entry
 */
public record AccountRecord(AccountTotals totals, List<LedgerEntry.Granted> grants) {
  /** Copies the list. */
  public AccountRecord {
    grants = List.copyOf(grants);
  }
}
