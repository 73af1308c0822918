package io.stipend.policy.budget;

import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry.Lent;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/** Loans on the grant of the next period, within the limits of the rule. Under the lock. */
final class Loans {
  private static final String GATEWAY = "stipend";

  private final Book book;

  Loans(Book book) {
    this.book = book;
  }

  /** How much more of this kind the rule lends. */
  static long room(Account account, BudgetRule rule, LoanKind kind) {
    return Math.max(0, Math.subtractExact(limit(rule, kind), account.lent(kind)));
  }

  private static long limit(BudgetRule rule, LoanKind kind) {
    return switch (kind) {
      case OVERDRAFT -> rule.overdraft();
      case FINISH -> rule.finish();
      case ADVANCE -> rule.advance();
    };
  }

  /** Lends what the gateway may lend by itself; the account is pinned and the limit was asked. */
  void lend(Account account, LoanKind kind, long amount, Instant now) {
    CompletableFuture<Void> durable = lend(account, kind, amount, "", GATEWAY, now);
    // Whoever holds on it waits for its own entry, which comes later in the ledger.
    durable.exceptionally(failure -> null);
  }

  /**
   * A call has ended: what {@code finish} lent and nobody has used or may still use goes back, as
   * it was lent to a running session and is there for no other call. The account is pinned.
   */
  void giveBack(Account account, AttemptId ended, Instant now) {
    long lent = account.lent(LoanKind.FINISH);
    if (lent > 0 && !account.failed()) {
      // What open calls may still cost stays, beyond what they hold.
      long unused = Math.min(lent, Math.min(account.free(), account.room(0)));
      if (unused > 0) {
        String reason = "unused after " + ended;
        lend(account, LoanKind.FINISH, -unused, reason, GATEWAY, now).exceptionally(e -> null);
      }
    }
  }

  /** Lends; completes when it is durable. */
  CompletableFuture<Void> lend(
      Account account, LoanKind kind, long amount, String reason, String by, Instant now) {
    String id = "loan:" + account.key + ":" + account.nextLoan();
    account.lend(kind, amount);
    return book.entered(new Lent(now, id, account.key, amount, kind, reason, by), account);
  }
}
