package io.stipend.metering.ledger;

import java.util.List;
import java.util.Locale;

/**
 * What is added up for each account, amounts and counts alike, and when it was first used; one
 * column of its table each.
 */
enum Sum {
  GRANTED,
  CARRIED,
  RECEIVED,
  OVERDRAFT,
  FINISH,
  ADVANCE,
  USED,
  HELD,
  EXPIRED,
  SENT,
  CARRIED_OUT,
  REPAID,
  ADJUSTMENTS,
  ONE_OFFS,
  TRANSFERS,
  LOANS,
  EXPIRIES,
  /** When it was first reserved on, in milliseconds since 1970; the earliest counts, 0 is never. */
  FIRST_USED,
  /** Rolls of the account: once there is one, it is closed. */
  CLOSED;

  static final List<Sum> ALL = List.of(values());

  String column() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What two parts of it come to. */
  long of(long some, long more) {
    if (this != FIRST_USED) {
      return Math.addExact(some, more);
    }
    return some == 0 || (more != 0 && more < some) ? more : some;
  }

  /**
   * The same in SQL: sets the column of a row that is there.
   *
   * @param more the expression of what comes to it
   */
  String update(String more) {
    return column()
        + " = "
        + (this != FIRST_USED
            ? column() + " + " + more
            : "case when %1$s = 0 or (%2$s <> 0 and %2$s < %1$s) then %2$s else %1$s end"
                .formatted(column(), more));
  }

  /** The sum that a loan of this kind is added to. */
  static Sum of(LedgerEntry.LoanKind kind) {
    return switch (kind) {
      case OVERDRAFT -> OVERDRAFT;
      case FINISH -> FINISH;
      case ADVANCE -> ADVANCE;
    };
  }
}
