package io.stipend.gateway.cli;

import io.stipend.gateway.admin.TimeText;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --from} and {@code --to}, or {@code --month}, on commands that export. */
final class SpanOptions {
  @Option(
      names = "--from",
      paramLabel = "TIME",
      description =
          "First instant: an RFC 3339 time, or a date (its first moment in calendar.timezone;"
              + " where rows or files are of UTC days, a UTC day).")
  @Nullable String from;

  @Option(names = "--to", paramLabel = "TIME", description = "The instant after the last one.")
  @Nullable String to;

  @Option(
      names = "--month",
      paramLabel = "YYYY-MM",
      description = "A month of UTC, as the books have it, instead of --from and --to.")
  @Nullable String month;

  /** UTC days: the first, and the one after the last. */
  record Days(LocalDate first, LocalDate end) {
    /** The same as instants. */
    RangeOptions.Range range() {
      return new RangeOptions.Range(
          first.atStartOfDay(ZoneOffset.UTC).toInstant(),
          end.atStartOfDay(ZoneOffset.UTC).toInstant());
    }
  }

  /** The range of time; dates are of this zone. */
  RangeOptions.Range in(ZoneId zone) {
    String named = month;
    if (named != null) {
      if (from != null || to != null) {
        throw usage("--month: " + named + " (expected: without --from and --to)");
      }
      YearMonth of = month(named);
      return new RangeOptions.Range(start(of), start(of.plusMonths(1)));
    }
    if (from == null || to == null) {
      throw usage(
          (from == null ? "--from" : "--to")
              + " is missing (expected: --from and --to, or --month)");
    }
    RangeOptions range = new RangeOptions();
    range.from = from;
    range.to = to;
    return range.in(zone);
  }

  /** The same as whole UTC days. */
  Days days() {
    RangeOptions.Range range = in(ZoneOffset.UTC);
    return new Days(day("--from", range.from()), day("--to", range.to()));
  }

  private static LocalDate day(String option, Instant instant) {
    LocalDate day = LocalDate.ofInstant(instant, ZoneOffset.UTC);
    if (!day.atStartOfDay(ZoneOffset.UTC).toInstant().equals(instant)) {
      throw usage(
          option + ": " + instant + " (expected: the begin of a UTC day, such as " + day + ")");
    }
    return day;
  }

  private static YearMonth month(String text) {
    try {
      return YearMonth.parse(text);
    } catch (DateTimeParseException e) {
      throw usage("--month: " + text + " (expected: a month of UTC such as 2026-11)");
    }
  }

  private static Instant start(YearMonth month) {
    return TimeText.instant(month.atDay(1).toString(), ZoneOffset.UTC);
  }

  private static CommandFailure usage(String message) {
    return new CommandFailure(Exit.USAGE, message);
  }
}
