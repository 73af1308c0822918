package io.stipend.metering.ledger;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes usage rows from entries. */
final class UsageRows {
  private UsageRows() {}

  static SettledAttempt of(OpenReservation reservation, LedgerEntry.Settled settled) {
    return of(reservation.profile(), reservation.reserved(), settled);
  }

  static SettledAttempt of(
      Profile profile, LedgerEntry.Reserved reserved, LedgerEntry.Settled settled) {
    UsageRow row =
        of(
            reserved.id(),
            reserved.at(),
            settled.at(),
            profile,
            reserved.facts().sessionId(),
            reserved.facts().client(),
            settled.modelServed(),
            settled.serviceTier(),
            settled.usage(),
            settled.source(),
            settled.outcome(),
            settled.httpStatus(),
            settled.nanos(),
            settled.providerRequestId(),
            settled.flags());
    return new SettledAttempt(row, settled.debits());
  }

  private static UsageRow of(
      AttemptId id,
      Instant startedAt,
      Instant finishedAt,
      Profile profile,
      @Nullable String sessionId,
      @Nullable String client,
      String modelServed,
      @Nullable String serviceTier,
      TokenUsage usage,
      UsageSource source,
      String outcome,
      int httpStatus,
      long nanos,
      @Nullable String providerRequestId,
      String flags) {
    return new UsageRow(
        id.exchange(),
        id.number(),
        startedAt,
        finishedAt,
        profile.person(),
        profile.team(),
        profile.costCenter(),
        profile.project(),
        profile.keyId(),
        sessionId,
        client,
        profile.dialect(),
        profile.provider(),
        profile.modelRequested(),
        modelServed,
        serviceTier,
        usage,
        source,
        outcome,
        httpStatus,
        nanos,
        profile.currency(),
        profile.priceVersion(),
        providerRequestId,
        flags);
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
            r.priceVersion(),
            r.providerRequestId(),
            r.flags());
    List<Posting> debits = new ArrayList<>(before.debits());
    for (Posting posting : correction.postings()) {
      OpenReservation.add(debits, posting);
    }
    return new SettledAttempt(row, debits);
  }

  static AttemptId id(UsageRow row) {
    return new AttemptId(row.exchangeId(), row.attempt());
  }
}
