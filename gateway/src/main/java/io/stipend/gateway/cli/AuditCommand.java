package io.stipend.gateway.cli;

import static java.util.stream.Collectors.joining;

import io.stipend.gateway.admin.AdminJson;
import io.stipend.gateway.admin.AdminService.AuditLine;
import io.stipend.gateway.admin.Audit;
import io.stipend.metering.export.CsvLine;
import io.stipend.metering.export.WholeFile;
import io.stipend.metering.ledger.LedgerHead;
import io.stipend.metering.ledger.LedgerReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code audit}: who changed what, as a file for auditors. */
@Command(name = "audit", description = "Export who changed what.")
final class AuditCommand {
  private AuditCommand() {}

  static CommandLine line(Terminal terminal, Workspace workspace) {
    return new CommandLine(new AuditCommand())
        .addSubcommand("export", new Export(terminal, workspace));
  }

  /** {@code audit export}. */
  @Command(
      name = "export",
      description = {
        "Write one row for each change that somebody made, in the order of entry.",
        "Changes are those of the quota file, prices, keys, grants, transfers, advances, "
            + "freezes, corrections, months and enrolments, and what was forgotten or cleaned up.",
        "Works while a gateway runs and while none does."
      })
  static final class Export implements Callable<Integer> {
    private static final List<String> COLUMNS =
        List.of("at", "what", "by", "about", "before", "after", "reason", "config_hash", "batch");

    private final Terminal terminal;
    private final Workspace workspace;

    @Mixin SpanOptions times = new SpanOptions();

    @Option(names = "--format", description = "csv (default) or jsonl.")
    String format = "csv";

    @Option(
        names = "--out",
        required = true,
        paramLabel = "FILE",
        description =
            "Written whole or not at all; FILE.meta.json beside it proves which record it is of.")
    Path out = Path.of("");

    @Mixin JsonOption json = new JsonOption();

    Export(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    @Override
    public Integer call() {
      OutFile.check("--out", out);
      String type = format.toLowerCase(Locale.ROOT);
      if (!type.equals("csv") && !type.equals("jsonl")) {
        throw new CommandFailure(Exit.USAGE, "--format: " + format + " (expected: csv or jsonl)");
      }
      RangeOptions.Range range = times.in(workspace.quota().timezone());
      Map<String, Long> changes = new TreeMap<>();
      LedgerHead[] head = new LedgerHead[1];
      WholeFile.Digest digest;
      try (LedgerReader reader = workspace.reader()) {
        digest =
            WholeFile.writeText(
                out,
                file -> {
                  if (type.equals("csv")) {
                    CsvLine.write(file, COLUMNS);
                  }
                  head[0] =
                      Audit.each(
                          reader,
                          range.from(),
                          range.to(),
                          line -> {
                            write(file, type, line);
                            changes.merge(line.what(), 1L, Long::sum);
                          });
                });
      }
      Report report =
          new Report(
              out.toString(),
              type,
              range.from().toString(),
              range.to().toString(),
              changes.values().stream().mapToLong(Long::longValue).sum(),
              changes,
              digest.sha256(),
              head[0].seq(),
              head[0].hash());
      MetaFile.write(out, report);
      terminal.line(json.on ? AdminJson.text(report) : report.sentence());
      return Exit.DONE;
    }

    private static void write(Writer file, String type, AuditLine line) {
      try {
        if (type.equals("jsonl")) {
          file.write(AdminJson.text(Row.of(line)));
          file.write('\n');
        } else {
          CsvLine.write(
              file,
              Arrays.asList(
                  line.at(),
                  line.what(),
                  line.by(),
                  line.about(),
                  line.before(),
                  line.after(),
                  line.reason(),
                  line.configHash(),
                  Long.toString(line.batch())));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** A line of {@code --format jsonl}. */
  record Row(
      String at,
      String what,
      String by,
      String about,
      String before,
      String after,
      String reason,
      @Nullable String configHash,
      long batch) {
    static Row of(AuditLine line) {
      return new Row(
          line.at(),
          line.what(),
          line.by(),
          line.about(),
          line.before(),
          line.after(),
          line.reason(),
          line.configHash(),
          line.batch());
    }
  }

  /**
   * The shape of {@code audit export --json}.
   *
   * @param changes how many rows there are of each kind
   * @param sha256 of the file, in hex
   */
  record Report(
      String file,
      String format,
      String from,
      String to,
      long rows,
      Map<String, Long> changes,
      String sha256,
      long headSeq,
      String headHash) {
    String sentence() {
      return file
          + ": "
          + rows
          + (rows == 1 ? " row" : " rows")
          + changes.entrySet().stream()
              .map(change -> ", " + change.getValue() + " " + change.getKey())
              .collect(joining())
          + "; from "
          + from
          + " to "
          + to
          + "; ledger head "
          + headSeq
          + " "
          + headHash;
    }
  }
}
