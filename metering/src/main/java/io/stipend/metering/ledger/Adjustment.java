package io.stipend.metering.ledger;

import io.stipend.metering.ChargeLine;
import io.stipend.metering.ChargeLines;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A correction that was entered after its attempt's month was closed: a row of its own.
 *
 * @param correctionId the correction
 * @param attempt number of the attempt that it mends
 * @param started when that attempt started, to the millisecond
 * @param stands what decides the month that the attempt stands in
 * @param booked where it stands: the correction's instant, to the millisecond, or later if that
 *     month was closed too
 * @param more what it adds
 * @param lines what it adds to the lines of the attempt's cost, signed
 * @param versionBefore the rate card that priced the attempt until then
 * @param version the one that prices it from now on
 */
record Adjustment(
    String correctionId,
    long attempt,
    Instant started,
    Instant stands,
    Instant booked,
    SignedUsage more,
    List<ChargeLine> lines,
    String versionBefore,
    String version) {
  /**
   * What a correction adds to a settled attempt as it stood just before, where that counts for
   * itself; null where the attempt's month is open.
   *
   * @param months as they are when the correction is entered
   */
  static @Nullable Adjustment of(
      LedgerEntry.Corrected correction, UsageTable.Row before, Months months) {
    SettledAttempt settled = before.settled();
    if (settled == null || !months.closed(before.standsAt())) {
      return null;
    }
    SettledAttempt after = UsageRows.corrected(settled, correction);
    return new Adjustment(
        correction.correctionId(),
        before.number(),
        settled.row().startedAt(),
        before.standsAt(),
        months.open(correction.at()),
        SignedUsage.of(after.row()).minus(SignedUsage.of(settled.row())),
        ChargeLines.minus(after.row().lines(), settled.row().lines()),
        settled.row().priceVersion(),
        after.row().priceVersion());
  }
}
