package io.stipend.metering.ledger;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What waits for the writer. */
sealed interface Pending {
  /** Whoever asked hears that it is not done. */
  void fail(LedgerException why);

  /**
   * An entry that waits for its commit.
   *
   * @param attempt the attempt that it belongs to; null for a fact
   * @param entry the entry
   * @param done completes when it is durable
   */
  record Entry(@Nullable LedgerAttempt attempt, LedgerEntry entry, CompletableFuture<Void> done)
      implements Pending {
    @Override
    public void fail(LedgerException why) {
      done.completeExceptionally(why);
    }
  }

  /**
   * Asks for accounts as they are after every entry before it.
   *
   * @param keys which
   * @param answer completes with those that were ever used
   */
  record Question(
      Collection<AccountKey> keys, CompletableFuture<Map<AccountKey, AccountRecord>> answer)
      implements Pending {
    @Override
    public void fail(LedgerException why) {
      answer.completeExceptionally(why);
    }
  }

  /** Asks the writer to stop. */
  record Stop() implements Pending {
    @Override
    public void fail(LedgerException why) {
      // Who stops the writer waits for its thread to end.
    }
  }
}
