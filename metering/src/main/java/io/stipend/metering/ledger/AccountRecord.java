package io.stipend.metering.ledger;

import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that the ledger knows of one account: enough to go on with it.
 *
 * @param account its name
 * @param totals its sums
 * @param lots its lots, by id
 * @param lent its loans by kind; a kind without any is 0
 * @param firstUsed the instant of the first reservation on it; null if there was none
 * @param counts how many entries of each kind it has, for the ids of the next ones
 */
public record AccountRecord(
    AccountKey account,
    AccountTotals totals,
    List<Lot> lots,
    Map<LoanKind, Long> lent,
    @Nullable Instant firstUsed,
    Counts counts) {
  /** Copies. */
  public AccountRecord {
    lots = List.copyOf(lots);
    lent = Map.copyOf(lent);
  }

  /**
   * Numbers of entries of one account.
   *
   * @param adjustments grants of kind {@link LedgerEntry.GrantKind#ADJUSTMENT}
   * @param oneOffs grants of kind {@link LedgerEntry.GrantKind#ONE_OFF}
   * @param transfers transfers from it
   * @param loans loans of every kind
   * @param expiries expiries of its lots, the roll not counted
   */
  public record Counts(int adjustments, int oneOffs, int transfers, int loans, int expiries) {}

  /** Whether its recurring grant is entered. */
  public boolean begun() {
    return lots.stream().anyMatch(lot -> lot.id().equals(Lot.recurringId(account)));
  }

  /** The recurring grant with its adjustments: what the rule's amount is compared with. */
  public long recurring() {
    return lots.stream()
        .filter(lot -> lot.id().equals(Lot.recurringId(account)))
        .mapToLong(Lot::amount)
        .sum();
  }

  /** Its loans of one kind. */
  public long lent(LoanKind kind) {
    return lent.getOrDefault(kind, 0L);
  }
}
