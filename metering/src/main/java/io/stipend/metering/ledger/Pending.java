package io.stipend.metering.ledger;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An entry that waits for its commit.
 *
 * @param attempt the attempt that it belongs to; null for a fact
 * @param entry the entry; null asks the writer to stop
 * @param done completes when it is durable
 */
record Pending(
    @Nullable LedgerAttempt attempt, @Nullable LedgerEntry entry, CompletableFuture<Void> done) {}
