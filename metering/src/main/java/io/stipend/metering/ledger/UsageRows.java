package io.stipend.metering.ledger;

import io.stipend.metering.ChargeBasis;
import java.util.ArrayList;
import java.util.List;

/** Makes usage rows from entries. */
final class UsageRows {
  private UsageRows() {}

  static SettledAttempt of(OpenReservation reservation, LedgerEntry.Settled settled) {
    return of(reservation.profile(), reservation.reserved(), settled);
  }

  static SettledAttempt of(
      Profile profile, LedgerEntry.Reserved reserved, LedgerEntry.Settled settled) {
    AttemptFacts facts = reserved.facts();
    UsageRow row =
        new UsageRow(
            reserved.id().exchange(),
            reserved.id().number(),
            reserved.at(),
            settled.at(),
            profile.person(),
            profile.team(),
            profile.costCenter(),
            profile.project(),
            profile.keyId(),
            facts.sessionId(),
            facts.client(),
            profile.dialect(),
            profile.provider(),
            profile.modelRequested(),
            settled.modelServed(),
            settled.serviceTier(),
            settled.usage(),
            settled.source(),
            settled.outcome(),
            settled.httpStatus(),
            settled.nanos(),
            profile.currency(),
            profile.priceVersion(),
            settled.providerRequestId(),
            settled.flags(),
            facts.agentId(),
            facts.parentAgentId(),
            settled.units(),
            settled.basis());
    return new SettledAttempt(row, settled.debits());
  }

  /** What stands after a correction: its tokens, and the sums of its differences. */
  static SettledAttempt corrected(SettledAttempt before, LedgerEntry.Corrected correction) {
    UsageRow r = before.row();
    UsageRow row =
        new UsageRow(
            r.exchangeId(),
            r.attempt(),
            r.startedAt(),
            r.finishedAt(),
            r.person(),
            r.team(),
            r.costCenter(),
            r.project(),
            r.keyId(),
            r.sessionId(),
            r.client(),
            r.dialect(),
            r.provider(),
            r.modelRequested(),
            r.modelServed(),
            r.serviceTier(),
            correction.usage(),
            r.usageSource(),
            r.outcome(),
            r.httpStatus(),
            Math.addExact(r.nanos(), correction.nanosDelta()),
            r.currency(),
            correction.priceVersion() == null ? r.priceVersion() : correction.priceVersion(),
            r.providerRequestId(),
            r.flags(),
            r.agentId(),
            r.parentAgentId(),
            r.units(),
            basis(r, correction));
    List<Posting> debits = new ArrayList<>(before.debits());
    for (Posting posting : correction.postings()) {
      OpenReservation.add(debits, posting);
    }
    return new SettledAttempt(row, debits);
  }

  /** The same attempt, priced by another rate card. */
  static SettledAttempt priced(SettledAttempt attempt, String priceVersion) {
    UsageRow r = attempt.row();
    UsageRow row =
        new UsageRow(
            r.exchangeId(),
            r.attempt(),
            r.startedAt(),
            r.finishedAt(),
            r.person(),
            r.team(),
            r.costCenter(),
            r.project(),
            r.keyId(),
            r.sessionId(),
            r.client(),
            r.dialect(),
            r.provider(),
            r.modelRequested(),
            r.modelServed(),
            r.serviceTier(),
            r.usage(),
            r.usageSource(),
            r.outcome(),
            r.httpStatus(),
            r.nanos(),
            r.currency(),
            priceVersion,
            r.providerRequestId(),
            r.flags(),
            r.agentId(),
            r.parentAgentId(),
            r.units(),
            r.basis());
    return new SettledAttempt(row, attempt.debits());
  }

  private static ChargeBasis basis(UsageRow before, LedgerEntry.Corrected correction) {
    if (correction.basis() != null) {
      return correction.basis();
    }
    return correction.usage().equals(before.usage())
        ? before.basis()
        : before.basis().ofOtherUsage();
  }

  static AttemptId id(UsageRow row) {
    return new AttemptId(row.exchangeId(), row.attempt());
  }
}
