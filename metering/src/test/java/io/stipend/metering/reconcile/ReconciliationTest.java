package io.stipend.metering.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.reconcile.ReportLine.Part;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Invoices of random months, with every cause of a difference planted. */
class ReconciliationTest {
  private static final int SEEDS = 12;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Vendor.class)
  void anInvoiceThatAgreesHasNoDifference(Vendor vendor) throws Exception {
    for (int seed = 0; seed < 3; seed++) {
      Month month = month(vendor, seed);
      month.ordinary();
      ReconcileReport report = month.reconcile();
      month.close();

      assertThat(report.lines()).as("seed %d", seed).hasSizeGreaterThan(50);
      assertThat(report.lines())
          .allSatisfy(
              line -> {
                assertThat(line.status()).as(line.toString()).isEqualTo(Status.MATCHED);
                assertThat(line.parts()).isEmpty();
                assertThat(line.quantityDelta()).as(line.toString()).isIn(0L, null);
              });
      assertThat(report.proposals()).isEmpty();
      assertThat(report.notes()).isEmpty();
      assertThat(report.isClean()).isTrue();
      assertTotals(month, report);
    }
  }

  static Stream<Arguments> eachCause() {
    return Arrays.stream(Cause.values())
        .flatMap(cause -> Arrays.stream(Vendor.values()).map(v -> Arguments.of(cause, v)));
  }

  @ParameterizedTest
  @MethodSource
  void eachCause(Cause cause, Vendor vendor) throws Exception {
    for (int seed = 0; seed < 1; seed++) {
      Month month = month(vendor, 100L + seed);
      month.ordinary();
      LocalDate day = cause.day(month.random);
      cause.plant(month, day, seed % 2 == 0 ? Month.LARGE : Month.SMALL);

      ReconcileReport report = month.reconcile();

      assertThat(reasons(report)).as("%s %s", seed, told(report)).containsOnly(cause.reason);
      assertTotals(month, report);
      assertMended(month, report);
      month.close();
    }
  }

  @Test
  void everyReasonIsPlanted() {
    Set<Reason> planted = EnumSet.noneOf(Reason.class);
    Arrays.stream(Cause.values()).forEach(cause -> planted.add(cause.reason));

    assertThat(EnumSet.complementOf(EnumSet.copyOf(planted))).containsOnly(Reason.UNEXPLAINED);
  }

  @ParameterizedTest
  @EnumSource(Vendor.class)
  void allCausesAtOnce(Vendor vendor) throws Exception {
    Month month = month(vendor, 7);
    month.ordinary();
    List<Cause> causes = Arrays.asList(Cause.values());
    for (int i = 0; i < causes.size(); i++) {
      causes
          .get(i)
          .plant(month, Month.FIRST.plusDays(i % 6), i / 6 % 2 == 0 ? "m-large" : "m-small");
    }
    ReconcileReport report = month.reconcile();

    assertThat(reasons(report))
        .as(told(report))
        .containsExactlyInAnyOrderElementsOf(
            causes.stream().map(cause -> cause.reason).collect(Collectors.toSet()));
    assertTotals(month, report);
    assertMended(month, report);
    month.close();
  }

  @ParameterizedTest
  @EnumSource(Vendor.class)
  void severalCausesInOneLine(Vendor vendor) throws Exception {
    List<List<Cause>> sets =
        List.of(
            List.of(Cause.CACHED_TWICE, Cause.RETRY),
            List.of(Cause.CACHED_TWICE, Cause.STREAM_CUT),
            List.of(Cause.DAY_EDGE, Cause.CLIENT_GONE),
            List.of(Cause.DAY_EDGE, Cause.CACHED_TWICE, Cause.RETRY),
            List.of(Cause.CACHE_WRITE_SPLIT, Cause.RETRY, Cause.CONTEXT_TIER),
            List.of(Cause.SERVICE_TIER, Cause.CLIENT_GONE),
            List.of(Cause.PARSER_GAP, Cause.RETRY, Cause.SERVICE_TIER_OF_COST),
            List.of(Cause.CONTEXT_TIER, Cause.SERVICE_TIER_OF_COST),
            List.of(Cause.STREAM_CUT, Cause.CLIENT_GONE));
    for (List<Cause> causes : sets) {
      Month month = month(vendor, 300L + sets.indexOf(causes));
      month.ordinary();
      for (Cause cause : causes) {
        cause.plant(month, Month.FIRST.plusDays(2), Month.LARGE);
      }
      ReconcileReport report = month.reconcile();

      assertThat(reasons(report))
          .as("%s: %s", causes, told(report))
          .containsExactlyInAnyOrderElementsOf(
              causes.stream().map(cause -> cause.reason).collect(Collectors.toSet()));
      assertTotals(month, report);
      assertMended(month, report);
      month.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Vendor.class)
  void noSetOfCausesIsGivenAWrongName(Vendor vendor) throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      Month month = month(vendor, 1_000L + seed);
      month.ordinary();
      Random random = new Random(seed);
      List<Cause> causes = new ArrayList<>(Arrays.asList(Cause.values()));
      Collections.shuffle(causes, random);
      causes = causes.subList(0, 1 + random.nextInt(8));
      // What scales a day's costs comes last, when all of them are there.
      causes.sort((a, b) -> Boolean.compare(a == Cause.REGION, b == Cause.REGION));
      for (Cause cause : causes) {
        cause.plant(month, cause.day(random), random.nextBoolean() ? Month.LARGE : Month.SMALL);
      }
      Set<Reason> planted = EnumSet.of(Reason.UNEXPLAINED);
      causes.forEach(cause -> planted.add(cause.reason));

      ReconcileReport report = month.reconcile();

      assertThat(planted)
          .as("seed %d: %s: %s", seed, causes, told(report))
          .containsAll(reasons(report));
      assertTotals(month, report);
      month.close();
    }
  }

  @Test
  void whatHasNoEvidenceIsUnexplainedAndBookedOnNobody() throws Exception {
    Month month = month(Vendor.ANTHROPIC, 5);
    month.ordinary();
    Month.Call call = month.call(Month.FIRST, Month.LARGE);
    month.book(call);
    ReconcileReport report = month.reconcile();

    assertThat(reasons(report)).containsOnly(Reason.UNEXPLAINED);
    assertThat(report.proposals()).isEmpty();
    assertThat(report.isClean()).isFalse();
    assertTotals(month, report);
    month.close();
  }

  private Month month(Vendor vendor, long seed) throws Exception {
    return new Month(vendor, seed, Files.createTempDirectory(folder, "month"));
  }

  private static Set<Reason> reasons(ReconcileReport report) {
    return report.lines().stream()
        .flatMap(line -> line.parts().stream())
        .map(Part::reason)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String told(ReconcileReport report) {
    return report.lines().stream()
        .filter(line -> line.status() != Status.MATCHED)
        .map(ReportLine::toString)
        .collect(Collectors.joining("\n"));
  }

  /** The report's sums are those of the ledger and of the invoice, and its parts make them up. */
  private static void assertTotals(Month month, ReconcileReport report) throws Exception {
    assertThat(report.providerCost()).isEqualByComparingTo(month.billed());
    assertThat(report.gatewayNanos()).isEqualTo(month.bookedNanos());
    long difference =
        month
            .billed()
            .subtract(BigDecimal.valueOf(month.bookedNanos(), 9))
            .movePointRight(9)
            .longValue();
    assertThat(report.nanosDelta()).isCloseTo(difference, within(report.lines().size()));
    long parts = report.nanosByReason().values().stream().mapToLong(Long::longValue).sum();
    long rest = 0;
    for (ReportLine line : report.lines()) {
      if (line.nanosDelta() != null) {
        long left = line.nanosDelta() - line.parts().stream().mapToLong(Part::nanos).sum();
        assertThat(Tolerance.isWithin(left, line.providerNanos())).as(line.toString()).isTrue();
        rest += left;
      }
    }
    assertThat(report.withinTolerance()).isEqualTo(rest);
    assertThat(parts + rest).isEqualTo(report.nanosDelta());
  }

  private static org.assertj.core.data.Offset<Long> within(long most) {
    return org.assertj.core.api.Assertions.within(most);
  }

  /**
   * With its proposals entered, only what is nobody's is left; entered twice they are entered once.
   */
  private static void assertMended(Month month, ReconcileReport report) throws Exception {
    month.apply(report.proposals());
    ReconcileReport second = month.reconcile();
    assertThat(second.isClean()).as(told(second)).isTrue();
    assertThat(reasons(report)).as(told(second)).containsAll(reasons(second));
    assertTotals(month, second);
  }
}
