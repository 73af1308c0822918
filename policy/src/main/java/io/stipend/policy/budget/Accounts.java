package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The live accounts: loaded from the ledger's sums, opened at their first use, dropped when their
 * period is over and too many are in memory. Every method is called under the lock of {@link
 * LocalBudgets}, except {@link #dropCold}, which takes it once for each account.
 *
 * <p>A dropped account cannot be told from one that was never used. So that a clock that goes back
 * cannot spend a period twice, no account is opened in a period that ended before one that was
 * dropped: its budget is unavailable until a restart.
 */
final class Accounts {
  private static final String GATEWAY = "stipend";

  private final Ledger ledger;
  private final Object lock;
  private final int warm;
  private final Map<AccountKey, Account> live = new ConcurrentHashMap<>();
  private Instant horizon = Instant.MIN;

  /**
   * @param lock what guards the accounts
   * @param warm how many are kept, whether their period is over or not
   */
  Accounts(Ledger ledger, Object lock, int warm) {
    this.ledger = ledger;
    this.lock = lock;
    this.warm = warm;
    ledger
        .totals()
        .forEach((key, sums) -> bare(key).load(sums.granted(), sums.used(), sums.held()));
    for (LedgerEntry.Granted grant : ledger.grants()) {
      Account account = live.get(grant.account());
      if (account == null) {
        throw new IllegalStateException(
            "grant " + grant.id() + ": account " + grant.account() + " (expected: in the totals)");
      }
      account.remember(grant.kind(), grant.amount());
    }
  }

  /** The account, if it is live. */
  @Nullable Account get(AccountKey key) {
    return live.get(key);
  }

  /** Whether the account may have been dropped, so that its sums are not known. */
  boolean forgotten(AccountKey key) {
    if (live.containsKey(key)) {
      return false;
    }
    Instant over = Periods.overEverywhere(key.period());
    return over != null && !over.isAfter(horizon);
  }

  /** The account, without any grant if it is new. */
  Account bare(AccountKey key) {
    return live.computeIfAbsent(key, Account::new);
  }

  /**
   * The account of a rule, with the grants that the rule asks for. These take effect at once; their
   * entries are queued here, under the lock, so that no reservation precedes them in the ledger.
   * Queueing does no I/O.
   */
  Account open(AccountKey key, BudgetRule rule, Instant now) {
    Account account = bare(key);
    if (!account.begun()) {
      enter(account, "recurring:" + key, rule.amount(), GrantKind.RECURRING, "", now);
    } else if (account.recurring() != rule.amount()) {
      int sequence = account.adjustments() + 1;
      enter(
          account,
          "adjustment:" + key + ":" + sequence + ":" + rule.amount(),
          Math.subtractExact(rule.amount(), account.recurring()),
          GrantKind.ADJUSTMENT,
          "the quota file says " + rule.unit().format(rule.amount()) + " " + rule.unit().name(),
          now);
    }
    return account;
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
                account.unpin();
                if (failure != null) {
                  account.withdraw(kind, amount);
                }
              }
            });
  }

  /** Drops accounts whose period is over, oldest first, until no more than wanted are left. */
  void dropCold(Instant now) {
    int excess = live.size() - warm;
    if (excess <= 0) {
      return;
    }
    TreeMap<Instant, List<Account>> over = new TreeMap<>();
    for (Account account : live.values()) {
      Instant end = Periods.overEverywhere(account.key.period());
      if (end != null && !end.isAfter(now)) {
        over.computeIfAbsent(end, e -> new ArrayList<>()).add(account);
      }
    }
    Iterator<Map.Entry<Instant, List<Account>>> oldest = over.entrySet().iterator();
    while (excess > 0 && oldest.hasNext()) {
      Map.Entry<Instant, List<Account>> next = oldest.next();
      excess -= drop(next.getKey(), next.getValue());
    }
  }

  private int drop(Instant end, List<Account> accounts) {
    int dropped = 0;
    for (Account account : accounts) {
      synchronized (lock) {
        if (!account.pinned() && live.remove(account.key, account)) {
          horizon = end.isAfter(horizon) ? end : horizon;
          dropped++;
        }
      }
    }
    return dropped;
  }

  int size() {
    return live.size();
  }
}
