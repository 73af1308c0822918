package io.stipend.gateway.cli;

import io.stipend.metering.Unit;
import io.stipend.metering.reconcile.Reason;
import io.stipend.metering.reconcile.ReconcileReport;
import io.stipend.metering.reconcile.ReportLine;
import io.stipend.metering.reconcile.Scope;
import io.stipend.metering.reconcile.Status;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The shape of {@code reconcile --json}. Costs are decimal strings; a difference is what the
 * provider has more; what a side does not tell is null.
 *
 * @param byReason the parts of the whole difference
 * @param entered corrections that were entered by this command
 * @param notes what was not compared
 */
record ReconcileShown(
    String provider,
    String from,
    String to,
    String currency,
    String gatewayCost,
    String providerCost,
    String difference,
    Map<String, String> byReason,
    Map<String, Long> lineCounts,
    List<Line> lines,
    List<ReconcileCommand.Entry> proposals,
    int entered,
    List<String> notes) {
  /** A line of the report. */
  record Line(
      String day,
      String provider,
      String key,
      String model,
      String tier,
      String meter,
      @Nullable Long gatewayQuantity,
      @Nullable Long providerQuantity,
      @Nullable Long quantityDifference,
      @Nullable String gatewayCost,
      @Nullable String providerCost,
      @Nullable String costDifference,
      @Nullable String percent,
      List<Part> reasons,
      String status,
      List<String> adjustingEntries) {
    static Line of(ReportLine line, Unit unit) {
      return new Line(
          line.day().toString(),
          line.account(),
          line.key(),
          line.model(),
          line.tier(),
          line.meter().label(),
          line.gatewayQuantity(),
          line.providerQuantity(),
          line.quantityDelta(),
          amount(unit, line.gatewayNanos()),
          line.providerCost() == null ? null : line.providerCost().toPlainString(),
          amount(unit, line.nanosDelta()),
          line.percent() == null ? null : line.percent().toPlainString(),
          line.parts().stream().map(part -> Part.of(part, unit)).toList(),
          line.status().label(),
          line.entries());
    }
  }

  /** A part of a difference. */
  record Part(String reason, long quantity, String cost, String evidence) {
    static Part of(ReportLine.Part part, Unit unit) {
      return new Part(
          part.reason().label(), part.quantity(), unit.format(part.nanos()), part.evidence());
    }
  }

  static ReconcileShown of(Scope scope, ReconcileReport report, int entered) {
    Unit unit = new Unit(report.currency());
    Map<String, String> byReason = new TreeMap<>();
    report
        .nanosByReason()
        .forEach((reason, nanos) -> byReason.put(reason.label(), unit.format(nanos)));
    Map<String, Long> counts = new TreeMap<>();
    report.lineCounts().forEach((status, count) -> counts.put(status.label(), count));
    return new ReconcileShown(
        scope.vendor().label(),
        scope.from().toString(),
        scope.to().toString(),
        report.currency(),
        unit.format(report.gatewayNanos()),
        report.providerCost().toPlainString(),
        unit.format(report.nanosDelta()),
        byReason,
        counts,
        report.lines().stream().map(line -> Line.of(line, unit)).toList(),
        report.proposals().stream().map(ReconcileCommand.Entry::of).toList(),
        entered,
        report.notes());
  }

  private static @Nullable String amount(Unit unit, @Nullable Long nanos) {
    return nanos == null ? null : unit.format(nanos);
  }

  /** The lines that differ as a table, and the sums. */
  static void print(Terminal terminal, Scope scope, ReconcileReport report, int entered) {
    Unit unit = new Unit(report.currency());
    SparseTable table =
        new SparseTable(
            Set.of("KEY", "TIER"),
            "DAY",
            "PROVIDER",
            "KEY",
            "MODEL",
            "TIER",
            "METER",
            "GATEWAY",
            "BILLED",
            "COST DIFFERENCE",
            "STATUS",
            "REASON");
    report.lines().stream()
        .filter(line -> line.status() != Status.MATCHED)
        .forEach(
            line ->
                table.row(
                    line.day().toString(),
                    PlainLine.escape(line.account()),
                    PlainLine.escape(line.key()),
                    PlainLine.escape(line.model()),
                    PlainLine.escape(line.tier()),
                    line.meter().label(),
                    text(line.gatewayQuantity()),
                    text(line.providerQuantity()),
                    Objects.requireNonNullElse(amount(unit, line.nanosDelta()), ""),
                    line.status().label(),
                    line.parts().stream()
                        .map(part -> part.reason().label())
                        .distinct()
                        .collect(Collectors.joining(", "))));
    if (report.lines().size() > report.lineCounts().getOrDefault(Status.MATCHED, 0L)) {
      terminal.text(table.table());
    }
    printSums(terminal, scope, report, entered);
    report.notes().forEach(terminal::note);
  }

  private static void printSums(
      Terminal terminal, Scope scope, ReconcileReport report, int entered) {
    Unit unit = new Unit(report.currency());
    terminal.line(
        scope.vendor().label()
            + " from "
            + scope.from()
            + " to "
            + scope.to()
            + ": ledger "
            + unit.format(report.gatewayNanos())
            + ", billed "
            + report.providerCost().toPlainString()
            + ", difference "
            + unit.format(report.nanosDelta())
            + " "
            + report.currency());
    for (Map.Entry<Reason, Long> one : report.nanosByReason().entrySet()) {
      terminal.line(
          "  "
              + one.getKey().label()
              + " "
              + unit.format(one.getValue())
              + ": "
              + one.getKey().sentence());
    }
    terminal.line(
        "Lines: "
            + report.lineCounts().entrySet().stream()
                .map(count -> count.getValue() + " " + count.getKey().label())
                .collect(Collectors.joining(", "))
            + ". Corrections: "
            + report.proposals().size()
            + " proposed, "
            + entered
            + " entered.");
  }

  private static String text(@Nullable Long value) {
    return value == null ? "" : value.toString();
  }
}
