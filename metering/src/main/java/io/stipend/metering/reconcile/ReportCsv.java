package io.stipend.metering.reconcile;

import io.stipend.metering.Unit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (Writer out = Files.newBufferedWriter(part, StandardCharsets.UTF_8)) {
        write(report, out);
      }
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be written", e);
    }
  }

  static void write(ReconcileReport report, Writer out) throws IOException {
    out.write(row(HEADER.stream()));
    Unit unit = new Unit(report.currency());
    for (ReportLine line : report.lines()) {
      String provider =
          line.providerCost() == null
              ? ""
              : line.providerCost().signum() == 0
                  ? "0"
                  : line.providerCost().stripTrailingZeros().toPlainString();
      out.write(
          row(
              Stream.of(
                  line.day().toString(),
                  safe(line.account()),
                  safe(line.key()),
                  safe(line.model()),
                  safe(line.tier()),
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
                  String.join(" ", line.entries()))));
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

  /** What the provider chose must not be taken for a formula. */
  private static String safe(String text) {
    return !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
  }

  private static String row(Stream<String> cells) {
    return cells
            .map(
                cell ->
                    cell.matches("(?s).*[,\"\r\n].*")
                        ? '"' + cell.replace("\"", "\"\"") + '"'
                        : cell)
            .collect(Collectors.joining(","))
        + "\r\n";
  }
}
