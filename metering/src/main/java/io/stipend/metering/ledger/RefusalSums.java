package io.stipend.metering.ledger;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Counts of refusals that are of one day, person and reason, as one. */
final class RefusalSums {
  private RefusalSums() {}

  /** Each is as late as the last of those that it sums up. */
  static List<LedgerEntry.RefusalsCounted> of(List<LedgerEntry.RefusalsCounted> all) {
    Map<String, LedgerEntry.RefusalsCounted> sums = new LinkedHashMap<>();
    for (LedgerEntry.RefusalsCounted one : all) {
      sums.merge(
          one.day() + "\n" + one.person() + "\n" + one.reason(),
          one,
          (sum, more) -> {
            long count = Math.addExact(sum.count(), more.count());
            return new LedgerEntry.RefusalsCounted(
                more.at(), more.person(), more.day(), more.reason(), count);
          });
    }
    return List.copyOf(sums.values());
  }
}
