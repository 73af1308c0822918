package io.stipend.gateway.cli;

import io.stipend.metering.export.WholeFile;
import io.stipend.metering.report.page.Fact;
import io.stipend.metering.report.page.Format;
import io.stipend.metering.report.page.Report;
import java.nio.file.Path;
import java.time.YearMonth;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** As what a report is written, and where to. */
final class ReportOptions {
  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "table (default), csv, json or html: a page that needs nothing else.")
  @Nullable String format;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Written whole or not at all. Default: standard output.")
  @Nullable Path out;

  @Option(names = "--json", description = "The same as --format json.")
  boolean json;

  /** The format; checked before anything is read. */
  Format format() {
    if (format == null) {
      return json ? Format.JSON : Format.TABLE;
    }
    Format found = Format.of(format);
    if (found == null) {
      throw new CommandFailure(
          Exit.USAGE, "--format: " + format + " (expected: table, csv, json or html)");
    }
    if (json && found != Format.JSON) {
      throw new CommandFailure(
          Exit.USAGE, "--json: with --format " + format + " (expected: one of them)");
    }
    return found;
  }

  void write(Report report, Terminal terminal) {
    Path file = out;
    if (file == null || file.toString().equals("-")) {
      format().write(report, terminal.out());
      terminal.out().flush();
      return;
    }
    WholeFile.writeText(file, text -> format().write(report, text));
    terminal.line(file + ": " + report.title() + head(report));
  }

  private static String head(Report report) {
    return report.facts().stream()
        .filter(fact -> fact.name().equals("head_hash"))
        .map((Fact fact) -> "; ledger head " + fact.value().text())
        .findFirst()
        .orElse("");
  }

  /** A month as people type it. */
  static YearMonth month(String option, String text) {
    try {
      return YearMonth.parse(text);
    } catch (DateTimeParseException e) {
      throw new CommandFailure(
          Exit.USAGE, option + ": " + text + " (expected: a month such as 2026-11)");
    }
  }
}
