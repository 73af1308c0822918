package io.stipend.gateway.bench;

import io.stipend.gateway.testing.LoadResult;
import io.stipend.gateway.testing.ProcessCost;

/**
 * What one round of one scenario on one candidate came to.
 *
 * @param perSecond exchanges, or events of streams
 * @param cpuMicros of the candidate, for each of these
 * @param p50 microseconds: of the answer; of the first event where answers are streams
 * @param gap99 between two events; 0 where there are none
 * @param gapMost the longest of these, one that had not ended included
 * @param residentMib of all its processes
 * @param faults answers other than 200, and connections that were cut
 */
record Figures(
    double perSecond,
    double cpuMicros,
    double p50,
    double p99,
    double p999,
    double gap99,
    double gapMost,
    double residentMib,
    double faults) {
  static Figures of(Scenario scenario, LoadResult result, ProcessCost before, ProcessCost after) {
    boolean events = scenario.streams();
    double count = Math.max(1, events ? result.events() : result.completed());
    var times = events ? result.firstBodyByte() : result.latencies();
    return new Figures(
        count / Math.max(1e-9, result.seconds()),
        (after.cpuMicros() - before.cpuMicros()) / count,
        times.micros(0.5),
        times.micros(0.99),
        times.micros(0.999),
        events ? result.eventGaps().micros(0.99) : 0,
        events ? result.eventGaps().micros(1) : 0,
        after.residentKib() / 1_024.0,
        result.completed() - result.statuses().getOrDefault(200, 0L) + result.resets());
  }
}
