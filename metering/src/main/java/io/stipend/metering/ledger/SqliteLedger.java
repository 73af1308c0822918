package io.stipend.metering.ledger;

import java.nio.file.Path;
import java.time.InstantSource;

/** The embedded ledger: one SQLite file, written by one thread. */
public abstract class SqliteLedger implements Ledger {
  /**
   * Opens the ledger of a data folder, made if missing, and recovers what a killed process left.
   *
   * @throws LedgerException if another process uses the folder, or the files cannot be read,
   *     written or understood
   */
  @SuppressWarnings("DoNotCallSuggester")
  public static Ledger open(Path dataDir, LedgerOptions options, InstantSource clock) {
    throw new LedgerException("ledger: " + dataDir + " (not readable yet)", null);
  }
}
