package io.stipend.metering.ledger;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The append-only record. One process writes it; facts are durable in the order in which they were
 * appended. Safe for use by any thread; nothing here blocks, except opening and closing.
 *
 * <p>A ledger whose disk failed is <em>poisoned</em>: it takes nothing more, and every future that
 * is not yet complete fails with {@link LedgerException}.
 */
public interface Ledger extends AutoCloseable {
  /** Totals of every account, with all that was recovered; read once, at start. */
  Map<AccountKey, AccountTotals> totals();

  /** Every grant in force, for the accounts of {@link #totals}; read once, at start. */
  List<LedgerEntry.Granted> grants();

  /** Every key that was ever made, with its revocation; read once, at start. */
  List<KeyRecord> keys();

  /**
   * Begins an attempt: writes its slot in the in-flight table, so that a killed process forgets
   * nothing, and queues the entry for the next group commit.
   *
   * @return the open attempt, or null if the table or the queue is full or the ledger is poisoned:
   *     the exchange must then be refused
   */
  @Nullable OpenAttempt begin(LedgerEntry.Reserved reserved);

  /**
   * Queues an entry that belongs to no open attempt.
   *
   * @return completes when the entry is durable
   */
  CompletableFuture<Void> append(LedgerEntry entry);

  /** Whether the disk failed and nothing more is taken. */
  boolean poisoned();

  /** Waits until all that was appended is durable and projected, then closes the files. */
  @Override
  void close();
}
