package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Live balances over the ledger. A reservation holds on all accounts of an attempt or on none. Safe
 * for use by any thread; nothing blocks on I/O.
 */
public interface Budgets {
  /**
   * Holds the estimate on every account of the attempt. The period of each account is the one that
   * holds {@code now}; a recurring grant is entered at its first use.
   */
  Result reserve(
      AttemptId id, AttemptFacts facts, List<BudgetRule> rules, Estimate estimate, Instant now);

  /**
   * The balances of these budgets at an instant, in the order of the rules. Reading enters nothing
   * in the ledger.
   *
   * @return complete already where all accounts are in memory, those of open reservations always;
   *     else completes when they are loaded, on the thread that writes the ledger; fails if they
   *     cannot be
   */
  CompletableFuture<List<AccountBalance>> balances(List<BudgetRule> rules, Instant now);

  /**
   * The tightest of these budgets at an instant, for who tells it with an answer and waits for
   * nothing.
   *
   * @return null if there are none, or not all of their accounts are in memory: those of open
   *     reservations always are
   */
  default @Nullable AccountBalance tightest(List<BudgetRule> rules, Instant now) {
    CompletableFuture<List<AccountBalance>> balances = balances(rules, now);
    boolean known = balances.isDone() && !balances.isCompletedExceptionally();
    return known ? AccountBalance.tightest(balances.join()) : null;
  }

  /**
   * Lends to an account that was just short, on the grant of its next period.
   *
   * @param account as the {@link Shortfall} names it: a call that began before midnight may have
   *     been short on that of the next period
   * @param rule its budget
   * @param amount in the budget's unit
   * @return whether its rule lent so much; what then is reserved may still find it gone
   */
  boolean borrow(AccountKey account, BudgetRule rule, LoanKind kind, long amount, Instant now);

  /**
   * Tells that a call was refused for want of this account, after all that could be done: a {@link
   * Shortfall} alone may still be clamped away.
   */
  default void refused(AccountKey account, BudgetRule rule) {
    // For those who want to know.
  }

  /** The answer to {@link #reserve}. */
  sealed interface Result {}

  /** Held on every account. */
  record Held(Reservation reservation) implements Result {}

  /**
   * One budget does not cover the estimate; nothing is held.
   *
   * @param account the account of it that the call would be held on
   * @param rule the budget that covers least of it
   * @param available what a call whose exposure is its hold could cost there now, in the rule's
   *     unit: what a lower output cap has to fit; may be negative
   * @param shortOfExposure whether the hold would fit and only the exposure does not
   * @param lacking what a loan would have to bring; 0 where no money helps
   * @param overdraft how much its rule would still lend in that step
   * @param finish how much its rule would still lend in that step
   * @param resetsAt when its period ends; null if never
   * @param returning completes when attempts that have ended gave back what they did not use, in
   *     milliseconds; null if none is about to. A call that would fit then is to be tried again.
   * @param next the budget that covers least of it among the others that do not; null if those do
   */
  record Shortfall(
      AccountKey account,
      BudgetRule rule,
      long available,
      boolean shortOfExposure,
      long lacking,
      long overdraft,
      long finish,
      @Nullable Instant resetsAt,
      @Nullable CompletableFuture<Void> returning,
      @Nullable Shortfall next)
      implements Result {}

  /**
   * An account is not in memory and is being loaded; nothing is held. The call is to be made again
   * then. Where that happens over and over, it must be refused.
   *
   * @param warm completes when the account is in memory, on the thread that writes the ledger;
   *     fails if it cannot be loaded: the call must then be refused
   */
  record Cold(CompletableFuture<Void> warm) implements Result {}

  /** The ledger takes nothing now, or cannot be read: the call must be refused. */
  record Unavailable(String why) implements Result {}

  /**
   * The balance of one account, in its unit; remaining = granted + carried + received − sent − used
   * − held − expired.
   *
   * @param account which
   * @param rule by which budget
   * @param granted with loans, less what was repaid of them
   * @param lent loans that {@code granted} counts
   * @param repaid loans returned that {@code granted} counts
   * @param resetsAt when its period ends; null if never
   */
  record AccountBalance(
      AccountKey account,
      BudgetRule rule,
      long granted,
      long carried,
      long received,
      long sent,
      long used,
      long held,
      long expired,
      long lent,
      long repaid,
      @Nullable Instant resetsAt) {
    private static final int PERCENT = 100;

    /**
     * The account that refuses first: of each unit the one with least remaining; of different units
     * the one that leaves least of what it was given. The first of equals; null if there is none.
     */
    public static @Nullable AccountBalance tightest(List<AccountBalance> balances) {
      AccountBalance tightest = null;
      for (int i = 0; i < balances.size(); i++) {
        AccountBalance balance = balances.get(i);
        if (balance.isLeastOfItsUnit(balances, i)
            && (tightest == null || balance.tighterThan(tightest))) {
          tightest = balance;
        }
      }
      return tightest;
    }

    /** They are so few that looking at all for each is fastest. */
    private boolean isLeastOfItsUnit(List<AccountBalance> all, int place) {
      for (int i = 0; i < all.size(); i++) {
        AccountBalance other = all.get(i);
        if (other.account().unit().equals(account.unit())
            && (other.remaining() < remaining()
                || (other.remaining() == remaining() && i < place))) {
          return false;
        }
      }
      return true;
    }

    private boolean tighterThan(AccountBalance o) {
      return Ratios.less(remaining(), given(), o.remaining(), o.given());
    }

    private long given() {
      return Math.max(1, granted + carried + received);
    }

    /**
     * How much of what was given is used or held, in whole percent, 0 to 100: 100 only where
     * nothing is left, and 0 only where nothing is gone.
     */
    public int usedPercent() {
      long given = granted + carried + received - sent - expired;
      long left = remaining();
      if (left <= 0) {
        return PERCENT;
      }
      if (left >= given) {
        return 0;
      }
      // Amounts may come near to what a long holds.
      long scale = given > Long.MAX_VALUE / PERCENT ? PERCENT : 1;
      long percentLeft = left / scale * PERCENT / (given / scale);
      return (int) Math.max(1, Math.min(PERCENT - 1, PERCENT - percentLeft));
    }

    /** What is left to reserve; negative after an overage. */
    public long remaining() {
      return granted + carried + received - sent - used - held - expired;
    }
  }
}
