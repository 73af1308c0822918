package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminService.RerateMade;
import io.stipend.gateway.admin.AdminService.RerateOrder;
import io.stipend.gateway.admin.Table;
import io.stipend.gateway.dialect.Dialects;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.RateCardKept;
import io.stipend.metering.price.CardText;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.report.RerateReport;
import io.stipend.metering.report.Rerating;
import io.stipend.policy.config.QuotaFile;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ledger rerate}. */
@Command(
    name = "rerate",
    description = {
      "Price a past month under another card and show the difference.",
      "The card counts as if the quota file had named it last from the start. With --apply,"
          + " the difference is entered as corrections; doing so twice is doing it once. Those of"
          + " a closed month stand in the open one."
    })
final class LedgerRerateCommand implements Callable<Integer> {
  /** So that the text fits into one order with its parts. */
  private static final int PART = 15_000;

  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(paramLabel = "MONTH", description = "The month of UTC, such as 2026-11.")
  String month = "";

  @Option(
      names = "--card",
      required = true,
      paramLabel = "FILE",
      description = "The file of rate cards.")
  Path card = Path.of("");

  @Option(names = "--reason", description = "Why; part of the record. Needed with --apply.")
  @Nullable String reason;

  @Option(
      names = "--by",
      paramLabel = "WHO",
      description = "Who approved it. Default: who runs the command.")
  @Nullable String by;

  @Option(names = "--apply", description = "Enter the corrections; else nothing is changed.")
  boolean apply;

  @Mixin JsonOption json = new JsonOption();

  LedgerRerateCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  /** A sum, money as decimal strings. */
  record Line(
      String name, long rows, long changed, String before, String after, String difference) {}

  /** The shape of {@code --json}; {@code corrections} is null where nothing was to be entered. */
  record Report(
      String month,
      String card,
      String currency,
      Line total,
      List<Line> models,
      List<Line> teams,
      List<Line> costCenters,
      Map<String, Long> left,
      long untouched,
      @Nullable Integer corrections,
      @Nullable String entered) {}

  @Override
  public Integer call() {
    if (apply && reason == null) {
      throw new CommandFailure(Exit.USAGE, "--reason is missing (expected: why, with --apply)");
    }
    String who = ReasonOptions.by(by, workspace);
    QuotaFile quota = workspace.quota();
    RateCards other = PricesCommand.file(card);
    RerateReport report = report(quota, other);
    RerateMade made = apply ? apply(report, other, who) : null;
    if (json.on) {
      terminal.json(json(report, other, quota.currency(), made));
    } else {
      print(report, quota.currency(), made);
    }
    return Exit.DONE;
  }

  private RerateReport report(QuotaFile quota, RateCards other) {
    YearMonth asked = month();
    Instant from = asked.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    Instant to = asked.plusMonths(1).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    Rerating rerating =
        new Rerating(quota.rateCards(), other, quota::vendorOf, Dialects::costsByContent);
    RerateReport report = new RerateReport();
    try (LedgerReader reader = workspace.reader()) {
      reader.usage(from, to, row -> report.add(row, rerating.of(row)));
    }
    return report;
  }

  private YearMonth month() {
    try {
      return YearMonth.parse(month);
    } catch (DateTimeException e) {
      throw new CommandFailure(
          Exit.USAGE, "MONTH: " + PlainLine.escape(month) + " (expected: such as 2026-11)");
    }
  }

  /** The card first, then the attempts, so many at a time. */
  private RerateMade apply(RerateReport report, RateCards other, String who) {
    List<CardText> texts = other.texts();
    CardText text = texts.get(0);
    String packed = RateCardKept.of(workspace.now(), text.hash(), text.text()).packed();
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < packed.length(); i += PART) {
      parts.add(packed.substring(i, Math.min(packed.length(), i + PART)));
    }
    String why = String.valueOf(reason);
    List<String> attempts = report.changed();
    return workspace.change(
        admin -> {
          RerateMade first = admin.rerate(new RerateOrder(text.hash(), parts, List.of(), why), who);
          Unit unit = new Unit(first.currency());
          int corrections = 0;
          long difference = 0;
          for (int i = 0; i < attempts.size(); i += RerateOrder.MAX_ATTEMPTS) {
            List<String> some =
                attempts.subList(i, Math.min(attempts.size(), i + RerateOrder.MAX_ATTEMPTS));
            RerateMade made = admin.rerate(new RerateOrder(text.hash(), List.of(), some, why), who);
            corrections += made.corrections();
            difference = Math.addExact(difference, unit.parse(made.difference()));
          }
          return new RerateMade(corrections, unit.format(difference), unit.name());
        });
  }

  private Report json(RerateReport report, RateCards other, Unit unit, @Nullable RerateMade made) {
    return new Report(
        month,
        other.version(),
        unit.name(),
        line(report.total(), unit),
        lines(report.models(), unit),
        lines(report.teams(), unit),
        lines(report.costCenters(), unit),
        report.left(),
        report.untouched(),
        made == null ? null : made.corrections(),
        made == null ? null : made.difference());
  }

  private static List<Line> lines(List<RerateReport.Line> lines, Unit unit) {
    return lines.stream().map(one -> line(one, unit)).toList();
  }

  private static Line line(RerateReport.Line line, Unit unit) {
    return new Line(
        line.name(),
        line.rows(),
        line.changed(),
        unit.format(line.before()),
        unit.format(line.after()),
        unit.format(line.difference()));
  }

  private void print(RerateReport report, Unit unit, @Nullable RerateMade made) {
    Table table = new Table("BY", "NAME", "ROWS", "CHANGED", "BEFORE", "AFTER", "DIFFERENCE");
    lines(report.models(), unit).forEach(line -> row(table, "model", line));
    lines(report.teams(), unit).forEach(line -> row(table, "team", line));
    lines(report.costCenters(), unit).forEach(line -> row(table, "cost centre", line));
    row(table, "", line(report.total(), unit));
    terminal.text(table);
    report.left().forEach((why, rows) -> terminal.line(rows + " left as they stand: " + why));
    terminal.line(report.untouched() + " rows are priced by another card.");
    terminal.line(
        made == null
            ? "Nothing was changed (--apply enters the corrections)."
            : "%d corrections entered, %s %s."
                .formatted(made.corrections(), made.difference(), made.currency()));
  }

  private static void row(Table table, String kind, Line line) {
    table.row(
        kind,
        line.name().isEmpty() ? "-" : line.name(),
        Long.toString(line.rows()),
        Long.toString(line.changed()),
        line.before(),
        line.after(),
        line.difference());
  }
}
