package io.stipend.metering.ledger;

import java.util.Collection;
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

  /**
   * Reads accounts as they are after every entry that was appended before. The cost grows with what
   * is asked for, not with the ledger.
   *
   * @return completes with those of them that were ever used, and with all accounts of the same
   *     budgets and units that no roll has closed, on the thread that writes: what depends on it
   *     must not block. Of accounts that were not asked for, entries may be on their way.
   */
  CompletableFuture<Map<AccountKey, AccountRecord>> accounts(Collection<AccountKey> keys);

  /**
   * Reads a page of the accounts that no roll has closed, by budget, unit and period, as {@link
   * #accounts} does.
   *
   * @param after the last account of the page before; null for the first page
   * @param limit the most accounts of the page, positive
   * @return completes with the page, empty after the last
   */
  CompletableFuture<List<AccountRecord>> unclosed(@Nullable AccountKey after, int limit);

  /** Whether the disk failed and nothing more is taken. */
  boolean poisoned();

  /** Waits until all that was appended is durable and projected, then closes the files. */
  @Override
  void close();
}
