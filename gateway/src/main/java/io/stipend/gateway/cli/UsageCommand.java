package io.stipend.gateway.cli;

import static java.util.stream.Collectors.joining;

import io.stipend.gateway.admin.AdminJson;
import io.stipend.metering.Unit;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import java.nio.file.Path;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
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
        "Write one row for each attempt that was sent to a provider, and one for each correction",
        "of a month that was closed by then.",
        "Works while a gateway runs and while none does."
      })
  static final class Export implements Callable<Integer> {
    private final Terminal terminal;
    private final Workspace workspace;

    @Mixin RangeOptions times = new RangeOptions();

    @Option(names = "--format", description = "csv (default) or jsonl.")
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

    Export(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    @Override
    public Integer call() {
      UsageExport.Format type = format();
      RangeOptions.Range range = times.in(workspace.quota().timezone());
      Instant first = range.from();
      Instant end = range.to();
      boolean toScreen = out.toString().equals("-");
      Report report;
      // Before the rows: what begins later they may lack.
      Instant now = workspace.now();
      try (LedgerReader reader = workspace.reader()) {
        UsageExport.Summary summary =
            toScreen
                ? UsageExport.write(reader, first, end, type, terminal.out())
                : UsageExport.write(reader, first, end, type, out);
        report = Report.of(out, type, first, end, now, summary);
      }
      terminal.out().flush();
      if (!toScreen) {
        MetaFile.write(out, report);
      }
      String said = json.on ? AdminJson.text(report) : report.sentence();
      if (toScreen) {
        terminal.note(said);
      } else {
        terminal.line(said);
      }
      return Exit.DONE;
    }

    private UsageExport.Format format() {
      return switch (format.toLowerCase(Locale.ROOT)) {
        case "csv" -> UsageExport.Format.CSV;
        case "jsonl" -> UsageExport.Format.JSONL;
        case "parquet", "focus" ->
            throw new CommandFailure(
                Exit.USAGE,
                "not built yet: --format "
                    + format
                    + " (a later version brings it; now: csv, jsonl)");
        default ->
            throw new CommandFailure(
                Exit.USAGE, "--format: " + format + " (expected: csv or jsonl)");
      };
    }
  }

  /**
   * The shape of {@code usage export --json}.
   *
   * @param totals the sum of all costs by currency, as decimal strings
   * @param completeUntil rows with an earlier {@code started_at} are all there; later ones may come
   * @param months the months of UTC within the range that ever were closed: rows of those that are
   *     closed stay as they are
   */
  record Report(
      String file,
      String format,
      String from,
      String to,
      long rows,
      Map<String, String> totals,
      String completeUntil,
      List<Month> months,
      long headSeq,
      String headHash) {
    static Report of(
        Path file,
        UsageExport.Format format,
        Instant from,
        Instant to,
        Instant now,
        UsageExport.Summary summary) {
      Map<String, String> totals = new TreeMap<>();
      summary
          .totalNanos()
          .forEach((currency, nanos) -> totals.put(currency, new Unit(currency).format(nanos)));
      return new Report(
          file.toString(),
          format.name().toLowerCase(Locale.ROOT),
          from.toString(),
          to.toString(),
          summary.rows(),
          totals,
          complete(to, now, summary.state().oldestOpen()).toString(),
          months(from, to, summary.state()),
          summary.head().seq(),
          summary.head().hash());
    }

    /** Rows that start before this instant are all there: nothing older is still under way. */
    private static Instant complete(Instant end, Instant now, @Nullable Instant oldestOpen) {
      Instant least = oldestOpen != null && oldestOpen.isBefore(now) ? oldestOpen : now;
      return least.isBefore(end) ? least : end;
    }

    private static List<Month> months(Instant from, Instant to, LedgerReader.BookedState state) {
      String first = YearMonth.from(from.atOffset(ZoneOffset.UTC)).toString();
      String last = YearMonth.from(to.minusNanos(1).atOffset(ZoneOffset.UTC)).toString();
      return state.months().values().stream()
          .filter(m -> m.month().compareTo(first) >= 0 && m.month().compareTo(last) <= 0)
          .map(Month::of)
          .toList();
    }

    /**
     * A month that ever was closed.
     *
     * @param state {@code closed} or {@code reopened}
     * @param at since when
     */
    record Month(String month, String state, String at, String by, String reason) {
      static Month of(LedgerEntry.MonthClosed entry) {
        return new Month(
            entry.month(),
            entry.closed() ? "closed" : "reopened",
            entry.at().toString(),
            entry.by(),
            entry.reason());
      }
    }

    String sentence() {
      StringBuilder text = new StringBuilder(file).append(": ").append(rows);
      text.append(rows == 1 ? " row" : " rows");
      totals.forEach((currency, sum) -> text.append(", ").append(sum).append(' ').append(currency));
      return text.append("; from ")
          .append(from)
          .append(" to ")
          .append(to)
          .append("; complete until ")
          .append(completeUntil)
          .append(months.stream().map(m -> "; " + m.month() + " " + m.state()).collect(joining()))
          .append("; ledger head ")
          .append(headSeq)
          .append(' ')
          .append(headHash)
          .toString();
    }
  }
}
