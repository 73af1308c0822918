package io.stipend.metering.ledger;

import io.stipend.metering.UsageSource;
import java.util.List;

/** The numbers that enums have in files: their places here, whatever the order of declaration. */
final class Codes {
  static final List<UsageSource> SOURCES =
      List.of(UsageSource.REPORTED, UsageSource.COUNTED, UsageSource.ASSUMED);
  static final List<LedgerEntry.GrantKind> GRANT_KINDS =
      List.of(
          LedgerEntry.GrantKind.RECURRING,
          LedgerEntry.GrantKind.ADJUSTMENT,
          LedgerEntry.GrantKind.ONE_OFF);
  static final List<LedgerEntry.LoanKind> LOAN_KINDS =
      List.of(
          LedgerEntry.LoanKind.OVERDRAFT,
          LedgerEntry.LoanKind.FINISH,
          LedgerEntry.LoanKind.ADVANCE);

  private Codes() {}
}
