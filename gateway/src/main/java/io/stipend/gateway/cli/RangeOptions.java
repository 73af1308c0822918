package io.stipend.gateway.cli;

import io.stipend.gateway.admin.TimeText;
import java.time.Instant;
import java.time.ZoneId;
import picocli.CommandLine.Option;

/** {@code --from} and {@code --to}, on commands that read the usage of a range of time. */
final class RangeOptions {
  @Option(
      names = "--from",
      required = true,
      paramLabel = "TIME",
      description =
          "First instant, by started_at: an RFC 3339 time, or a date (its first moment in"
              + " calendar.timezone).")
  String from = "";

  @Option(
      names = "--to",
      required = true,
      paramLabel = "TIME",
      description = "The instant after the last one.")
  String to = "";

  /**
   * A range of time.
   *
   * @param from first instant
   * @param to the instant after the last one, later
   */
  record Range(Instant from, Instant to) {}

  Range in(ZoneId zone) {
    Range range = new Range(TimeText.instant(from, zone), TimeText.instant(to, zone));
    if (!range.from().isBefore(range.to())) {
      throw new CommandFailure(
          Exit.USAGE, "--from: " + from + " (expected: before --to, " + to + ")");
    }
    return range;
  }
}
