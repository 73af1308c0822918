package io.stipend.metering.reconcile;

import io.stipend.metering.Unit;
import io.stipend.metering.export.CsvLine;
import io.stipend.metering.export.WholeFile;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The report as a file that a spreadsheet opens: RFC 4180, a line each, the ones that agree too. A
 * difference is what the provider has more.
 */
public final class ReportCsv {
  private static final List<String> HEADER =
      List.of(
          "day",
          "provider",
          "key",
          "model",
          "tier",
          "meter",
          "gateway_quantity",
          "provider_quantity",
          "quantity_difference",
          "gateway_cost",
          "provider_cost",
          "cost_difference",
          "currency",
          "percent",
          "reason",
          "status",
          "adjusting_entry");

  private ReportCsv() {}

  /** Writes the file whole, in the place of any old one. */
  public static void write(ReconcileReport report, Path file) {
    WholeFile.writeText(file, out -> write(report, out));
  }

  static void write(ReconcileReport report, Writer out) throws IOException {
    CsvLine.cells(out, HEADER);
    Unit unit = new Unit(report.currency());
    for (ReportLine line : report.lines()) {
      String provider =
          line.providerCost() == null
              ? ""
              : line.providerCost().signum() == 0
                  ? "0"
                  : line.providerCost().stripTrailingZeros().toPlainString();
      CsvLine.cells(
          out,
          List.of(
              line.day().toString(),
              CsvLine.safe(line.account()),
              CsvLine.safe(line.key()),
              CsvLine.safe(line.model()),
              CsvLine.safe(line.tier()),
              line.meter().label(),
              number(line.gatewayQuantity()),
              number(line.providerQuantity()),
              number(line.quantityDelta()),
              amount(unit, line.gatewayNanos()),
              provider,
              amount(unit, line.nanosDelta()),
              report.currency(),
              line.percent() == null ? "" : line.percent().toPlainString(),
              reasons(line, unit),
              line.status().label(),
              String.join(" ", line.entries())));
    }
  }

  /** Each part as {@code reason QUANTITY COST}, with the signs of the differences. */
  static String reasons(ReportLine line, Unit unit) {
    return line.parts().stream()
        .map(
            part -> part.reason().label() + " " + part.quantity() + " " + unit.format(part.nanos()))
        .collect(Collectors.joining("; "));
  }

  private static String number(@Nullable Long value) {
    return value == null ? "" : value.toString();
  }

  private static String amount(Unit unit, @Nullable Long nanos) {
    return nanos == null ? "" : unit.format(nanos);
  }
}
