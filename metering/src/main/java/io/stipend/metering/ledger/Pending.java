package io.stipend.metering.ledger;

import java.sql.SQLException;
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

  /** What is read of the accounts. */
  @FunctionalInterface
  interface Reading<T> {
    T read(AccountTable accounts) throws SQLException;
  }

  /**
   * Asks for accounts as they are after every entry before it.
   *
   * @param reading which
   * @param answer completes with them
   */
  record Question<T>(Reading<T> reading, CompletableFuture<T> answer) implements Pending {
    void read(AccountTable accounts) throws SQLException {
      answer.complete(reading.read(accounts));
    }

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
