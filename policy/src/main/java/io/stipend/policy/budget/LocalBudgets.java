package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
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

  /** How often one call is sent on to a later period, or waits for accounts. */
  private static final int MAX_STEPS = 16;

  private final InstantSource clock;
  private final BudgetListener listener;
  private final Periods periods = new Periods();
  private final Book book;
  private final Object lock;
  private final Opening opening;
  private final Loans loans;
  private final Funds funds;
  private final Closer closer;
  private final Map<AttemptId, LocalReservation> open = new ConcurrentHashMap<>();

  /** Ends that are queued and not yet durable; guarded by the lock. */
  private final Map<AttemptId, Returning> returning = new HashMap<>();

  /** Reads accounts from the ledger when they are first used. */
  public LocalBudgets(Ledger ledger, InstantSource clock) {
    this(ledger, clock, BudgetListener.NONE);
  }

  /** The same, telling somebody what happens. */
  public LocalBudgets(Ledger ledger, InstantSource clock, BudgetListener listener) {
    this(ledger, clock, listener, WARM_ACCOUNTS);
  }

  LocalBudgets(Ledger ledger, InstantSource clock, int warmAccounts) {
    this(ledger, clock, BudgetListener.NONE, warmAccounts);
  }

  private LocalBudgets(
      Ledger ledger, InstantSource clock, BudgetListener listener, int warmAccounts) {
    this.listener = listener;
    this.clock = clock;
    this.book = new Book(ledger, warmAccounts);
    this.lock = book.lock;
    this.opening = new Opening(book, periods);
    this.loans = new Loans(book);
    this.funds = new Funds(book, periods, opening, loans);
    this.closer = new Closer(book, funds);
  }

  /** What people do to budgets. */
  public Funds funds() {
    return funds;
  }

  @Override
  public Result reserve(
      AttemptId id, AttemptFacts facts, List<BudgetRule> rules, Estimate estimate, Instant now) {
    List<AccountKey> keys = new ArrayList<>(rules.size());
    List<BudgetRule> distinct = accountsOf(rules, now, keys);
    for (int steps = 0; steps < MAX_STEPS; steps++) {
      List<Share> shares = List.of();
      CompletableFuture<Void> warm;
      synchronized (lock) {
        List<Account> taken = book.accounts.take(keys);
        if (taken == null) {
          warm = book.accounts.load(keys);
        } else {
          List<AccountKey> later;
          try {
            later = Opening.forward(taken, distinct);
          } catch (BudgetException e) {
            taken.forEach(Account::unpin);
            return new Unavailable(e.toString());
          }
          if (later != null) {
            taken.forEach(Account::unpin);
            keys = later;
            continue;
          }
          warm = openAll(taken, distinct, now);
          if (warm == null) {
            shares = shares(taken, distinct, estimate);
            Result refusal = holdAll(shares);
            if (refusal != null) {
              return refusal;
            }
          } else {
            taken.forEach(Account::unpin);
          }
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
    return new Unavailable(Book.EVICTED);
  }

  private @Nullable CompletableFuture<Void> openAll(
      List<Account> accounts, List<BudgetRule> rules, Instant now) {
    for (int i = 0; i < accounts.size(); i++) {
      CompletableFuture<Void> warm = opening.open(accounts.get(i), rules.get(i), now);
      if (warm != null) {
        return warm;
      }
    }
    return null;
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
  private @Nullable Result holdAll(List<Share> shares) {
    boolean held = false;
    try {
      for (Share share : shares) {
        if (share.account.failed()) {
          return new Unavailable("the ledger took no entry for " + share.account.key);
        }
      }
      Shortfall shortfall = shortfall(shares);
      if (shortfall != null) {
        return shortfall;
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

  @Override
  public boolean borrow(AccountKey key, BudgetRule rule, LoanKind kind, long amount, Instant now) {
    if (amount <= 0) {
      return false;
    }
    synchronized (lock) {
      List<Account> taken = book.accounts.take(List.of(key));
      if (taken == null) {
        return false;
      }
      Account account = taken.get(0);
      boolean lends =
          !account.closed()
              && !account.failed()
              && account.begun()
              && Loans.room(account, rule, kind) >= amount;
      if (lends) {
        loans.lend(account, kind, amount, now);
      }
      account.unpin();
      return lends;
    }
  }

  /**
   * Each account once, in the order of the rules.
   *
   * @param keys is filled with the accounts; they are so few that looking through all is fastest
   * @return the rule of each
   */
  private List<BudgetRule> accountsOf(List<BudgetRule> rules, Instant now, List<AccountKey> keys) {
    List<BudgetRule> bound = new ArrayList<>(rules.size());
    for (BudgetRule rule : rules) {
      AccountKey key = periods.account(rule, now);
      if (!keys.contains(key)) {
        keys.add(key);
        bound.add(rule);
      }
    }
    return bound;
  }

  /**
   * The shares that do not fit, the one that has least for its need first, of equals the first of
   * the rules; null if all fit.
   */
  private @Nullable Shortfall shortfall(List<Share> shares) {
    List<Share> scarcest = List.of();
    for (Share share : shares) {
      if (!share.fits()) {
        scarcest = scarcest.isEmpty() ? new ArrayList<>() : scarcest;
        scarcest.add(share);
      }
    }
    Shortfall shortfall = null;
    if (!scarcest.isEmpty()) {
      scarcest.sort(LocalBudgets::scarcer);
      for (int i = scarcest.size() - 1; i >= 0; i--) {
        shortfall = shortfall(scarcest.get(i), shortfall);
      }
    }
    return shortfall;
  }

  /** Which has less for its need comes first. */
  private static int scarcer(Share a, Share b) {
    if (Ratios.less(a.available(), a.need(), b.available(), b.need())) {
      return -1;
    }
    return Ratios.less(b.available(), b.need(), a.available(), a.need()) ? 1 : 0;
  }

  private Shortfall shortfall(Share share, @Nullable Shortfall next) {
    return new Shortfall(
        share.account.key,
        share.rule,
        share.available(),
        share.shortOfExposure(),
        share.lacking(),
        Loans.room(share.account, share.rule, LoanKind.OVERDRAFT),
        Loans.room(share.account, share.rule, LoanKind.FINISH),
        periods.endOf(share.rule.calendar(), share.account.key.period()),
        returns(),
        next);
  }

  /** What is about to come back; whoever is told of it waits, so that it comes soon. */
  private @Nullable CompletableFuture<Void> returns() {
    if (returning.isEmpty()) {
      return null;
    }
    CompletableFuture<?>[] all = new CompletableFuture<?>[returning.size()];
    int i = 0;
    for (Returning one : returning.values()) {
      one.attempt().hurry();
      all[i++] = one.durable();
    }
    return CompletableFuture.allOf(all);
  }

  private Result begin(
      AttemptId id, AttemptFacts facts, List<Share> shares, Estimate estimate, Instant now) {
    List<Posting> holds = new ArrayList<>(shares.size());
    for (Share share : shares) {
      holds.add(share.holdPosting());
    }
    LedgerEntry.Reserved reserved = new LedgerEntry.Reserved(now, id, facts, holds);
    OpenAttempt attempt = null;
    try {
      attempt = book.ledger.begin(reserved);
    } finally {
      if (attempt == null) {
        synchronized (lock) {
          shares.forEach(Share::undo);
        }
      }
    }
    if (attempt == null) {
      return new Unavailable(
          book.ledger.poisoned()
              ? "the ledger failed"
              : "the ledger has no room for another attempt");
    }
    LocalReservation reservation =
        new LocalReservation(
            book,
            loans,
            reserved,
            estimate.hold(),
            shares,
            attempt,
            returning,
            () -> gone(id, shares));
    open.put(id, reservation);
    return new Held(reservation);
  }

  /** The end of an attempt is durable. */
  private void gone(AttemptId id, List<Share> shares) {
    open.remove(id);
    shares.forEach(share -> listener.changed(share.account.key, share.rule));
  }

  @Override
  public void refused(AccountKey account, BudgetRule rule) {
    listener.refused(account, rule);
  }

  /** Reading enters nothing, except that periods which are over are rolled. */
  @Override
  public CompletableFuture<List<AccountBalance>> balances(List<BudgetRule> rules, Instant now) {
    return read(rules, now, (account, rule) -> balance(account, rule, now));
  }

  /** Without the futures of {@link #balances}: every answer tells its balance. */
  @Override
  public @Nullable AccountBalance tightest(List<BudgetRule> rules, Instant now) {
    List<AccountKey> keys = keys(rules, now);
    synchronized (lock) {
      List<Account> taken = book.accounts.take(keys);
      if (taken == null) {
        return null;
      }
      try {
        if (Opening.forward(taken, rules) == null) {
          List<AccountBalance> balances = new ArrayList<>(taken.size());
          for (int i = 0; i < taken.size(); i++) {
            if (opening.roll(taken.get(i), rules.get(i), now) != null) {
              return null;
            }
            balances.add(balance(taken.get(i), rules.get(i), now));
          }
          return AccountBalance.tightest(balances);
        }
      } catch (BudgetException e) {
        return null;
      } finally {
        taken.forEach(Account::unpin);
      }
    }
    return Budgets.super.tightest(rules, now);
  }

  private List<AccountKey> keys(List<BudgetRule> rules, Instant now) {
    List<AccountKey> keys = new ArrayList<>(rules.size());
    for (BudgetRule rule : rules) {
      keys.add(periods.account(rule, now));
    }
    return keys;
  }

  /** What the accounts of these budgets are made of, as {@link #balances} reads them. */
  public CompletableFuture<List<AccountLots>> lots(List<BudgetRule> rules, Instant now) {
    return read(
        rules,
        now,
        (account, rule) ->
            AccountLots.of(account, rule, periods.amount(rule, account.key.period(), now), now));
  }

  private <T> CompletableFuture<List<T>> read(
      List<BudgetRule> rules, Instant now, BiFunction<Account, BudgetRule, T> reading) {
    return read(rules, keys(rules, now), now, reading);
  }

  private <T> CompletableFuture<List<T>> read(
      List<BudgetRule> rules,
      List<AccountKey> keys,
      Instant now,
      BiFunction<Account, BudgetRule, T> reading) {
    return book.whenWarm(
            keys,
            taken -> {
              List<AccountKey> later = Opening.forward(taken, rules);
              if (later != null) {
                return read(rules, later, now, reading);
              }
              List<T> read = new ArrayList<>(taken.size());
              for (int i = 0; i < taken.size(); i++) {
                CompletableFuture<Void> warm = opening.roll(taken.get(i), rules.get(i), now);
                if (warm != null) {
                  return warm.thenCompose(done -> read(rules, keys, now, reading));
                }
                read.add(reading.apply(taken.get(i), rules.get(i)));
              }
              return CompletableFuture.completedFuture(read);
            })
        .thenCompose(Function.identity());
  }

  private static long granted(Account account, AccountTotals totals, long recurring) {
    long given = Math.addExact(totals.granted() - account.recurring(), recurring);
    return Math.subtractExact(Math.addExact(given, totals.lent()), totals.repaid());
  }

  /** What the next use would grant, adjust or end is shown as if it were done. */
  private AccountBalance balance(Account account, BudgetRule rule, Instant now) {
    AccountTotals totals = account.totals();
    Instant end = periods.endOf(rule.calendar(), account.key.period());
    long overdue = 0;
    for (Lots.Left left : account.overdue(now, end)) {
      overdue = Math.addExact(overdue, left.amount());
    }
    return new AccountBalance(
        account.key,
        rule,
        granted(account, totals, periods.amount(rule, account.key.period(), now)),
        totals.carried(),
        totals.received(),
        totals.sent(),
        totals.used(),
        totals.held(),
        Math.addExact(totals.expired(), overdue),
        totals.lent(),
        totals.repaid(),
        end);
  }

  /**
   * Ends every reservation whose exchange is gone: sent ones at the greater of what was expected
   * and what was seen, others at nothing. To be called every few seconds; never ends a reservation
   * of a living exchange, however long it lasts. Rolls accounts of periods that are over, some at a
   * time; those whose budget is gone 26 hours after the end of their period.
   *
   * @param living whether the exchange of this attempt still runs; it must hold from before the
   *     exchange reserves until after it settled or released
   * @param rules of the quota file in force
   * @return how many reservations it ended
   */
  public int sweep(Predicate<AttemptId> living, Rules rules) {
    Instant now = clock.instant();
    closer.step(rules, now);
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
    return look(key, Account::state);
  }

  /** Looks at an account under the lock, once it is in memory. */
  <T> CompletableFuture<T> look(AccountKey key, Function<Account, T> look) {
    return book.whenWarm(List.of(key), taken -> look.apply(taken.get(0)));
  }

  /** How many accounts are in memory. */
  long liveAccounts() {
    synchronized (lock) {
      return book.accounts.size();
    }
  }
}
