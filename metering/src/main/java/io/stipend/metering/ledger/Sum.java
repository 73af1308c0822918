package io.stipend.metering.ledger;

import java.util.List;
import java.util.Locale;

/** What is added up for each account, amounts and counts alike; one column of its table each. */
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
  /** Rolls of the account: once there is one, it is closed. */
  CLOSED;

  static final List<Sum> ALL = List.of(values());

  String column() {
    return name().toLowerCase(Locale.ROOT);
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
