package io.stipend.policy.simulation;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountRecord;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.KeyRecord;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.OpenAttempt;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Stands between the budgets and the real ledger and writes down what is handed over, in its order,
 * and what was acknowledged. It also knows whether anything is under way: an answer counts as given
 * when everything that hangs on it has run.
 */
final class Recorder implements Ledger {
  private final Ledger ledger;
  private final Runnable changed;
  private final List<Event> events = new ArrayList<>();
  private int underWay;

  /** An entry was handed over, or acknowledged. */
  record Event(Recorded of, boolean durable) {}

  /** An entry that was handed to the ledger. */
  static final class Recorded {
    final LedgerEntry entry;
    volatile boolean durable;
    volatile Throwable failure;

    Recorded(LedgerEntry entry) {
      this.entry = entry;
    }

    @Override
    public String toString() {
      return entry + (durable ? " (durable)" : "");
    }
  }

  /**
   * @param changed is run whenever something is answered
   */
  Recorder(Ledger ledger, Runnable changed) {
    this.ledger = ledger;
    this.changed = changed;
  }

  /** What happened since so many events, in order. */
  synchronized List<Event> from(int first) {
    return List.copyOf(events.subList(first, events.size()));
  }

  private synchronized void ended(Recorded one, Throwable failure) {
    one.failure = failure;
    one.durable = failure == null;
    if (one.durable) {
      events.add(new Event(one, true));
    }
  }

  /** Whether nothing waits for the ledger. */
  synchronized boolean idle() {
    return underWay == 0;
  }

  private void answered() {
    synchronized (this) {
      underWay--;
    }
    changed.run();
  }

  private <T> CompletableFuture<T> watched(Supplier<CompletableFuture<T>> question) {
    CompletableFuture<T> mine = new CompletableFuture<>();
    synchronized (this) {
      underWay++;
    }
    question
        .get()
        .whenComplete(
            (value, failure) -> {
              if (failure == null) {
                mine.complete(value);
              } else {
                mine.completeExceptionally(failure);
              }
              answered();
            });
    return mine;
  }

  /** Recorded and queued in one, so that both have the same order; null where it is not taken. */
  private CompletableFuture<Void> entered(
      LedgerEntry entry, Supplier<CompletableFuture<Void>> queue) {
    CompletableFuture<Void> mine = new CompletableFuture<>();
    CompletableFuture<Void> real;
    Recorded one = new Recorded(entry);
    synchronized (this) {
      CompletableFuture<Void> queued = queue.get();
      if (queued == null) {
        return null;
      }
      events.add(new Event(one, false));
      underWay++;
      // Asked for here: an entry that comes after this one must not be heard of before it.
      real = queued.whenComplete((done, failure) -> ended(one, failure));
    }
    real.whenComplete(
        (done, failure) -> {
          if (failure == null) {
            mine.complete(null);
          } else {
            mine.completeExceptionally(failure);
          }
          answered();
        });
    return mine;
  }

  @Override
  public List<KeyRecord> keys() {
    return ledger.keys();
  }

  @Override
  public OpenAttempt begin(LedgerEntry.Reserved reserved) {
    OpenAttempt[] begun = new OpenAttempt[1];
    CompletableFuture<Void> durable =
        entered(
            reserved,
            () -> {
              begun[0] = ledger.begin(reserved);
              return begun[0] == null ? null : begun[0].reservedDurably();
            });
    return durable == null ? null : new Attempt(begun[0], durable);
  }

  @Override
  public CompletableFuture<Void> append(LedgerEntry entry) {
    return entered(entry, () -> ledger.append(entry));
  }

  @Override
  public CompletableFuture<Map<AccountKey, AccountRecord>> accounts(Collection<AccountKey> keys) {
    return watched(() -> ledger.accounts(keys));
  }

  @Override
  public CompletableFuture<List<AccountRecord>> unclosed(AccountKey after, int limit) {
    return watched(() -> ledger.unclosed(after, limit));
  }

  @Override
  public boolean poisoned() {
    return ledger.poisoned();
  }

  @Override
  public void close() {
    ledger.close();
  }

  /** Which attempts' entries these are. */
  static AttemptId attempt(LedgerEntry entry) {
    if (entry instanceof LedgerEntry.Reserved e) {
      return e.id();
    } else if (entry instanceof LedgerEntry.Extended e) {
      return e.id();
    } else if (entry instanceof LedgerEntry.Settled e) {
      return e.id();
    }
    return entry instanceof LedgerEntry.Released e ? e.id() : null;
  }

  private final class Attempt implements OpenAttempt {
    private final OpenAttempt real;
    private final CompletableFuture<Void> durable;

    Attempt(OpenAttempt real, CompletableFuture<Void> durable) {
      this.real = real;
      this.durable = durable;
    }

    @Override
    public CompletableFuture<Void> reservedDurably() {
      return durable;
    }

    @Override
    public void hurry() {
      real.hurry();
    }

    @Override
    public void sent() {
      real.sent();
    }

    @Override
    public CompletableFuture<Void> extend(LedgerEntry.Extended extended) {
      return entered(extended, () -> real.extend(extended));
    }

    @Override
    public CompletableFuture<Void> settle(LedgerEntry.Settled settled) {
      return entered(settled, () -> real.settle(settled));
    }

    @Override
    public CompletableFuture<Void> release(LedgerEntry.Released released) {
      return entered(released, () -> real.release(released));
    }
  }
}
