package io.stipend.metering.report;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;

/**
 * The day of an instant in a zone. Lines come in the order of time, so that the last answer is
 * nearly always right again. For one thread.
 */
final class DayOf {
  private final ZoneId zone;
  private Instant start = Instant.MAX;
  private Instant end = Instant.MIN;
  private LocalDate day = LocalDate.MIN;

  DayOf(ZoneId zone) {
    this.zone = zone;
  }

  LocalDate day(Instant at) {
    if (at.isBefore(start) || !at.isBefore(end)) {
      day = at.atZone(zone).toLocalDate();
      start = day.atStartOfDay(zone).toInstant();
      end = day.plusDays(1).atStartOfDay(zone).toInstant();
    }
    return day;
  }
}
