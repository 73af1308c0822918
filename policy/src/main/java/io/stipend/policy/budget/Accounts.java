package io.stipend.policy.budget;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountRecord;
import io.stipend.metering.ledger.Ledger;
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
                List<AccountKey> installed = new ArrayList<>(cold);
                cold.forEach(key -> install(key, records.get(key)));
                records.forEach((key, record) -> installBeside(key, record, installed));
                // Also behind those that came unasked: who is closed leads on to one of them.
                installed.forEach(key -> placeBehind(key, records.keySet()));
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

  /** What came along unasked: accounts of the same budgets that are not closed. */
  private void installBeside(AccountKey key, AccountRecord record, List<AccountKey> installed) {
    if (get(key) == null && !loading.containsKey(key)) {
      install(key, record);
      installed.add(key);
    }
  }

  private void placeBehind(AccountKey key, Collection<AccountKey> found) {
    Account account = get(key);
    List<AccountKey> behind = new ArrayList<>(0);
    for (AccountKey other : found) {
      boolean same = other.budget().equals(key.budget()) && other.unit().equals(key.unit());
      if (same && !other.equals(key)) {
        behind.add(other);
      }
    }
    if (account != null && !behind.isEmpty()) {
      account.behind(behind);
    }
  }

  /** Takes over a pin. */
  private void arrive(Account account) {
    arrivals.add(account);
    if (arrivals.size() > mostArrivals) {
      arrivals.remove().unpin();
    }
  }

  /** How many are warm. */
  long size() {
    return cache.estimatedSize() + rescued.size();
  }
}
