package io.stipend.metering.reconcile;

/**
 * What would have to be added to an attempt.
 *
 * @param row the attempt
 * @param tokens by meter; signed
 * @param nanos to its cost, by meter; signed
 */
record Mend(GatewayRow row, MeterSums tokens, MeterSums nanos) {
  /** The attempt as it would stand then, in the same place. */
  GatewayRow mended() {
    return new GatewayRow(row.row(), row.key(), row.tokens().plus(tokens), row.nanos().plus(nanos));
  }
}
