package io.stipend.metering.ledger;

import java.util.concurrent.CompletableFuture;

/**
 * The ledger's side of an attempt under way. It ends by exactly one of {@link #settle} and {@link
 * #release}; a second end is an {@link IllegalStateException}. Its slot in the in-flight table is
 * freed when the end is durable.
 */
public interface OpenAttempt {
  /** Completes when the reservation is durable. */
  CompletableFuture<Void> reservedDurably();

  /**
   * Somebody waits for what was queued last to be durable. Until somebody does, entries gather for
   * some milliseconds, so that one commit serves many.
   */
  void hurry();

  /** Marks the slot: from now on a crash counts this attempt as billed. Before the first write. */
  void sent();

  /**
   * Records that more is held. The slot is marked at once.
   *
   * @return completes when the extension is durable
   */
  CompletableFuture<Void> extend(LedgerEntry.Extended extended);

  /**
   * Ends a sent attempt.
   *
   * @return completes when durable
   */
  CompletableFuture<Void> settle(LedgerEntry.Settled settled);

  /**
   * Ends an attempt that was never sent.
   *
   * @return completes when durable
   */
  CompletableFuture<Void> release(LedgerEntry.Released released);
}
