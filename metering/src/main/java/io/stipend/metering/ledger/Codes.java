package io.stipend.metering.ledger;

import io.stipend.metering.Meter;
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
  static final List<Meter> METERS =
      List.of(
          Meter.WEB_SEARCH,
          Meter.WEB_FETCH,
          Meter.CODE_EXECUTION,
          Meter.FILE_SEARCH,
          Meter.IMAGE,
          Meter.SECOND,
          Meter.CHARACTER);

  private Codes() {}
}
