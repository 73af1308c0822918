package io.stipend.policy.bench;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountRecord;
import io.stipend.metering.ledger.KeyRecord;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.OpenAttempt;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A ledger that costs nothing and remembers nothing: everything is durable at once. */
final class MemoryLedger implements Ledger {
  private static final OpenAttempt ATTEMPT = new Attempt();

  private static CompletableFuture<Void> done() {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public List<KeyRecord> keys() {
    return List.of();
  }

  @Override
  public OpenAttempt begin(LedgerEntry.Reserved reserved) {
    return ATTEMPT;
  }

  @Override
  public CompletableFuture<Void> append(LedgerEntry entry) {
    return done();
  }

  @Override
  public CompletableFuture<Map<AccountKey, AccountRecord>> accounts(Collection<AccountKey> keys) {
    return CompletableFuture.completedFuture(Map.of());
  }

  @Override
  public CompletableFuture<List<AccountRecord>> unclosed(AccountKey after, int limit) {
    return CompletableFuture.completedFuture(List.of());
  }

  @Override
  public boolean poisoned() {
    return false;
  }

  @Override
  public void close() {}

  private static final class Attempt implements OpenAttempt {
    @Override
    public CompletableFuture<Void> reservedDurably() {
      return done();
    }

    @Override
    public void hurry() {
      // Everything is durable at once.
    }

    @Override
    public void sent() {}

    @Override
    public CompletableFuture<Void> extend(LedgerEntry.Extended extended) {
      return done();
    }

    @Override
    public CompletableFuture<Void> settle(LedgerEntry.Settled settled) {
      return done();
    }

    @Override
    public CompletableFuture<Void> release(LedgerEntry.Released released) {
      return done();
    }
  }
}
