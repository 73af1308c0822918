package io.stipend.metering.report.statement;

import io.stipend.metering.ledger.AccountKey;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What changed the balance of a budget. All movements up to an instant add up to its balance then,
 * calls under way not taken off.
 *
 * @param account the account of the budget that it moved
 * @param at when it counts: the entry's instant, drawn into the account's own period
 * @param amount in the account's unit; what goes out is negative
 * @param text what there is to say of it; may be empty
 * @param by who entered it; empty where nobody did
 * @param expiresAt when the unused part ends; null means with the period
 */
record Movement(
    AccountKey account,
    Instant at,
    Movement.Kind kind,
    long amount,
    String text,
    String by,
    @Nullable Instant expiresAt) {

  /** What it is, in the order of a statement. */
  enum Kind {
    /** Told only: from the period before, within the budget. */
    CARRIED_IN("Carried over"),
    /** The recurring grant of a period. */
    ALLOWANCE("Allowance"),
    /** What an edit of the quota file made of it. */
    CHANGE("Change of the allowance"),
    /** A top-up. */
    GRANT("Extra grant"),
    /** From another account. */
    RECEIVED("Received"),
    /** To another account. */
    SENT("Sent"),
    /** A loan, or, negative, what of it the end of a call gave back at once. */
    BORROWED("Borrowed"),
    /** Calls. */
    USED("Used"),
    /** Corrections of calls, of whatever time. */
    CORRECTED("Corrections"),
    /** A loan that was not needed goes back when the period ends. */
    RETURNED("Loan returned unused"),
    /** A loan that was used: the next allowance repays it. */
    OWED("Loan that the next allowance repays"),
    /** What was charged beyond all funds: nobody owes it. */
    WRITTEN_OFF("Use beyond the budget, not owed"),
    /** What ended unused. */
    EXPIRED("Expired unused"),
    /** To or from a budget that is granted otherwise. */
    MOVED("Moved between budgets"),
    /** Told only: to a later period, within the budget. */
    CARRIED_OUT("Carried over");

    private final String title;

    Kind(String title) {
      this.title = title;
    }

    /** For people. */
    String title() {
      return title;
    }

    /** For machines. */
    String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it changes the balance of the budget. */
    boolean counts() {
      return this != CARRIED_IN && this != CARRIED_OUT;
    }
  }
}
