package io.stipend.policy.budget;

import io.stipend.metering.ledger.OpenAttempt;
import java.util.concurrent.CompletableFuture;

/**
 * An attempt that has ended and gives back what it did not use as soon as its end is durable.
 *
 * @param durable completes then
 */
record Returning(OpenAttempt attempt, CompletableFuture<Void> durable) {}
