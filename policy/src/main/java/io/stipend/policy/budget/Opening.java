package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.LedgerEntry.Expired;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import io.stipend.metering.ledger.LedgerEntry.Granted;
import io.stipend.metering.ledger.LedgerEntry.Rolled;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What is due on an account before it can be judged: the grant of its period, the rolls of earlier
 * periods, the ends of lots. All of it takes effect at once, its entries are queued before whatever
 * depends on it, and doing it twice is doing it once. Every method is called under the lock.
 */
final class Opening {
  private static final String GATEWAY = "stipend";

  /** Idle periods between two that were used, at most; what is older is rolled at once. */
  private static final int MAX_IDLE = 400;

  /** Idle periods after one that owes, at most: a rule may lend many times what it grants. */
  private static final int MAX_REPAYING = 24;

  private final Book book;
  private final Periods periods;

  Opening(Book book, Periods periods) {
    this.book = book;
    this.periods = periods;
  }

  /**
   * Does what is due.
   *
   * @param account pinned
   * @return null if it is done; else completes when accounts that it needs are loaded, and it is to
   *     be asked for again
   */
  @Nullable CompletableFuture<Void> open(Account account, BudgetRule rule, Instant instant) {
    // As the ledger keeps it: who burns first must not change with a restart.
    Instant now = instant.truncatedTo(ChronoUnit.MILLIS);
    CompletableFuture<Void> warm = roll(account, rule, now);
    if (warm != null) {
      return warm;
    }
    grant(account, rule, periods.amount(rule, account.key.period(), now), now);
    expire(account, rule, now);
    return null;
  }

  /**
   * Only the rolls of earlier periods, as far as they can be done.
   *
   * @return as {@link #open}
   */
  @Nullable CompletableFuture<Void> roll(Account account, BudgetRule rule, Instant now) {
    return account.behind().isEmpty()
        ? null
        : catchUp(account, rule, now.truncatedTo(ChronoUnit.MILLIS));
  }

  /**
   * Where these budgets go on: the accounts of later periods for those that are closed, as they are
   * where a clock went back, or a call that began before midnight reserves after it.
   *
   * @return null if none is closed
   * @throws BudgetException if one is closed whose budget has no next period
   */
  static @Nullable List<AccountKey> forward(List<Account> accounts, List<BudgetRule> rules) {
    List<AccountKey> keys = null;
    for (int i = 0; i < accounts.size(); i++) {
      Account account = accounts.get(i);
      if (account.closed()) {
        keys = keys == null ? new ArrayList<>(accounts.stream().map(a -> a.key).toList()) : keys;
        AccountKey key = account.key;
        String next = rules.get(i).calendar().next(key.period());
        if (next == null) {
          // Whoever asked again for the same one would ask for ever.
          throw new BudgetException(
              "account " + key + " is closed (expected: open, as it has no next period)");
        }
        keys.set(i, new AccountKey(key.budget(), next, key.unit()));
      }
    }
    return keys;
  }

  /** The recurring grant, and what an edit of the quota file made of it. */
  private void grant(Account account, BudgetRule rule, long amount, Instant now) {
    AccountKey key = account.key;
    if (!account.begun()) {
      enter(account, "recurring:" + key, amount, GrantKind.RECURRING, "", rule, now);
    } else if (account.recurring() != amount) {
      int sequence = account.adjustments() + 1;
      enter(
          account,
          "adjustment:" + key + ":" + sequence + ":" + amount,
          Math.subtractExact(amount, account.recurring()),
          GrantKind.ADJUSTMENT,
          "the quota file says " + rule.unit().format(amount) + " " + rule.unit().name(),
          rule,
          now);
    }
  }

  private void enter(
      Account account,
      String id,
      long amount,
      GrantKind kind,
      String reason,
      BudgetRule rule,
      Instant now) {
    account.grant(kind, amount, rule.priority(), now);
    book.entered(
        new Granted(now, id, account.key, amount, kind, reason, GATEWAY, null, rule.priority()),
        account);
  }

  private void expire(Account account, BudgetRule rule, Instant now) {
    if (!account.lotsEnd(now)) {
      return;
    }
    Instant end = periods.endOf(rule.calendar(), account.key.period());
    for (Lots.Left left : account.overdue(now, end)) {
      String lot = left.lot().id();
      String id = "expired:" + account.key + ":" + lot + ":" + account.nextExpired();
      account.expire(lot, left.amount(), now);
      book.entered(new Expired(now, id, account.key, lot, left.amount()), account);
    }
  }

  /** Rolls what can be rolled of the accounts that lie behind this one. */
  private @Nullable CompletableFuture<Void> catchUp(Account account, BudgetRule rule, Instant now) {
    Instant start = rule.calendar().startOf(account.key.period());
    List<AccountKey> ended = new ArrayList<>();
    for (AccountKey key : account.behind()) {
      Instant end =
          rule.calendar().names(key.period()) ? rule.calendar().endOf(key.period()) : null;
      if (end != null && start != null && !end.isAfter(start) && !end.isAfter(now)) {
        ended.add(key);
      }
    }
    ended.sort(Comparator.comparing(key -> rule.calendar().startOf(key.period())));
    List<AccountKey> chain = chain(ended, account.key, rule, rule.carryOver().idlePeriods());
    List<Account> taken = book.accounts.take(chain);
    long owed = taken == null ? 0 : taken.stream().mapToLong(Opening::mayOwe).max().orElse(0);
    if (taken != null && owed > 0) {
      taken.forEach(Account::unpin);
      chain = repaying(chain, account.key, rule, owed);
      taken = book.accounts.take(chain);
    }
    if (taken == null) {
      return book.accounts.load(chain);
    }
    try {
      rollAll(taken, ended, account, rule, now);
    } finally {
      taken.forEach(Account::unpin);
    }
    return null;
  }

  private static long mayOwe(Account account) {
    return Math.addExact(account.lent(), account.repaid());
  }

  /**
   * With the idle periods after each account whose grants repay what it may owe, as the grants of
   * others do.
   */
  private static List<AccountKey> repaying(
      List<AccountKey> chain, AccountKey current, BudgetRule rule, long owed) {
    long periods = Math.min(MAX_REPAYING, owed / Math.max(1, rule.amount()) + 1);
    Instant end = rule.calendar().startOf(current.period());
    Set<AccountKey> all = new LinkedHashSet<>(chain);
    for (AccountKey key : chain) {
      String period = rule.calendar().next(key.period());
      for (int i = 0; i < periods && period != null; i++) {
        Instant start = rule.calendar().startOf(period);
        if (start == null || end == null || !start.isBefore(end)) {
          break;
        }
        all.add(new AccountKey(current.budget(), period, current.unit()));
        period = rule.calendar().next(period);
      }
    }
    List<AccountKey> sorted = new ArrayList<>(all);
    sorted.sort(Comparator.comparing(key -> rule.calendar().startOf(key.period())));
    return sorted;
  }

  private void rollAll(
      List<Account> chain, List<AccountKey> ended, Account current, BudgetRule rule, Instant now) {
    List<AccountKey> waiting = new ArrayList<>();
    for (int i = 0; i < chain.size(); i++) {
      Account from = chain.get(i);
      if (from.closed()) {
        continue;
      }
      if (!from.quiet() || from.failed()) {
        waiting.add(from.key);
        continue;
      }
      if (!from.begun() || !ended.contains(from.key)) {
        grant(from, rule, periods.amount(rule, from.key.period(), now), now);
      }
      Account to = current;
      for (Account later : chain.subList(i + 1, chain.size())) {
        if (!later.closed()) {
          to = later;
          break;
        }
      }
      roll(from, to, rule, now);
    }
    current.behind(waiting);
  }

  private void roll(Account from, Account to, BudgetRule rule, Instant now) {
    Rolled rolled =
        Closing.roll(
            now, rule, from.key, to.key, from.lots(), from.burnt(), from.lent(), from.repaid());
    from.rollOut(rolled);
    to.rollIn(rolled);
    book.entered(rolled, from, to);
  }

  /**
   * Ends an account whose budget is gone, unless something is open on it.
   *
   * @param end of its period
   */
  void end(Account account, Instant end, Instant now) {
    if (!account.closed() && account.quiet() && !account.failed()) {
      Rolled rolled =
          Closing.end(
              now.truncatedTo(ChronoUnit.MILLIS),
              account.key,
              end,
              account.lots(),
              account.burnt(),
              account.lent());
      account.rollOut(rolled);
      book.entered(rolled, account);
    }
  }

  /**
   * The accounts from the oldest that ended to the one before the current, without it, and idle
   * ones between them.
   *
   * @param idlePeriods how far back those belong to it: as far as anything can be carried
   */
  private static List<AccountKey> chain(
      List<AccountKey> ended, AccountKey current, BudgetRule rule, int idlePeriods) {
    if (ended.isEmpty() || idlePeriods == 0) {
      return ended;
    }
    int far = Math.min(MAX_IDLE, idlePeriods);
    List<AccountKey> idle = new ArrayList<>();
    String period = rule.calendar().previous(current.period());
    for (int i = 0; i < far && period != null; i++) {
      AccountKey key = new AccountKey(current.budget(), period, current.unit());
      if (key.equals(ended.get(0))) {
        break;
      }
      if (!ended.contains(key)) {
        idle.add(key);
      }
      period = rule.calendar().previous(period);
    }
    Instant oldest = rule.calendar().startOf(ended.get(0).period());
    List<AccountKey> chain = new ArrayList<>(ended);
    for (AccountKey key : idle) {
      Instant start = rule.calendar().startOf(key.period());
      if (oldest != null && start != null && start.isAfter(oldest)) {
        chain.add(key);
      }
    }
    chain.sort(Comparator.comparing(key -> rule.calendar().startOf(key.period())));
    return chain;
  }
}
