package io.stipend.gateway.cli;

import io.stipend.gateway.Version;
import io.stipend.gateway.admin.AdminJson;
import io.stipend.metering.export.DayFolder;
import io.stipend.metering.export.ExportMeta;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.export.UsageFormat;
import io.stipend.metering.ledger.BookedRanges;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code usage}: what was used, as files for finance. */
@Command(name = "usage", description = "Export what was used.")
final class UsageCommand {
  private UsageCommand() {}

  static CommandLine line(Terminal terminal, Workspace workspace) {
    return new CommandLine(new UsageCommand())
        .addSubcommand("export", new Export(terminal, workspace));
  }

  /** {@code usage export}. */
  @Command(
      name = "export",
      description = {
        "Write one row for each attempt that was sent to a provider.",
        "And one for each correction of a month that was closed by then; of focus, one for "
            + "each day, consumer and price.",
        "With --by day: a file for each UTC day and its proof. A day is written again only "
            + "if something of it may have changed, and never once its month is closed.",
        "Works while a gateway runs and while none does."
      })
  static final class Export implements Callable<Integer> {
    private final Terminal terminal;
    private final Workspace workspace;

    @Mixin SpanOptions times = new SpanOptions();

    @Option(names = "--format", description = "csv (default), jsonl, parquet or focus.")
    String format = "csv";

    @Option(
        names = "--focus-version",
        paramLabel = "VERSION",
        description = "With --format focus: 1.4 (default) or 1.2.")
    @Nullable String focusVersion;

    @Option(
        names = "--out",
        required = true,
        paramLabel = "FILE|FOLDER",
        description = {
          "Written whole or not at all; FILE.meta.json beside it proves which record it is of.",
          "- for standard output; the proof then goes to standard error."
        })
    Path out = Path.of("");

    @Option(
        names = "--by",
        paramLabel = "day",
        description = "day: --out is a folder of files such as usage-2026-11-03.csv.")
    @Nullable String by;

    @Option(names = "--again", description = "With --by day: write every day, changed or not.")
    boolean again;

    @Mixin JsonOption json = new JsonOption();

    Export(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    @Override
    public Integer call() {
      if (by != null) {
        if (!by.equals("day")) {
          throw usage("--by: " + by + " (expected: day)");
        }
        return days();
      }
      if (again) {
        throw usage("--again (expected: with --by day)");
      }
      if (out.toString().equals("-")) {
        return toScreen();
      }
      if (Files.isDirectory(out)) {
        throw usage("--out: " + out + " is a folder (expected: a file, or --by day)");
      }
      OutFile.check("--out", out);
      return file();
    }

    private Integer file() {
      UsageFormat type = ExportFormats.of(format, focusVersion, workspace);
      RangeOptions.Range range = range(type);
      // Before the rows: what begins later they may lack.
      ExportMeta.Maker maker = new ExportMeta.Maker(Version.text(), workspace.now());
      ExportMeta meta;
      try (LedgerReader reader = workspace.reader();
          BookedRanges ranges = BookedRanges.open(workspace.recordFolder());
          ProgressLine line = ProgressLine.of(terminal, "usage export")) {
        long about = ranges.attempts(range.from(), range.to());
        UsageFormat.Written written =
            type.write(
                reader,
                range.from(),
                range.to(),
                out,
                (done, of) -> line.at(done, Math.max(done, about), done + " rows"));
        meta =
            ExportMeta.of(
                out,
                type,
                range.from(),
                range.to(),
                maker,
                written.summary(),
                written.digest(),
                null);
      }
      meta.writeBeside(out);
      terminal.line(json.on ? AdminJson.text(meta) : meta.sentence());
      return Exit.DONE;
    }

    private Integer toScreen() {
      UsageFormat type = ExportFormats.of(format, focusVersion, workspace);
      if (!(type instanceof UsageFormat.OfText text)) {
        throw usage("--out: - (expected: a file or a folder; " + type.name() + " is no text)");
      }
      RangeOptions.Range range = range(type);
      ExportMeta.Maker maker = new ExportMeta.Maker(Version.text(), workspace.now());
      ExportMeta meta;
      try (LedgerReader reader = workspace.reader()) {
        UsageExport.Summary summary =
            text.write(reader, range.from(), range.to(), terminal.out(), Progress.NONE);
        meta = ExportMeta.of(out, type, range.from(), range.to(), maker, summary, null, null);
      }
      terminal.out().flush();
      terminal.note(json.on ? AdminJson.text(meta) : meta.sentence());
      return Exit.DONE;
    }

    private Integer days() {
      if (out.toString().equals("-")) {
        throw usage("--out: - (expected: a folder, with --by day)");
      }
      if (Files.exists(out) && !Files.isDirectory(out)) {
        throw usage("--out: " + out + " is a file (expected: a folder, with --by day)");
      }
      UsageFormat type = ExportFormats.of(format, focusVersion, workspace);
      SpanOptions.Days days = times.days();
      DayFolder.Delivery delivery;
      try (ProgressLine line = ProgressLine.of(terminal, "usage export")) {
        delivery =
            new DayFolder(
                    workspace.recordFolder(),
                    type,
                    out,
                    new ExportMeta.Maker(Version.text(), workspace.now()),
                    again,
                    (day, done, of, rows) -> line.at(done, of, day + ", " + rows + " rows"))
                .deliver(days.first(), days.end());
      }
      terminal.line(json.on ? AdminJson.text(delivery) : delivery.sentence());
      return Exit.DONE;
    }

    /** Rows of whole UTC days are of no other range. */
    private RangeOptions.Range range(UsageFormat type) {
      return type.isOfDays() ? times.days().range() : times.in(workspace.quota().timezone());
    }

    private static CommandFailure usage(String message) {
      return new CommandFailure(Exit.USAGE, message);
    }
  }
}
