package io.stipend.metering.reconcile;

import java.util.List;

/**
 * A part of a difference and what shows its reason.
 *
 * @param reason its name
 * @param tokens the part, by meter; signed: what the provider has more
 * @param nanos what it costs, by meter; signed
 * @param rows the attempts that show it; empty if none does
 * @param mends what would mend them; empty if that is nobody's or nothing
 * @param evidence in words
 * @param requests so many requests more than the ledger has answers go with it; signed
 */
record Finding(
    Reason reason,
    MeterSums tokens,
    MeterSums nanos,
    List<GatewayRow> rows,
    List<Mend> mends,
    String evidence,
    long requests) {
  Finding {
    rows = List.copyOf(rows);
    mends = List.copyOf(mends);
  }

  /** What no attempt shows. */
  static Finding ofDay(Reason reason, MeterSums tokens, MeterSums nanos, String evidence) {
    return new Finding(reason, tokens, nanos, List.of(), List.of(), evidence, 0);
  }

  /** What these attempts show, and would be mended by. */
  static Finding of(
      Reason reason, MeterSums tokens, MeterSums nanos, List<Mend> mends, String evidence) {
    List<GatewayRow> rows = mends.stream().map(Mend::row).toList();
    return new Finding(reason, tokens, nanos, rows, mends, evidence, 0);
  }
}
