package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import java.math.BigInteger;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The budgets of one gateway process over its own ledger.
 *
 * <p>One lock guards all sums. It is held for arithmetic over the few accounts of one attempt and,
 * at the first use of an account, for queueing its grant; never over I/O. All accounts of an
 * attempt are judged and held in one hold of the lock, so nothing is ever refused because another
 * attempt held for a moment what it then gave back. The one exception is a ledger that takes
 * nothing: an attempt that it refuses has held its estimate for as long as the asking took.
 *
 * <p>What a settled attempt cost counts at once; what it did not use returns when its settle is
 * durable. If the ledger fails, holds stay: nothing more is admitted on them.
 *
 * <p>Accounts are in memory while they are in use, see {@link Accounts}. Everything that changes an
 * account waits until it is loaded; nothing waits under the lock or blocks.
 */
public final class LocalBudgets implements Budgets {
  /** The outcome of a reservation whose exchange is gone, as the ledger writes it. */
  public static final String ABANDONED = "abandoned";

  /** How many accounts are kept in memory, besides those that are pinned. */
  static final int WARM_ACCOUNTS = 200_000;

  private static final String EVICTED = "accounts are evicted before they can be used";

  /** How often one call loads accounts that are evicted before it comes to use them. */
  private static final int MAX_LOADS = 4;

  private final Ledger ledger;
  private final InstantSource clock;
  private final Periods periods = new Periods();
  private final Object lock = new Object();
  private final Accounts accounts;
  private final Map<AttemptId, LocalReservation> open = new ConcurrentHashMap<>();

  /** Ends that are queued and not yet durable; guarded by the lock. */
  private final Map<AttemptId, CompletableFuture<Void>> returning = new HashMap<>();

  /** Reads accounts from the ledger when they are first used. */
  public LocalBudgets(Ledger ledger, InstantSource clock) {
    this(ledger, clock, WARM_ACCOUNTS);
  }

  LocalBudgets(Ledger ledger, InstantSource clock, int warmAccounts) {
    this.ledger = ledger;
    this.clock = clock;
    this.accounts = new Accounts(ledger, lock, warmAccounts);
  }

  @Override
  public Result reserve(
      AttemptId id, AttemptFacts facts, List<BudgetRule> rules, Estimate estimate, Instant now) {
    Map<AccountKey, BudgetRule> bound = accountsOf(rules, now);
    for (int loads = 0; loads <= MAX_LOADS; loads++) {
      List<Share> shares;
      CompletableFuture<Void> warm;
      synchronized (lock) {
        List<Account> taken = accounts.take(bound.keySet());
        if (taken != null) {
          shares = shares(taken, bound.values(), estimate);
          Result refusal = holdAll(shares, now);
          if (refusal != null) {
            return refusal;
          }
          warm = null;
        } else {
          shares = List.of();
          warm = accounts.load(bound.keySet());
        }
      }
      if (warm == null) {
        return begin(id, facts, shares, estimate, now);
      }
      if (warm.isCompletedExceptionally()) {
        return new Unavailable("the ledger cannot be read");
      }
      if (!warm.isDone()) {
        return new Cold(warm);
      }
    }
    return new Unavailable(EVICTED);
  }

  private static List<Share> shares(
      List<Account> accounts, Collection<BudgetRule> rules, Estimate estimate) {
    List<Share> shares = new ArrayList<>(accounts.size());
    for (BudgetRule rule : rules) {
      shares.add(new Share(accounts.get(shares.size()), rule, estimate));
    }
    return shares;
  }

  /** Holds on every account, or on none and says why. */
  private @Nullable Result holdAll(List<Share> shares, Instant now) {
    boolean held = false;
    try {
      for (Share share : shares) {
        accounts.enterGrants(share.account, share.rule, now);
        if (share.account.recurring() != share.rule.amount(now)) {
          return new Unavailable("the ledger took no grant for " + share.account.key);
        }
      }
      Share tightest = tightest(shares);
      if (tightest != null) {
        return shortfall(tightest, now);
      }
      shares.forEach(Share::begin);
      held = true;
      return null;
    } finally {
      if (!held) {
        shares.forEach(Share::drop);
      }
    }
  }

  /**
   * Does something under the lock once these accounts are warm. They are pinned while it is done;
   * what needs them longer pins them again.
   */
  private <T> CompletableFuture<T> whenWarm(
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

  /** Each account once, in the order of the rules. */
  private Map<AccountKey, BudgetRule> accountsOf(List<BudgetRule> rules, Instant now) {
    Map<AccountKey, BudgetRule> bound = new LinkedHashMap<>();
    for (BudgetRule rule : rules) {
      bound.putIfAbsent(periods.account(rule, now), rule);
    }
    return bound;
  }

  /** The share that does not fit and has least for its need, the first of equals; null if none. */
  private static @Nullable Share tightest(List<Share> shares) {
    Share tightest = null;
    for (Share share : shares) {
      if (!share.fits() && (tightest == null || scarcer(share, tightest))) {
        tightest = share;
      }
    }
    return tightest;
  }

  /** Whether a has less for its need than b; the products of two longs need more than a long. */
  private static boolean scarcer(Share a, Share b) {
    BigInteger left = BigInteger.valueOf(a.available()).multiply(BigInteger.valueOf(b.need()));
    BigInteger right = BigInteger.valueOf(b.available()).multiply(BigInteger.valueOf(a.need()));
    return left.compareTo(right) < 0;
  }

  private Shortfall shortfall(Share share, Instant now) {
    return new Shortfall(
        share.rule,
        share.available(),
        share.shortOfExposure(),
        periods.resetsAt(share.rule, now),
        returning.isEmpty()
            ? null
            : CompletableFuture.allOf(returning.values().toArray(CompletableFuture[]::new)));
  }

  private Result begin(
      AttemptId id, AttemptFacts facts, List<Share> shares, Estimate estimate, Instant now) {
    List<Posting> holds = shares.stream().map(Share::holdPosting).toList();
    LedgerEntry.Reserved reserved = new LedgerEntry.Reserved(now, id, facts, holds);
    OpenAttempt attempt = null;
    try {
      attempt = ledger.begin(reserved);
    } finally {
      if (attempt == null) {
        synchronized (lock) {
          shares.forEach(Share::undo);
        }
      }
    }
    if (attempt == null) {
      return new Unavailable(
          ledger.poisoned() ? "the ledger failed" : "the ledger has no room for another attempt");
    }
    LocalReservation reservation =
        new LocalReservation(
            lock, reserved, estimate.hold(), shares, attempt, returning, () -> open.remove(id));
    open.put(id, reservation);
    return new Held(reservation);
  }

  @Override
  public CompletableFuture<List<AccountBalance>> balances(List<BudgetRule> rules, Instant now) {
    List<AccountKey> keys = rules.stream().map(rule -> periods.account(rule, now)).toList();
    return whenWarm(
        keys,
        taken -> {
          List<AccountBalance> balances = new ArrayList<>(taken.size());
          for (int i = 0; i < taken.size(); i++) {
            balances.add(balance(taken.get(i), rules.get(i), now));
          }
          return balances;
        });
  }

  /** Reading enters nothing: what the rule would grant or adjust at the next use is added here. */
  private AccountBalance balance(Account account, BudgetRule rule, Instant now) {
    return new AccountBalance(
        account.key,
        rule,
        Math.addExact(account.granted() - account.recurring(), rule.amount(now)),
        0,
        0,
        0,
        account.used(),
        account.held(),
        0,
        periods.resetsAt(rule, now));
  }

  /**
   * Enters a one-off grant on the current account of a budget.
   *
   * @param amount in the rule's unit, more than zero
   * @param expiresAt when the unused part ends; null means with the account's period, which is the
   *     only expiry that is built yet
   * @return completes when durable, and the grant is in effect
   * @throws IllegalArgumentException if the amount or the expiry is refused
   */
  public CompletableFuture<Void> grant(
      BudgetRule rule,
      long amount,
      String reason,
      String by,
      @Nullable Instant expiresAt,
      Instant now) {
    if (amount <= 0) {
      throw new IllegalArgumentException("grant: " + amount + " (expected: > 0)");
    }
    Instant end = periods.resetsAt(rule, now);
    if (expiresAt != null && !expiresAt.equals(end)) {
      throw new IllegalArgumentException(
          "expiry: "
              + expiresAt
              + " (expected: the end of the period"
              + (end == null ? ", which never ends" : ", " + end)
              + "; another expiry is not built yet)");
    }
    AccountKey key = periods.account(rule, now);
    return whenWarm(
            List.of(key),
            taken -> {
              Account account = taken.get(0);
              accounts.enterGrants(account, rule, now);
              account.pin();
              return account;
            })
        .thenCompose(account -> enter(account, amount, reason, by, expiresAt, now));
  }

  private CompletableFuture<Void> enter(
      Account account,
      long amount,
      String reason,
      String by,
      @Nullable Instant expiresAt,
      Instant now) {
    int number;
    synchronized (lock) {
      number = account.nextOneOff();
    }
    String id = "one-off:" + account.key + ":" + now + ":" + number;
    return whenDurable(
        new LedgerEntry.Granted(
            now, id, account.key, amount, LedgerEntry.GrantKind.ONE_OFF, reason, by, expiresAt),
        List.of(account),
        () -> account.grant(LedgerEntry.GrantKind.ONE_OFF, amount));
  }

  /**
   * Enters a correction of a settled attempt.
   *
   * @return completes when durable, and its postings are in effect
   */
  public CompletableFuture<Void> correct(LedgerEntry.Corrected corrected) {
    List<AccountKey> keys = corrected.postings().stream().map(Posting::account).toList();
    return whenWarm(
            keys,
            taken -> {
              taken.forEach(Account::pin);
              return taken;
            })
        .thenCompose(
            mended ->
                whenDurable(
                    corrected,
                    mended,
                    () -> {
                      for (int i = 0; i < mended.size(); i++) {
                        mended.get(i).use(corrected.postings().get(i).amount());
                      }
                    }));
  }

  /** Appends an entry; applies it under the lock when it is durable. The accounts are pinned. */
  private CompletableFuture<Void> whenDurable(
      LedgerEntry entry, List<Account> pinned, Runnable apply) {
    CompletableFuture<Void> durable;
    try {
      durable = ledger.append(entry);
    } catch (RuntimeException e) {
      durable = CompletableFuture.failedFuture(e);
    }
    return durable.whenComplete(
        (done, failure) -> {
          synchronized (lock) {
            if (failure == null) {
              apply.run();
            }
            pinned.forEach(Account::unpin);
          }
        });
  }

  /**
   * Ends every reservation whose exchange is gone: sent ones at the greater of what was expected
   * and what was seen, others at nothing. To be called every few seconds; never ends a reservation
   * of a living exchange, however long it lasts.
   *
   * @param living whether the exchange of this attempt still runs; it must hold from before the
   *     exchange reserves until after it settled or released
   * @return how many reservations it ended
   */
  public int sweep(Predicate<AttemptId> living) {
    Instant now = clock.instant();
    int ended = 0;
    for (Map.Entry<AttemptId, LocalReservation> entry : open.entrySet()) {
      if (!living.test(entry.getKey()) && entry.getValue().abandon(ABANDONED, now)) {
        ended++;
      }
    }
    return ended;
  }

  /** How many reservations are open, or ended and not yet durably so. */
  public int openReservations() {
    return open.size();
  }

  /** The sums of an account, for the invariants. */
  CompletableFuture<Account.State> state(AccountKey key) {
    return whenWarm(List.of(key), taken -> taken.get(0).state());
  }

  /** How many accounts are in memory. */
  long liveAccounts() {
    synchronized (lock) {
      return accounts.size();
    }
  }
}
