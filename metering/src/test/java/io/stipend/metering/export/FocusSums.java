package io.stipend.metering.export;

import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.SignedUsage;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the ledger says of a range, to be compared with a file.
 *
 * @param costs by UTC day and currency
 */
record FocusSums(
    Map<String, BigDecimal> costs,
    long input,
    long cacheRead,
    long cacheWrite,
    long output,
    long requests) {

  static FocusSums of(LedgerReader reader, Instant from, Instant to) {
    Map<String, BigDecimal> costs = new TreeMap<>();
    long[] sums = new long[5];
    reader.bookings(
        from,
        to,
        line -> {
          SignedUsage usage = line.usage();
          if (isNothing(usage) && line.lines().isEmpty()) {
            return;
          }
          costs.merge(
              line.startedAt().toString().substring(0, 10) + " " + line.attempt().currency(),
              BigDecimal.valueOf(usage.nanos(), 9),
              BigDecimal::add);
          sums[0] += usage.input();
          sums[1] += usage.cacheRead();
          sums[2] += usage.cacheWrite();
          sums[3] += usage.output();
          sums[4] += line.correction() ? 0 : 1;
        });
    return new FocusSums(costs, sums[0], sums[1], sums[2], sums[3], sums[4]);
  }

  /** A call that used and cost nothing has no row. */
  private static boolean isNothing(SignedUsage usage) {
    return usage.nanos() == 0
        && usage.input() == 0
        && usage.cacheRead() == 0
        && usage.cacheWrite() == 0
        && usage.output() == 0;
  }
}
