package io.stipend.metering.reconcile;

import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * An attempt of the ledger as it stands.
 *
 * @param row the attempt
 * @param key where it is compared
 * @param tokens by meter
 * @param nanos its cost by meter, in nano-units; the search of the web stands elsewhere
 */
record GatewayRow(UsageRow row, GroupKey key, MeterSums tokens, MeterSums nanos) {
  private static final String CLIENT_GONE = "client_gone";
  private static final String ABSURD = "absurd_usage";
  private static final String PARTIAL = "partial_usage";

  /** The UTC day on which it ended. */
  LocalDate endDay() {
    return row.finishedAt().atOffset(ZoneOffset.UTC).toLocalDate();
  }

  boolean straddles() {
    return !endDay().equals(key.day());
  }

  /** Whether its figures are a guess: not what the provider said, or not all of it. */
  boolean isGuess() {
    return row.usageSource() != UsageSource.REPORTED
        || row.flags().contains(ABSURD)
        || row.flags().contains(PARTIAL);
  }

  /** Why its figures are a guess. */
  Reason guess() {
    if (row.outcome().equals(CLIENT_GONE)) {
      return Reason.CLIENT_DISCONNECT;
    }
    return row.usageSource() == UsageSource.REPORTED ? Reason.PARSER_GAP : Reason.STREAM_CUT;
  }

  String attempt() {
    return row.exchangeId() + "#" + row.attempt();
  }
}
