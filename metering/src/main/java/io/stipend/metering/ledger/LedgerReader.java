package io.stipend.metering.ledger;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reads the ledger of a data folder, also while a gateway writes it. Each call sees one consistent
 * state that holds every entry durable when it began. For one thread; throws {@link
 * LedgerException} if there is no ledger or it cannot be read.
 */
public abstract class LedgerReader implements AutoCloseable {
  /** Opens the ledger of a data folder for reading. */
  @SuppressWarnings("DoNotCallSuggester")
  public static LedgerReader open(Path dataDir) {
    throw new LedgerException("ledger: " + dataDir + " (not readable yet)", null);
  }

  /** The end of the chain. */
  public abstract LedgerHead head();

  /**
   * Streams the usage rows with {@code from <= startedAt < to}, by start.
   *
   * @return the head of the state that was read
   */
  public abstract LedgerHead usage(Instant from, Instant to, Consumer<UsageRow> rows);

  /** The settled attempts of an exchange, by number; empty if it is unknown or none has settled. */
  public abstract List<SettledAttempt> attempts(String exchangeId);

  /** Totals of every account, open reservations held. */
  public abstract Map<AccountKey, AccountTotals> totals();

  /** Every grant, in the order of entry. */
  public abstract List<LedgerEntry.Granted> grants();

  /** Every key that was ever made, with its revocation. */
  public abstract List<KeyRecord> keys();

  /** Refusals summed by day, person and reason; {@code at} is the last that was counted. */
  public abstract List<LedgerEntry.RefusalsCounted> refusals();

  /** Recomputes the chain and everything that is derived from it. */
  public abstract Verification verify();

  @Override
  public abstract void close();
}
