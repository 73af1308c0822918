package io.stipend.policy.budget;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountRecord;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The accounts in memory: a bounded cache over the ledger. Every method is called under the lock of
 * {@link LocalBudgets}, and the cache does its housekeeping on the thread that calls, so all that
 * happens here happens under that lock.
 *
 * <p>An account is <em>warm</em> while it is here. It comes in one way only, out of the ledger, and
 * changes only while it is warm and pinned: from before an entry is queued until the entry is
 * durable and applied. So whatever is evicted stands in the ledger, and loading it again finds the
 * very sums; no entry can be on its way while an account is loading.
 *
 * <p>The cache evicts by its own judgment. What it evicts while pinned is kept beside it, and goes
 * back at its last unpin.
 */
final class Accounts {
  private static final String GATEWAY = "stipend";

  /**
   * Accounts that came in last stay pinned, so that who waits for several finds them all together,
   * whatever the cache thinks of newcomers.
   */
  private static final int ARRIVALS = 1_024;

  private final Ledger ledger;
  private final Object lock;
  private final Cache<AccountKey, Account> cache;
  private final int mostArrivals;

  private final Consumer<Account> atRest = this::returnToCache;

  /** Pinned accounts that the cache evicted. */
  private final Map<AccountKey, Account> rescued = new HashMap<>();

  private final Map<AccountKey, CompletableFuture<Void>> loading = new HashMap<>();
  private final Queue<Account> arrivals = new ArrayDeque<>();

  /**
   * @param lock what guards the accounts
   * @param warm how many unpinned ones are kept
   */
  Accounts(Ledger ledger, Object lock, int warm) {
    this.ledger = ledger;
    this.lock = lock;
    this.mostArrivals = Math.min(ARRIVALS, warm);
    this.cache =
        Caffeine.newBuilder()
            .maximumSize(warm)
            .executor(Runnable::run)
            .evictionListener(this::evicted)
            .build();
  }

  private void evicted(@Nullable AccountKey key, @Nullable Account account, RemovalCause cause) {
    if (key != null && account != null && account.pinned()) {
      rescued.put(key, account);
    }
  }

  /** Nobody pins the account any more. */
  private void returnToCache(Account account) {
    if (!rescued.isEmpty() && rescued.remove(account.key) != null) {
      cache.put(account.key, account);
    }
  }

  /** The accounts of these keys, in their order, each pinned; null if one is cold. */
  @Nullable List<Account> take(Collection<AccountKey> keys) {
    List<Account> taken = new ArrayList<>(keys.size());
    for (AccountKey key : keys) {
      Account account = get(key);
      if (account == null) {
        taken.forEach(Account::unpin);
        return null;
      }
      account.pin();
      taken.add(account);
    }
    return taken;
  }

  private @Nullable Account get(AccountKey key) {
    Account account = cache.getIfPresent(key);
    return account != null || rescued.isEmpty() ? account : rescued.get(key);
  }

  /**
   * Loads those that are cold, each once however many ask for it meanwhile.
   *
   * @return completes, not under the lock, when all have come: they are then among the last
   *     arrivals, and stay warm until many others have come; fails if one cannot be loaded, and the
   *     next call asks for it again
   */
  CompletableFuture<Void> load(Collection<AccountKey> keys) {
    Set<CompletableFuture<Void>> awaited = new LinkedHashSet<>();
    Set<AccountKey> cold = new LinkedHashSet<>();
    for (AccountKey key : keys) {
      Account account = get(key);
      if (account != null) {
        account.pin();
        arrive(account);
      } else if (loading.containsKey(key)) {
        awaited.add(loading.get(key));
      } else {
        cold.add(key);
      }
    }
    if (!cold.isEmpty()) {
      awaited.add(ask(List.copyOf(cold)));
    }
    return CompletableFuture.allOf(awaited.toArray(CompletableFuture[]::new));
  }

  private CompletableFuture<Void> ask(List<AccountKey> cold) {
    CompletableFuture<Void> loaded = new CompletableFuture<>();
    CompletableFuture<Map<AccountKey, AccountRecord>> asked = ledger.accounts(cold);
    cold.forEach(key -> loading.put(key, loaded));
    asked.whenComplete(
        (records, failure) -> {
          Throwable problem = failure;
          synchronized (lock) {
            cold.forEach(loading::remove);
            try {
              if (problem == null) {
                cold.forEach(key -> install(key, records.get(key)));
              }
            } catch (RuntimeException e) {
              problem = e;
            }
          }
          if (problem == null) {
            loaded.complete(null);
          } else {
            loaded.completeExceptionally(problem);
          }
        });
    return loaded;
  }

  private void install(AccountKey key, @Nullable AccountRecord record) {
    Account account = new Account(key, atRest);
    if (record != null) {
      account.load(record);
    }
    account.pin();
    cache.put(key, account);
    arrive(account);
  }

  /** Takes over a pin. */
  private void arrive(Account account) {
    arrivals.add(account);
    if (arrivals.size() > mostArrivals) {
      arrivals.remove().unpin();
    }
  }

  /**
   * Enters the grants that the rule asks for and the account, which is pinned, does not have. These
   * take effect at once; their entries are queued here, under the lock, so that no reservation
   * precedes them in the ledger. Queueing does no I/O.
   */
  void enterGrants(Account account, BudgetRule rule, Instant now) {
    long amount = rule.amount(now);
    AccountKey key = account.key;
    if (!account.begun()) {
      enter(account, "recurring:" + key, amount, GrantKind.RECURRING, "", now);
    } else if (account.recurring() != amount) {
      int sequence = account.adjustments() + 1;
      enter(
          account,
          "adjustment:" + key + ":" + sequence + ":" + amount,
          Math.subtractExact(amount, account.recurring()),
          GrantKind.ADJUSTMENT,
          "the quota file says " + rule.unit().format(amount) + " " + rule.unit().name(),
          now);
    }
  }

  private void enter(
      Account account, String id, long amount, GrantKind kind, String reason, Instant now) {
    account.grant(kind, amount);
    account.pin();
    ledger
        .append(new LedgerEntry.Granted(now, id, account.key, amount, kind, reason, GATEWAY, null))
        .whenComplete(
            (done, failure) -> {
              synchronized (lock) {
                if (failure != null) {
                  account.withdraw(kind, amount);
                }
                account.unpin();
              }
            });
  }

  /** How many are warm. */
  long size() {
    return cache.estimatedSize() + rescued.size();
  }
}
