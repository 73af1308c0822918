package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminService.AuditLine;
import io.stipend.metering.ledger.KeyRecord;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.RateRecord;
import io.stipend.metering.ledger.RatesChanged;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Who changed what, as the ledger has it. */
final class Audit {
  private record Dated(Instant at, AuditLine line) {}

  private final List<Dated> lines = new ArrayList<>();

  private Audit() {}

  /** All of it, oldest first. */
  static List<AuditLine> of(Path data) {
    Audit audit = new Audit();
    try (LedgerReader reader = LedgerReader.open(data)) {
      audit.money(reader);
      audit.rules(reader);
      audit.keys(reader);
    }
    return audit.lines.stream().sorted(Comparator.comparing(Dated::at)).map(Dated::line).toList();
  }

  private void add(Instant at, String what, String by, String about, String detail) {
    lines.add(new Dated(at, new AuditLine(at.toString(), what, by, about, detail)));
  }

  private void money(LedgerReader reader) {
    for (LedgerEntry.Granted e : reader.oneOffGrants()) {
      String amount = e.account().unit().format(e.amount()) + " " + e.account().unit().name();
      add(e.at(), "grant", e.by(), e.account().toString(), amount + ": " + e.reason());
    }
    for (LedgerEntry.Transferred e : reader.transfers()) {
      String amount = e.from().unit().format(e.amount()) + " " + e.from().unit().name();
      add(
          e.at(),
          "transfer",
          e.by(),
          e.from().toString(),
          amount + " to " + e.to() + ": " + e.reason());
    }
    for (LedgerEntry.Lent e : reader.loans()) {
      if (e.kind() == LedgerEntry.LoanKind.ADVANCE) {
        String amount = e.account().unit().format(e.amount()) + " " + e.account().unit().name();
        add(e.at(), "advance", e.by(), e.account().toString(), amount + ": " + e.reason());
      }
    }
    for (LedgerEntry.Corrected e : reader.corrections()) {
      add(e.at(), "correction", e.by(), e.id().toString(), e.reason());
    }
  }

  private void rules(LedgerReader reader) {
    for (LedgerEntry.Frozen e : reader.freezes()) {
      add(e.at(), e.frozen() ? "freeze" : "unfreeze", e.by(), e.principal(), e.reason());
    }
    for (LedgerEntry.MonthClosed e : reader.monthClosings()) {
      add(e.at(), e.closed() ? "close" : "reopen", e.by(), e.month(), e.reason());
    }
    for (LedgerEntry.QuotaChanged e : reader.quotaChanges()) {
      add(e.at(), "quota_file", e.by(), e.after(), e.before().isEmpty() ? "" : "was " + e.before());
    }
    for (RatesChanged e : RateRecord.of(reader).changes()) {
      String before = e.before().isEmpty() ? "" : "; was " + e.before();
      add(e.at(), "rate_cards", e.by(), e.after(), e.what() + before);
    }
    for (LedgerEntry.Enrolled e : reader.enrolments()) {
      String team = e.team() == null ? "" : "team " + e.team();
      add(e.at(), "enrolment", "oidc:" + e.issuer(), "person/" + e.person(), team);
    }
  }

  private void keys(LedgerReader reader) {
    for (KeyRecord key : reader.keys()) {
      LedgerEntry.KeyCreated made = key.created();
      add(made.at(), "key_created", made.by(), made.keyId(), "of " + made.person());
    }
    for (LedgerEntry.KeyRevoked e : reader.revocations()) {
      add(e.at(), "key_revoked", e.by(), e.keyId(), "");
    }
  }
}
