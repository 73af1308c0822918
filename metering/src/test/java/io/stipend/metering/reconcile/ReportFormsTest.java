package io.stipend.metering.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.reconcile.ReportLine.Part;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports that tell less, or tell it in another way, than those of a whole month by model. */
class ReportFormsTest {
  private static final LocalDate DAY = Month.FIRST.plusDays(1);

  @TempDir Path folder;
  private Month month;

  @BeforeEach
  void start() throws Exception {
    month = new Month(Vendor.ANTHROPIC, 3, folder);
  }

  @AfterEach
  void stop() throws Exception {
    month.close();
  }

  private ReconcileReport reconcile(String... texts) throws Exception {
    Path[] files = new Path[texts.length];
    for (int i = 0; i < texts.length; i++) {
      files[i] = Files.writeString(folder.resolve("file-" + i), texts[i]);
    }
    return month.reconcile(List.of(files), KeyMap.only("anthropic"));
  }

  private static Set<Reason> reasons(ReconcileReport report) {
    return report.lines().stream()
        .flatMap(line -> line.parts().stream())
        .map(Part::reason)
        .collect(Collectors.toSet());
  }

  /** The cost of a model on the day as the console's file has it. */
  private static String csv(Map<String, String> costs, String factor) {
    StringBuilder text =
        new StringBuilder(
            "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,"
                + "list_price_usd,cost_type\n");
    costs.forEach(
        (type, cost) ->
            text.append(DAY)
                .append(",M Large,Default,k,message,≤ 200k,")
                .append(type)
                .append(',')
                .append(new BigDecimal(cost).multiply(new BigDecimal(factor)))
                .append(',')
                .append(cost)
                .append(",token\n"));
    return text.toString();
  }

  @Test
  void aDiscountFromTheListPriceIsNamedByIt() throws Exception {
    month.book(month.call(DAY, Month.LARGE).booked(usage(100_000, 20_000)));

    ReconcileReport list = reconcile(csv(Map.of("input_no_cache", "0.30", "output", "0.30"), "1"));
    assertThat(reasons(list)).isEmpty();
    ReconcileReport less =
        reconcile(csv(Map.of("input_no_cache", "0.30", "output", "0.30"), "0.8"));
    assertThat(reasons(less)).containsOnly(Reason.DISCOUNT_CREDIT_TAX_ROUNDING);
    assertThat(less.nanosDelta()).isEqualTo(-120_000_000);
    assertThat(less.proposals()).isEmpty();
    assertThat(less.isClean()).isTrue();
  }

  @Test
  void wholeCentsAreTheProvidersRounding() throws Exception {
    for (int i = 0; i < 3; i++) {
      month.book(month.call(DAY, Month.LARGE).booked(usage(0, 1_000)));
    }
    // 0.045 by three lines that each show whole cents.
    String header = csv(Map.of(), "1");
    String line = DAY + ",M Large,Default,k%d,message,≤ 200k,output,0.02,0.02,token\n";
    ReconcileReport report =
        reconcile(header + line.formatted(1) + line.formatted(2) + line.formatted(3));

    assertThat(reasons(report)).containsOnly(Reason.DISCOUNT_CREDIT_TAX_ROUNDING);
    assertThat(report.nanosDelta()).isEqualTo(15_000_000);
  }

  @Test
  void onePartOfEveryPriceIsADiscountOfTheContract() throws Exception {
    month.ordinary();
    for (LocalDate day = Month.FIRST; day.isBefore(Month.END); day = day.plusDays(1)) {
      month.invoice.scale(day, Month.LARGE, "0.93");
      month.invoice.scale(day, Month.SMALL, "0.93");
    }
    ReconcileReport report = month.reconcile();

    assertThat(reasons(report)).containsOnly(Reason.DISCOUNT_CREDIT_TAX_ROUNDING);
    assertThat(report.proposals()).isEmpty();
  }

  @Test
  void aSumOfTheDayIsComparedAsSuch() throws Exception {
    month.agreed(month.call(DAY, Month.LARGE).booked(usage(1_000_000, 20_000)));
    Cause.RETRY.plant(month, DAY, Month.LARGE);
    Cause.OUTSIDE.plant(month, DAY, Month.LARGE);
    month.invoice.cost(DAY, "", "default", "sales tax", "", 500_000_000L);
    Path usage = month.invoice.write(folder).get(0);
    String sum =
        """
        {"data":[{"starting_at":"%sT00:00:00Z","results":[{"amount":"%s","currency":"USD"}]}]}
        """
            .formatted(DAY, month.billed().movePointRight(2).toPlainString());
    ReconcileReport report =
        month.reconcile(
            List.of(usage, Files.writeString(folder.resolve("sum"), sum)),
            KeyMap.only("anthropic"));

    ReportLine all =
        report.lines().stream().filter(l -> l.meter() == BillMeter.ALL).findFirst().orElseThrow();
    assertThat(all.parts().stream().map(Part::reason))
        .as("what other traffic costs is told with its tokens only, so it stays unexplained here")
        .contains(Reason.RETRY_BILLED, Reason.UNEXPLAINED);
    assertThat(all.nanosDelta()).isEqualTo(all.parts().stream().mapToLong(Part::nanos).sum());
    assertThat(report.notes()).anyMatch(note -> note.startsWith("costs: 6 days from 2026-11-01"));
  }

  @Test
  void bothFormsOfCostsAtOnceAreRefused() {
    String sum =
        """
        {"data":[{"starting_at":"%sT00:00:00Z","results":[{"amount":"5","currency":"USD"}]}]}
        """
            .formatted(DAY);
    assertThatThrownBy(() -> reconcile(sum, csv(Map.of("output", "0.30"), "1")))
        .hasMessageContaining("costs by model beside costs of everything");
  }

  @Test
  void anotherCurrencyIsRefused() throws Exception {
    month.book(month.call(DAY, Month.LARGE));
    String euro =
        """
        {"data":[{"starting_at":"%sT00:00:00Z","results":[{"amount":"5","currency":"EUR"}]}]}
        """
            .formatted(DAY);
    assertThatThrownBy(() -> reconcile(euro))
        .hasMessageContaining("an amount in EUR (expected: USD, as the ledger's)");
  }

  @Test
  void aDayThatNoFileTellsOfIsNotCompared() throws Exception {
    month.book(month.call(DAY.plusDays(1), Month.LARGE));
    month.book(month.call(DAY, Month.LARGE).booked(usage(100_000, 20_000)));
    ReconcileReport report =
        reconcile(csv(Map.of("input_no_cache", "0.30", "output", "0.30"), "1"));

    assertThat(reasons(report)).isEmpty();
    assertThat(report.notes())
        .containsExactly(
            "usage: 7 days from 2026-11-01 on not in the files, and not compared",
            "costs: 6 days from 2026-11-01 on not in the files, and not compared");
  }

  @Test
  void theFileOfTheReportHasALineForEachAndNoFormulas() throws Exception {
    Cause.CACHED_TWICE.plant(month, DAY, Month.LARGE);
    month.bill(month.call(DAY, Month.SMALL).of("=cmd", "default"), DAY, Month.SMALL);
    ReconcileReport report = month.reconcile();
    StringWriter out = new StringWriter();
    ReportCsv.write(report, out);
    Path file = folder.resolve("report.csv");
    ReportCsv.write(report, file);

    assertThat(file).hasContent(out.toString());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .as("as every other export")
        .isEqualTo("rw-------");
    assertThat(out.toString().lines()).hasSize(report.lines().size() + 1);
    assertThat(out.toString())
        .startsWith("day,provider,key,model,tier,meter,gateway_quantity,")
        .contains("2026-11-02,anthropic,,m-large,default,input,44234,3000,-41234,")
        .contains(",cached_counted_twice -41234 -0.123702,proposed,reconcile-")
        .contains(",'=cmd,")
        .doesNotContain(",=cmd,");
  }

  private static io.stipend.metering.TokenUsage usage(long input, long output) {
    return io.stipend.metering.TokenUsage.of(input, output);
  }
}
