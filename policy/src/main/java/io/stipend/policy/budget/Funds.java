package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.LedgerEntry.Corrected;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import io.stipend.metering.ledger.LedgerEntry.Granted;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.metering.ledger.LedgerEntry.Transferred;
import io.stipend.metering.ledger.Lot;
import io.stipend.metering.ledger.Posting;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What people do to budgets: grants, transfers, advances, corrections. Each is one entry; the
 * future completes when that is durable and in effect. It fails with {@link BudgetException} for
 * what the budget does not cover or its rule does not allow, and then nothing happened. Safe for
 * use by any thread.
 */
public final class Funds {
  private final Book book;
  private final Periods periods;
  private final Opening opening;
  private final Loans loans;

  Funds(Book book, Periods periods, Opening opening, Loans loans) {
    this.book = book;
    this.periods = periods;
    this.opening = opening;
    this.loans = loans;
  }

  /**
   * What somebody gives.
   *
   * @param amount in the budget's unit, more than zero
   * @param reason in words
   * @param by who
   * @param expiresAt when the unused part ends; null means with the account's period
   * @param priority lower burns first; 0 unless somebody says otherwise
   */
  public record Gift(
      long amount, String reason, String by, @Nullable Instant expiresAt, int priority) {
    /** Checks the amount; the ledger keeps milliseconds. */
    public Gift {
      expiresAt = expiresAt == null ? null : expiresAt.truncatedTo(ChronoUnit.MILLIS);
      if (amount <= 0) {
        throw new IllegalArgumentException("amount: " + amount + " (expected: > 0)");
      }
    }

    private void check(Instant now) {
      if (expiresAt != null && !expiresAt.isAfter(now)) {
        throw new IllegalArgumentException(
            "expiry: " + expiresAt + " (expected: after now, " + now + ")");
      }
    }
  }

  /** Enters a one-off grant on the current account of a budget. */
  public CompletableFuture<Void> grant(BudgetRule rule, Gift gift, Instant now) {
    gift.check(now);
    return opened(
        List.of(rule),
        now,
        accounts -> {
          Account account = accounts.get(0);
          requireRoom(account, gift.amount);
          String id = "one-off:" + account.key + ":" + now + ":" + account.nextOneOff();
          Lot lot =
              new Lot(
                  id,
                  gift.amount,
                  gift.priority,
                  gift.expiresAt,
                  now.truncatedTo(ChronoUnit.MILLIS),
                  0);
          return book.enter(
              new Granted(
                  now,
                  id,
                  account.key,
                  gift.amount,
                  GrantKind.ONE_OFF,
                  gift.reason,
                  gift.by,
                  gift.expiresAt,
                  gift.priority),
              List.of(account),
              () -> account.receive(lot),
              () -> {});
        });
  }

  /**
   * Moves what is left of one budget to another of the same unit, within what the giver's rule lets
   * it send in a period.
   */
  public CompletableFuture<Void> transfer(BudgetRule from, BudgetRule to, Gift gift, Instant now) {
    gift.check(now);
    if (!from.unit().equals(to.unit()) || from.budget().equals(to.budget())) {
      throw new IllegalArgumentException(
          "transfer from "
              + from.budget()
              + " to "
              + to.budget()
              + " (expected: a budget of somebody else that counts "
              + from.unit().name()
              + ")");
    }
    return opened(
        List.of(from, to),
        now,
        accounts -> transfer(accounts.get(0), accounts.get(1), from, gift, now));
  }

  private CompletableFuture<Void> transfer(
      Account from, Account to, BudgetRule rule, Gift gift, Instant now) {
    long room = Math.max(0, Math.subtractExact(rule.transfer(), from.totals().sent()));
    // What open calls may still cost stays, beyond what they hold.
    long left = Math.min(from.free(), from.room(0));
    long possible = Math.max(0, Math.min(room, left));
    if (gift.amount > possible) {
      throw new BudgetException(
          "transfer of "
              + shown(rule, gift.amount)
              + " from "
              + rule.budget()
              + " (expected: at most "
              + shown(rule, possible)
              + (rule.transfer() == 0
                  ? ": its rule has no transfer"
                  : room <= left ? ", what its rule still lets it send" : ", what is left of it")
              + ")");
    }
    requireRoom(from, gift.amount);
    requireRoom(to, gift.amount);
    String id = "transfer:" + from.key + ":" + from.nextTransfer();
    from.send(gift.amount);
    Lot lot = new Lot(id, gift.amount, 0, gift.expiresAt, now.truncatedTo(ChronoUnit.MILLIS), 0);
    return book.enter(
        new Transferred(
            now, id, from.key, to.key, gift.amount, gift.reason, gift.by, gift.expiresAt),
        List.of(from, to),
        () -> to.receiveTransfer(lot),
        () -> from.send(-gift.amount));
  }

  /**
   * Lends a part of the next period's grant: within the rule's limit, and together with all other
   * loans of the period no more than that period will grant.
   */
  public CompletableFuture<Void> advance(
      BudgetRule rule, long amount, String reason, String by, Instant now) {
    return opened(
        List.of(rule),
        now,
        accounts -> {
          Account account = accounts.get(0);
          long lends = Loans.room(account, rule, LoanKind.ADVANCE);
          Instant end = periods.endOf(rule.calendar(), account.key.period());
          long grant = end == null ? 0 : rule.amount(end);
          long repays = Math.max(0, Math.subtractExact(grant, account.lent()));
          if (amount <= 0 || amount > Math.min(lends, repays)) {
            throw new BudgetException(
                "advance of "
                    + shown(rule, amount)
                    + " on "
                    + rule.budget()
                    + " (expected: at most "
                    + shown(rule, Math.min(lends, repays))
                    + (rule.advance() == 0
                        ? ": its rule has no advance)"
                        : lends <= repays
                            ? ", what its rule still lends in this period)"
                            : ", what the next period's grant of "
                                + shown(rule, grant)
                                + " can still repay)"));
          }
          return loans.lend(account, LoanKind.ADVANCE, amount, reason, by, now);
        });
  }

  /**
   * Enters a correction of a settled attempt. Where the account of a posting is closed it goes to
   * the current one of the same budget; where that budget is gone to the one that the last roll led
   * to, or that would be current.
   */
  public CompletableFuture<Void> correct(Corrected corrected, Rules rules, Instant now) {
    List<AccountKey> keys = corrected.postings().stream().map(Posting::account).toList();
    return book.whenWarm(
            keys,
            accounts -> {
              boolean moved = false;
              List<Posting> postings = new ArrayList<>();
              for (int i = 0; i < accounts.size(); i++) {
                Posting posting = corrected.postings().get(i);
                AccountKey current =
                    accounts.get(i).closed() ? goesOn(accounts.get(i), rules, now) : keys.get(i);
                moved |= !current.equals(keys.get(i));
                postings.add(new Posting(current, posting.amount()));
              }
              return moved
                  ? correct(corrected.with(postings), rules.none(), now)
                  : enter(corrected, accounts);
            })
        .thenCompose(Function.identity());
  }

  private AccountKey goesOn(Account closed, Rules rules, Instant now) {
    BudgetRule rule = rules.of(closed.key);
    AccountKey current = rule == null ? null : periods.account(rule, now);
    // Where the clock went back the current one is this one; the unit may have been edited.
    if (current == null
        || current.equals(closed.key)
        || !current.unit().equals(closed.key.unit())) {
      current = closed.successor();
    }
    return current == null ? later(closed.key, rules.calendar(), now) : current;
  }

  /** The account that would be current, or the next one if that is not later than a closed one. */
  private static AccountKey later(AccountKey closed, Calendar shared, Instant now) {
    Calendar calendar = shared.of(closed.period());
    Instant end = calendar == null ? null : calendar.endOf(closed.period());
    return calendar == null || end == null
        ? closed
        : new AccountKey(
            closed.budget(), calendar.period(end.isAfter(now) ? end : now), closed.unit());
  }

  private CompletableFuture<Void> enter(Corrected corrected, List<Account> accounts) {
    List<Account> mended = List.copyOf(accounts);
    for (int i = 0; i < mended.size(); i++) {
      requireRoom(mended.get(i), corrected.postings().get(i).amount());
    }
    return book.enter(
        corrected,
        mended,
        () -> {
          for (int i = 0; i < mended.size(); i++) {
            mended.get(i).use(corrected.postings().get(i).amount());
          }
        },
        () -> {});
  }

  /**
   * Rolls an account whose period is over into the current one, as soon as nothing is open on it.
   */
  CompletableFuture<Void> rollUp(BudgetRule rule, AccountKey ended, Instant now) {
    return rollUp(rule, ended, List.of(periods.account(rule, now)), now);
  }

  private CompletableFuture<Void> rollUp(
      BudgetRule rule, AccountKey ended, List<AccountKey> current, Instant now) {
    return book.whenWarm(
            current,
            accounts -> {
              // A closed one rolls nothing: where the clock went back, the one it leads on to does.
              List<AccountKey> later = Opening.forward(accounts, List.of(rule));
              if (later != null) {
                return rollUp(rule, ended, later, now);
              }
              accounts.get(0).lagging(ended);
              return opened(
                  List.of(rule),
                  current,
                  now,
                  opened -> CompletableFuture.<Void>completedFuture(null));
            })
        .thenCompose(Function.identity());
  }

  /** Ends an account whose period is over and whose budget is gone; nothing of it goes on. */
  CompletableFuture<Void> end(AccountKey ended, Instant end, Instant now) {
    return book.whenWarm(
        List.of(ended),
        accounts -> {
          opening.end(accounts.get(0), end, now);
          return null;
        });
  }

  /** Does something under the lock with the current accounts of these budgets, opened. */
  private CompletableFuture<Void> opened(
      List<BudgetRule> rules,
      Instant now,
      Function<List<Account>, CompletableFuture<Void>> action) {
    return opened(
        rules, rules.stream().map(rule -> periods.account(rule, now)).toList(), now, action);
  }

  private CompletableFuture<Void> opened(
      List<BudgetRule> rules,
      List<AccountKey> keys,
      Instant now,
      Function<List<Account>, CompletableFuture<Void>> action) {
    return book.whenWarm(
            keys,
            accounts -> {
              List<AccountKey> later = Opening.forward(accounts, rules);
              if (later != null) {
                return opened(rules, later, now, action);
              }
              for (int i = 0; i < accounts.size(); i++) {
                CompletableFuture<Void> warm = opening.open(accounts.get(i), rules.get(i), now);
                if (warm != null) {
                  return warm.thenCompose(done -> opened(rules, keys, now, action));
                }
              }
              return action.apply(accounts);
            })
        .thenCompose(Function.identity());
  }

  private static void requireRoom(Account account, long amount) {
    if (!account.takes(amount)) {
      throw new BudgetException(
          account.key.unit().format(amount)
              + " "
              + account.key.unit().name()
              + " more on "
              + account.key
              + " (expected: sums that stay below two billion)");
    }
  }

  private static String shown(BudgetRule rule, long amount) {
    return rule.unit().format(amount) + " " + rule.unit().name();
  }
}
