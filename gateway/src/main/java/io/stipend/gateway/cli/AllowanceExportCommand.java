package io.stipend.gateway.cli;

import io.stipend.gateway.Version;
import io.stipend.gateway.admin.AdminJson;
import io.stipend.metering.Unit;
import io.stipend.metering.export.AllowanceExport;
import io.stipend.metering.export.ExportMeta.ColumnMeta;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.export.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code allowance export}. */
@Command(
    name = "export",
    description = {
      "Write one row for each movement of a budget that is no use of it.",
      "Those are grants, transfers, loans, repayments, carry-overs and expiries, by the "
          + "instant at which they were entered. By account the amounts add up to what may be "
          + "spent, is used and is held.",
      "Works while a gateway runs and while none does."
    })
final class AllowanceExportCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Mixin SpanOptions times = new SpanOptions();

  @Option(names = "--format", description = "csv (default), jsonl or parquet.")
  String format = "csv";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = {
        "Written whole or not at all; FILE.meta.json beside it proves which record it is of.",
        "- for standard output; the proof then goes to standard error."
      })
  Path out = Path.of("");

  @Mixin JsonOption json = new JsonOption();

  AllowanceExportCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  /**
   * The shape of {@code --json} and of the file beside the export.
   *
   * @param totals the sum of all amounts by unit, as decimal strings
   * @param completeUntil rows with an earlier {@code at} are all there; later ones may come
   * @param bytes size of the file; null if it was none
   * @param sha256 of the file, in hex; null if it was none
   */
  record Report(
      String file,
      String format,
      String from,
      String to,
      long rows,
      Map<String, String> totals,
      String completeUntil,
      long headSeq,
      String headHash,
      String filter,
      List<ColumnMeta> columns,
      String generator,
      String generatorVersion,
      String createdAt,
      @Nullable Long bytes,
      @Nullable String sha256) {}

  @Override
  public Integer call() throws IOException {
    String name = format.toLowerCase(Locale.ROOT);
    UsageExport.Format text =
        switch (name) {
          case "csv" -> UsageExport.Format.CSV;
          case "jsonl" -> UsageExport.Format.JSONL;
          case "parquet" -> null;
          default ->
              throw new CommandFailure(
                  Exit.USAGE, "--format: " + format + " (expected: csv, jsonl or parquet)");
        };
    OutFile.check("--out", out);
    boolean toScreen = out.toString().equals("-");
    RangeOptions.Range range = times.in(workspace.quota().timezone());
    Path data = workspace.recordFolder();
    Instant now = workspace.now();
    AllowanceExport.Summary[] summary = new AllowanceExport.Summary[1];
    WholeFile.Digest digest = null;
    if (text == null) {
      if (toScreen) {
        throw new CommandFailure(Exit.USAGE, "--out: - (expected: a file; parquet is no text)");
      }
      var engine = ExportFormats.engine();
      digest =
          WholeFile.write(
              out,
              part ->
                  summary[0] = AllowanceExport.write(data, range.from(), range.to(), engine, part));
    } else if (toScreen) {
      summary[0] = AllowanceExport.write(data, range.from(), range.to(), text, terminal.out());
    } else {
      digest =
          WholeFile.writeText(
              out,
              writer ->
                  summary[0] = AllowanceExport.write(data, range.from(), range.to(), text, writer));
    }
    Report report = report(name, range, now, summary[0], digest);
    terminal.out().flush();
    if (!toScreen) {
      MetaFile.write(out, report);
    }
    String said = json.on ? AdminJson.text(report) : sentence(report);
    if (toScreen) {
      terminal.note(said);
    } else {
      terminal.line(said);
    }
    return Exit.DONE;
  }

  private Report report(
      String name,
      RangeOptions.Range range,
      Instant now,
      AllowanceExport.Summary summary,
      WholeFile.@Nullable Digest digest) {
    Map<String, String> totals = new TreeMap<>();
    summary.totals().forEach((unit, amount) -> totals.put(unit, new Unit(unit).format(amount)));
    Instant complete = now.isBefore(range.to()) ? now : range.to();
    return new Report(
        out.toString(),
        name,
        range.from().toString(),
        range.to().toString(),
        summary.rows(),
        totals,
        complete.toString(),
        summary.head().seq(),
        summary.head().hash(),
        "at >= " + range.from() + " and at < " + range.to(),
        AllowanceExport.fields().stream().map(ColumnMeta::of).toList(),
        "stipend",
        Version.text(),
        now.toString(),
        digest == null ? null : digest.bytes(),
        digest == null ? null : digest.sha256());
  }

  private static String sentence(Report report) {
    StringBuilder text = new StringBuilder(report.file()).append(": ").append(report.rows());
    text.append(report.rows() == 1 ? " row" : " rows");
    report.totals().forEach((unit, sum) -> text.append(", ").append(sum).append(' ').append(unit));
    return text.append("; from ")
        .append(report.from())
        .append(" to ")
        .append(report.to())
        .append("; ledger head ")
        .append(report.headSeq())
        .append(' ')
        .append(report.headHash())
        .toString();
  }
}
