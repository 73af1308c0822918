package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * The live accounts of one process with the ledger under them, and the one lock that guards their
 * sums. Entries are queued under the lock, so that they stand in the ledger in the order in which
 * they took effect; queueing does no I/O.
 */
final class Book {
  static final String EVICTED = "accounts are evicted before they can be used";

  /** How often one call loads accounts that are evicted before it comes to use them. */
  static final int MAX_LOADS = 4;

  final Object lock = new Object();
  final Ledger ledger;
  final Accounts accounts;

  Book(Ledger ledger, int warmAccounts) {
    this.ledger = ledger;
    this.accounts = new Accounts(ledger, lock, warmAccounts);
  }

  /**
   * Does something under the lock once these accounts are warm. They are pinned while it is done;
   * what needs them longer pins them again.
   */
  <T> CompletableFuture<T> whenWarm(
      Collection<AccountKey> keys, Function<List<Account>, T> action) {
    return whenWarm(keys, action, MAX_LOADS);
  }

  private <T> CompletableFuture<T> whenWarm(
      Collection<AccountKey> keys, Function<List<Account>, T> action, int loads) {
    CompletableFuture<Void> warm;
    synchronized (lock) {
      List<Account> taken = accounts.take(keys);
      if (taken != null) {
        try {
          return CompletableFuture.completedFuture(action.apply(taken));
        } catch (BudgetException | IllegalArgumentException e) {
          return CompletableFuture.failedFuture(e);
        } finally {
          taken.forEach(Account::unpin);
        }
      }
      if (loads == 0) {
        return CompletableFuture.failedFuture(new IllegalStateException(EVICTED + ": " + keys));
      }
      warm = accounts.load(keys);
    }
    return warm.thenCompose(done -> whenWarm(keys, action, loads - 1));
  }

  /**
   * Queues an entry whose effect stands in these accounts already, under the lock. They are pinned
   * until it is durable. If the ledger refuses it, nothing more is reserved on them.
   *
   * @return completes when it is durable
   */
  CompletableFuture<Void> entered(LedgerEntry entry, Account... accounts) {
    List<Account> touched = List.of(accounts);
    return append(entry, touched, () -> {}, () -> touched.forEach(Account::fail));
  }

  /**
   * Queues an entry under the lock, and lets it take effect, under the lock, when it is durable.
   *
   * @param accounts are pinned until then
   * @return completes when it is durable and in effect
   */
  CompletableFuture<Void> enter(
      LedgerEntry entry, List<Account> accounts, Runnable effect, Runnable undo) {
    accounts.forEach(account -> account.entering(1));
    return append(entry, accounts, () -> arrived(accounts, effect), () -> arrived(accounts, undo));
  }

  private static void arrived(List<Account> accounts, Runnable what) {
    try {
      what.run();
    } catch (RuntimeException e) {
      // The entry stands and its effect does not: only a restart reads what is true.
      accounts.forEach(Account::fail);
      throw e;
    } finally {
      accounts.forEach(account -> account.entering(-1));
    }
  }

  private CompletableFuture<Void> append(
      LedgerEntry entry, List<Account> accounts, Runnable durably, Runnable failed) {
    accounts.forEach(Account::pin);
    CompletableFuture<Void> durable;
    try {
      durable = ledger.append(entry);
    } catch (RuntimeException e) {
      durable = CompletableFuture.failedFuture(e);
    }
    return durable.whenComplete(
        (done, failure) -> {
          synchronized (lock) {
            try {
              (failure == null ? durably : failed).run();
            } finally {
              accounts.forEach(Account::unpin);
            }
          }
        });
  }
}
