package io.stipend.metering.ledger;

import io.stipend.metering.ChargeLine;
import io.stipend.metering.ChargeLines;
import java.util.List;

/**
 * What the corrections of one attempt add that stand apart from it, all together.
 *
 * @param more tokens and cost
 * @param lines of that cost, signed
 * @param version the rate card that priced the attempt before the first of them
 */
record Apart(SignedUsage more, List<ChargeLine> lines, String version) {
  static Apart of(Adjustment adjustment) {
    return new Apart(adjustment.more(), adjustment.lines(), adjustment.versionBefore());
  }

  /** Both, where the other was entered later. */
  Apart then(Apart later) {
    return new Apart(more.plus(later.more), ChargeLines.plus(lines, later.lines), version);
  }
}
