package io.stipend.gateway.cli;

import io.stipend.metering.export.UsageExport;
import io.stipend.metering.export.UsageFormat;
import java.util.Locale;

/** The formats of {@code usage export}, by name. */
final class ExportFormats {
  private ExportFormats() {}

  static UsageFormat of(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "csv" -> UsageFormat.of(UsageExport.Format.CSV);
      case "jsonl" -> UsageFormat.of(UsageExport.Format.JSONL);
      case "parquet" -> UsageFormat.parquet(AnalyticsJar.engine());
      case "focus" ->
          throw new CommandFailure(
              Exit.USAGE,
              "not built yet: --format focus (a later version brings it; now: csv, jsonl, parquet)");
      default ->
          throw new CommandFailure(
              Exit.USAGE, "--format: " + name + " (expected: csv, jsonl or parquet)");
    };
  }
}
