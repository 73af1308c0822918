package io.stipend.gateway.admin;

import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.MemoryLedger;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.store.Freezes;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Balances for a data folder that no gateway uses right now: as the ledger records them, and where
 * a period is over meanwhile, as the next use would roll it. Nothing is entered. Only while its
 * reader is open.
 */
public final class RecordedBalances {
  private final Balances balances;

  /**
   * Reads what is asked for.
   *
   * @param reader null if nothing was ever recorded
   */
  public RecordedBalances(QuotaFile quota, @Nullable LedgerReader reader, InstantSource clock) {
    MemoryLedger ledger = reader == null ? MemoryLedger.empty() : MemoryLedger.over(reader);
    Freezes freezes = reader == null ? new Freezes() : new Freezes(reader.frozen().values());
    this.balances =
        new Balances(new LocalBudgets(ledger, clock), freezes, () -> quota, clock, ledger::warm);
  }

  /** Balances of every person and service, by id. */
  public List<PersonBalance> all() {
    return balances.all();
  }

  /**
   * Balances of one.
   *
   * @throws AdminException if the quota file does not hold it
   */
  public PersonBalance one(String person) {
    return balances.of(person);
  }

  /** What one has, lot by lot. */
  public PersonAllowance allowance(String person) {
    return balances.allowance(person);
  }
}
