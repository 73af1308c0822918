package io.stipend.metering.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.Books.Call;
import io.stipend.metering.report.BudgetVsActual.Budget;
import java.nio.file.Path;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Causes by hand: prices are in pico-units, so that 1,000 × 1 token is a nano-unit. */
class VarianceTest {
  private static final Instant NOW = Instant.parse("2026-11-20T00:00:00Z");
  private static final String OCTOBER = "2026-10-10T00:00:00Z";
  private static final String NOVEMBER = "2026-11-10T00:00:00Z";
  private static final ZoneId UTC = ZoneId.of("UTC");

  @TempDir Path data;

  private static ChargeLine line(String meter, long quantity, long nanosEach) {
    return new ChargeLine(meter, quantity, nanosEach * 1_000, nanosEach * 1_000);
  }

  /** A call of fresh input, cache reads and output, each at a price in nano-units. */
  private static Call call(
      String at,
      String model,
      long fresh,
      long freshAt,
      long read,
      long readAt,
      long out,
      long outAt) {
    return new Call(at)
        .by("ada", "red", "CC-1")
        .of("openai", model)
        .used(new TokenUsage(fresh, read, 0, 0, out, 0))
        .lines(
            line(ChargeLine.INPUT, fresh, freshAt),
            line(ChargeLine.CACHE_READ, read, readAt),
            line(ChargeLine.OUTPUT, out, outAt));
  }

  private static Scope month(String month) {
    YearMonth of = YearMonth.parse(month);
    return new Scope(
        of.atDay(1).atStartOfDay(UTC).toInstant(),
        of.plusMonths(1).atDay(1).atStartOfDay(UTC).toInstant(),
        NOW,
        UTC);
  }

  private static BudgetVsActual.Terms terms(List<Budget> budgets, Map<String, Long> held) {
    return new BudgetVsActual.Terms(
        YearMonth.parse("2026-11"),
        YearMonth.parse("2026-10"),
        month("2026-11"),
        month("2026-10"),
        "USD",
        budgets,
        held);
  }

  private Read report(List<Budget> budgets, Map<String, Long> held) {
    try (LedgerReader reader = LedgerReader.open(data)) {
      return Read.of(BudgetVsActual.report(reader, terms(budgets, held)));
    }
  }

  private Variance variance() {
    try (LedgerReader reader = LedgerReader.open(data)) {
      BudgetVsActual made = BudgetVsActual.read(reader, terms(List.of(), Map.of()));
      return Variance.of(made.baseline(null), made.actual(null));
    }
  }

  private void books(Call... calls) throws Exception {
    try (Books books = new Books(data, NOW)) {
      for (Call call : calls) {
        books.call(call);
      }
    }
  }

  @Test
  void twiceAsManyTokensIsVolumeAlone() throws Exception {
    books(call(OCTOBER, "a", 100, 4, 100, 1, 10, 20), call(NOVEMBER, "a", 200, 4, 200, 1, 20, 20));

    assertThat(variance()).isEqualTo(new Variance(700, 700, 0, 0, 0, 1_400));
  }

  @Test
  void anotherModelIsMixAlone() throws Exception {
    books(
        call(OCTOBER, "a", 100, 4, 0, 0, 0, 0),
        call(OCTOBER, "b", 100, 2, 0, 0, 0, 0),
        call(NOVEMBER, "a", 150, 4, 0, 0, 0, 0),
        call(NOVEMBER, "b", 50, 2, 0, 0, 0, 0));

    assertThat(variance()).isEqualTo(new Variance(600, 0, 100, 0, 0, 700));
  }

  @Test
  void moreFromTheCacheIsCacheAlone() throws Exception {
    books(call(OCTOBER, "a", 100, 10, 100, 1, 0, 0), call(NOVEMBER, "a", 50, 10, 150, 1, 0, 0));

    assertThat(variance()).isEqualTo(new Variance(1_100, 0, 0, -450, 0, 650));
  }

  @Test
  void otherUnitPricesArePriceAlone() throws Exception {
    books(call(OCTOBER, "a", 100, 10, 100, 1, 10, 20), call(NOVEMBER, "a", 100, 8, 100, 2, 10, 21));

    assertThat(variance()).isEqualTo(new Variance(1_300, 0, 0, 0, -90, 1_210));
  }

  @Test
  void aNewModelIsMixAndTheFirstUseOfACacheIsCache() throws Exception {
    books(
        call(OCTOBER, "a", 100, 10, 0, 0, 0, 0),
        call(NOVEMBER, "a", 40, 10, 40, 1, 0, 0),
        call(NOVEMBER, "b", 20, 30, 0, 0, 0, 0));

    // S1 = 1000; S2 = 80 × 10 + 600; S3 = 40 × 10 + 40 + 600.
    assertThat(variance()).isEqualTo(new Variance(1_000, 0, 400, -360, 0, 1_040));
  }

  /**
   * All four at once. Before: a 300 in (200 fresh at 6, 100 read at 3 = 1,500; 5 a token), 50 out
   * at 20 = 1,000; b 150 in at 2 = 300. C₀ = 2,800, T₀ = 500. Now: a 400 in (100 fresh at 5, 300
   * read at 3 = 1,400), 100 out at 20 = 2,000; b 100 in at 2 = 200. C₁ = 3,600, T₁ = 600.
   */
  @Test
  void theFourCausesSumUpToTheDifference() throws Exception {
    books(
        call(OCTOBER, "a", 200, 6, 100, 3, 50, 20),
        call(OCTOBER, "b", 150, 2, 0, 0, 0, 0),
        call(NOVEMBER, "a", 100, 5, 300, 3, 100, 20),
        call(NOVEMBER, "b", 100, 2, 0, 0, 0, 0));

    // S₁ = 2,800 × 600 / 500 = 3,360. S₂ = 400 × 5 + 100 × 20 + 100 × 2 = 4,200.
    // S₃ = 100 × 6 + 300 × 3 + 2,000 + 200 = 3,700.
    assertThat(variance()).isEqualTo(new Variance(2_800, 560, 840, -500, -100, 3_600));
    Read report = report(List.of(), Map.of());
    assertThat(report.row("variance", "cost_center", "CC-1").path("volume").asText())
        .isEqualTo("0.00000056");
    assertThat(report.row("variance", "cost_center", "All together").path("difference").asText())
        .isEqualTo("0.0000008");
  }

  @Test
  void withoutABaselineAllIsVolume() throws Exception {
    books(call(NOVEMBER, "a", 100, 5, 0, 0, 0, 0));

    assertThat(variance()).isEqualTo(new Variance(0, 500, 0, 0, 0, 500));
  }

  @Test
  void entriesThatDoNotTellTheirLinesHaveNoCacheAndAreNamed() throws Exception {
    books(
        new Call(OCTOBER).used(TokenUsage.of(80, 20)).cost(1_000),
        new Call(NOVEMBER).used(TokenUsage.of(80, 120)).cost(3_000));

    assertThat(variance()).isEqualTo(new Variance(1_000, 1_000, 0, 0, 1_000, 3_000));
    assertThat(report(List.of(), Map.of()).json().path("notes").toString())
        .contains("0.000004 USD of both months are of entries that do not tell unit prices");
  }

  @Test
  void theBudgetIsTheSumOfItsPartsAndTheMonthThatIsOpenHasAnAccrual() throws Exception {
    books(
        call(NOVEMBER, "a", 100, 5, 0, 0, 0, 0),
        call(NOVEMBER, "a", 100, 1, 0, 0, 0, 0).assumed(),
        new Call(NOVEMBER).by("eve", null, null).cost(9));
    Read report =
        report(
            List.of(
                new Budget("CC-1", "team/red", 1_000, "quota file"),
                new Budget("CC-1", "team/blue", 200, "quota file"),
                new Budget(null, "person/eve", 10, "quota file")),
            Map.of("CC-1", 40L));

    assertThat(report.by("cost_centers", "cost_center", "budget"))
        .isEqualTo(Map.of("CC-1", "0.0000012", "(no cost centre)", "0.00000001"));
    assertThat(report.by("cost_centers", "cost_center", "variance"))
        .isEqualTo(Map.of("CC-1", "0.0000006", "(no cost centre)", "0.000000001"));
    assertThat(report.by("cost_centers", "cost_center", "used")).containsEntry("CC-1", "0.5");
    assertThat(report.row("accrual", "cost_center", "CC-1").path("assumed").asText())
        .isEqualTo("0.0000001");
    assertThat(report.row("accrual", "cost_center", "CC-1").path("at_most").asText())
        .isEqualTo("0.00000064");
    assertThat(report.json().path("state").asText()).isEqualTo("not closed");
  }

  @Test
  void whateverTheHistoryTheCausesOfEveryRowSumUpToTheNano() throws Exception {
    long seed = 20_261_130L;
    Random random = new Random(seed);
    try (Books books = new Books(data, NOW)) {
      for (int i = 0; i < 400; i++) {
        Call call =
            call(
                random.nextBoolean() ? OCTOBER : NOVEMBER,
                "m" + random.nextInt(4),
                random.nextInt(9_000),
                random.nextInt(30),
                random.nextInt(90_000),
                random.nextInt(3),
                1 + random.nextInt(900),
                random.nextInt(90));
        String center = random.nextInt(6) == 0 ? null : "CC-" + random.nextInt(3);
        call.by("p" + random.nextInt(9), center == null ? null : "red", center);
        if (random.nextInt(10) == 0) {
          call.basis = ChargeBasis.NONE;
        }
        books.call(call);
      }
    }
    Read report = report(List.of(), Map.of());
    report
        .json()
        .path("variance")
        .forEach(
            row -> {
              long sum = 0;
              for (String cause : new String[] {"volume", "mix", "cache", "price"}) {
                sum += Unit.USD.parse(row.path(cause).asText());
              }
              long first = Unit.USD.parse(row.path("baseline").asText());
              long last = Unit.USD.parse(row.path("actual").asText());
              assertThat(sum).as("seed " + seed + ": " + row).isEqualTo(last - first);
              assertThat(row.path("difference").asText()).isEqualTo(Unit.USD.format(sum));
            });
    assertThat(report.sum("cost_centers", "actual"))
        .as("seed " + seed)
        .isEqualTo(Unit.USD.parse(report.json().path("totals").path("USD").asText()));
  }
}
