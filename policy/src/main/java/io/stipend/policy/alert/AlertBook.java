package io.stipend.policy.alert;

import io.stipend.metering.ledger.AccountKey;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What the ledger knows of alerts. For the one thread of {@link LevelWatch}; may read from disk.
 */
interface AlertBook extends AutoCloseable {
  /** Whether the alert of this id was raised, by this process or an earlier one. */
  boolean knows(String id);

  /**
   * Enters an alert.
   *
   * @return completes when it is durable
   */
  CompletableFuture<Void> raise(Alert alert);

  /** The instant of the first reservation on the account; null if there was none. */
  @Nullable Instant firstUsed(AccountKey account);

  @Override
  void close();
}
