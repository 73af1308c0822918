package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminException.Kind;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as people type them. */
public final class TimeText {
  private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");
  private static final Pattern SPAN = Pattern.compile("(\\d{1,5})([dhm])");

  private TimeText() {}

  /**
   * Reads an instant.
   *
   * @param text {@code 2026-12-01} (its first moment in the zone) or RFC 3339
   * @throws AdminException of kind INVALID
   */
  public static Instant instant(String text, ZoneId zone) {
    try {
      return DATE.matcher(text).matches()
          ? LocalDate.parse(text).atStartOfDay(zone).toInstant()
          : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new AdminException(
          Kind.INVALID,
          "time: " + text + " (expected: a date such as 2026-12-01, or 2026-12-01T00:00:00Z)",
          e);
    }
  }

  /** Reads an end: an instant, or a duration from now such as {@code 90d}, {@code 12h}. */
  public static Instant end(String text, ZoneId zone, Instant now) {
    Matcher span = SPAN.matcher(text);
    Instant end;
    if (span.matches()) {
      long count = Long.parseLong(span.group(1));
      end =
          now.plus(
              switch (span.group(2)) {
                case "d" -> Duration.ofDays(count);
                case "h" -> Duration.ofHours(count);
                default -> Duration.ofMinutes(count);
              });
    } else {
      try {
        end = instant(text, zone);
      } catch (AdminException e) {
        throw new AdminException(
            Kind.INVALID,
            "expires: "
                + Orders.shown(text)
                + " (expected: a date such as 2026-12-01, a time such as 2026-12-01T00:00:00Z, or a"
                + " duration such as 90d, 12h or 30m)",
            e);
      }
    }
    if (!end.isAfter(now)) {
      throw new AdminException(
          Kind.INVALID, "expires: " + text + " is " + end + " (expected: a time to come)");
    }
    return end;
  }
}
