package io.stipend.metering.report;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;

/**
 * The day of an instant in a zone. Lines of one time come together, so that the last answer is
 * nearly always right again. For one thread.
 */
final class DayOf {
  private final ZoneId zone;
  private long start = Long.MAX_VALUE;
  private long end = Long.MIN_VALUE;
  private LocalDate day = LocalDate.MIN;

  DayOf(ZoneId zone) {
    this.zone = zone;
  }

  /** Of an instant in milliseconds since 1970. */
  LocalDate day(long millis) {
    if (millis < start || millis >= end) {
      day = Instant.ofEpochMilli(millis).atZone(zone).toLocalDate();
      start = day.atStartOfDay(zone).toInstant().toEpochMilli();
      end = day.plusDays(1).atStartOfDay(zone).toInstant().toEpochMilli();
    }
    return day;
  }
}
