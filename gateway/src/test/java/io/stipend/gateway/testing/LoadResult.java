package io.stipend.gateway.testing;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What came of a load; one for each thread, then added up. */
public final class LoadResult {
  final Latencies latencies = new Latencies();
  final Latencies firstBodyByte = new Latencies();
  final Latencies eventGaps = new Latencies();
  final Map<Integer, Long> statuses = new TreeMap<>();
  long events;
  long resets;
  long unfinished;
  long lastNanos;

  void add(LoadResult other) {
    latencies.add(other.latencies);
    firstBodyByte.add(other.firstBodyByte);
    eventGaps.add(other.eventGaps);
    other.statuses.forEach((status, count) -> statuses.merge(status, count, Long::sum));
    events += other.events;
    resets += other.resets;
    unfinished += other.unfinished;
    lastNanos = Math.max(lastNanos, other.lastNanos);
  }

  /** From the scheduled time to the answer's end. */
  public Latencies latencies() {
    return latencies;
  }

  /** From the scheduled time to a stream's first event. */
  public Latencies firstBodyByte() {
    return firstBodyByte;
  }

  /** Between two reads that brought events of one stream. */
  public Latencies eventGaps() {
    return eventGaps;
  }

  /** How many answers had each status. */
  public Map<Integer, Long> statuses() {
    return statuses;
  }

  public long events() {
    return events;
  }

  /** Connections that ended within an answer. */
  public long resets() {
    return resets;
  }

  /** Answers that came whole, whatever their status. */
  public long completed() {
    return latencies.count();
  }

  /** From the start to the last answer. */
  public double seconds() {
    return lastNanos / 1e9;
  }

  String text() {
    var text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%,d answers in %.2f s: %,.0f/s  %s%nstatuses %s  resets %d  unfinished %d%n",
            completed(),
            seconds(),
            completed() / Math.max(1e-9, seconds()),
            latencies,
            statuses,
            resets,
            unfinished));
    if (events > 0) {
      text.append(
          String.format(
              Locale.ROOT,
              "%,d events: %,.0f/s%nfirst event  %s%nbetween events  %s%n",
              events,
              events / Math.max(1e-9, seconds()),
              firstBodyByte,
              eventGaps));
    }
    return text.toString();
  }
}
