package io.stipend.metering.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.Books.Call;
import io.stipend.metering.report.Chargeback.By;
import io.stipend.metering.report.Chargeback.Split;
import io.stipend.metering.report.page.Format;
import io.stipend.metering.report.page.Pages;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChargebackTest {
  private static final Instant NOW = Instant.parse("2026-12-02T00:00:00Z");
  private static final Scope NOVEMBER =
      new Scope(
          Instant.parse("2026-11-01T00:00:00Z"),
          Instant.parse("2026-12-01T00:00:00Z"),
          NOW,
          ZoneId.of("Europe/Berlin"));
  private static final List<By> DEFAULT = List.of(By.COST_CENTER, By.TEAM, By.MODEL, By.DAY);

  @TempDir Path data;

  private static Chargeback.Terms terms(Split split, Set<String> shared) {
    return new Chargeback.Terms(
        NOVEMBER, DEFAULT, split, shared, Set.of("ci-bot"), Map.of("CC-1", 3L, "CC-3", 1L));
  }

  private Read report(Chargeback.Terms terms) {
    try (LedgerReader reader = LedgerReader.open(data)) {
      return Read.of(Chargeback.report(reader, terms));
    }
  }

  /**
   * CC-1 used 70, CC-2 30, a service 10, a team without a cost centre 1, somebody without a team 7.
   */
  private void golden() throws Exception {
    try (Books books = new Books(data, NOW)) {
      books.call(new Call("2026-11-02T10:00:00Z").by("ada", "red", "CC-1").cost(60));
      // Past midnight in Berlin.
      books.call(
          new Call("2026-11-02T23:30:00Z")
              .by("bob", "red", "CC-1")
              .of("anthropic", "claude-opus-4-5")
              .cost(10));
      books.call(new Call("2026-11-03T10:00:00Z").by("cyd", "blue", "CC-2").cost(30));
      books.call(new Call("2026-11-03T11:00:00Z").by("ci-bot", null, null).cost(10));
      books.call(new Call("2026-11-03T12:00:00Z").by("dan", "tools", null).cost(1));
      books.call(new Call("2026-11-03T13:00:00Z").by("eve", null, null).cost(7));
      books.call(new Call("2026-12-01T00:00:00Z").by("ada", "red", "CC-1").cost(1_000_000));
    }
  }

  @Test
  void eachCostCentreBearsSharedCostsByItsUse() throws Exception {
    golden();
    Read report = report(terms(Split.USAGE, Set.of()));

    // 11 × 70 / 100 = 7.7 and 11 × 30 / 100 = 3.3: the unit that is left goes to the larger rest.
    assertThat(report.by("cost_centers", "cost_center", "shared"))
        .isEqualTo(
            Map.of(
                "CC-1", "0.000000008", "CC-2", "0.000000003", "CC-3", "0", "(unattributed)", "0"));
    assertThat(report.by("cost_centers", "cost_center", "cost"))
        .isEqualTo(
            Map.of(
                "CC-1",
                "0.000000078",
                "CC-2",
                "0.000000033",
                "CC-3",
                "0",
                "(unattributed)",
                "0.000000007"));
    assertThat(report.by("shared_costs", "source", "cost"))
        .isEqualTo(Map.of("service ci-bot", "0.00000001", "team tools", "0.000000001"));
    assertThat(report.json().path("totals").path("USD").asText()).isEqualTo("0.000000118");
    assertThat(report.json().path("split").asText()).isEqualTo("usage");
    assertThat(report.json().path("notes").toString()).contains("in proportion to the cost of");
  }

  @Test
  void theyMayBearTheSameOrByHeads() throws Exception {
    golden();

    // Three of them: 11 = 4 + 4 + 3.
    assertThat(report(terms(Split.EVEN, Set.of())).column("cost_centers", "shared"))
        .containsExactly("0.000000004", "0.000000004", "0.000000003", "0");
    // 11 × 3 / 4 = 8.25 and 11 / 4 = 2.75; CC-2 has nobody in the quota file.
    assertThat(report(terms(Split.HEADCOUNT, Set.of())).column("cost_centers", "shared"))
        .containsExactly("0.000000008", "0", "0.000000003", "0");
  }

  @Test
  void whatIsNamedIsSharedByTheOthersAndBearsNothing() throws Exception {
    golden();
    Read report = report(terms(Split.USAGE, Set.of("CC-2")));

    // 41 to CC-1 alone; CC-3 used nothing.
    assertThat(report.by("cost_centers", "cost_center", "cost"))
        .isEqualTo(Map.of("CC-1", "0.000000111", "CC-3", "0", "(unattributed)", "0.000000007"));
    assertThat(report.column("shared_costs", "source"))
        .containsExactly("cost centre CC-2", "service ci-bot", "team tools");
  }

  @Test
  void teamsModelsAndDaysSayWhereTheCostArose() throws Exception {
    golden();
    Read report = report(terms(Split.USAGE, Set.of()));

    assertThat(report.by("by_team", "team", "cost"))
        .isEqualTo(
            Map.of(
                "(none)",
                "0.000000017",
                "blue",
                "0.00000003",
                "red",
                "0.00000007",
                "tools",
                "0.000000001"));
    assertThat(report.by("by_model", "model", "cost"))
        .isEqualTo(Map.of("claude-opus-4-5", "0.00000001", "gpt-5", "0.000000108"));
    assertThat(report.by("by_day", "day", "cost"))
        .as("days of Berlin")
        .isEqualTo(Map.of("2026-11-02", "0.00000006", "2026-11-03", "0.000000058"));
  }

  @Test
  void nothingUsedIsNothingCharged() {
    try (Books books = new Books(data, NOW)) {
      assertThat(books.nanos()).isZero();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    Read report = report(terms(Split.USAGE, Set.of()));

    assertThat(report.json().path("totals").size()).isZero();
    assertThat(report.json().path("cost_centers")).isEmpty();
  }

  @Test
  void sharedCostsThatNobodyCanBearStayInTheTotal() throws Exception {
    try (Books books = new Books(data, NOW)) {
      books.call(new Call("2026-11-03T11:00:00Z").by("ci-bot", null, null).cost(10));
    }
    Read report = report(terms(Split.USAGE, Set.of()));

    assertThat(report.by("cost_centers", "cost_center", "cost"))
        .containsEntry("(shared, borne by nobody)", "0.00000001");
    assertThat(report.sum("cost_centers", "cost")).isEqualTo(10);
  }

  @Test
  void whateverTheHistoryEveryTableSumsUpToTheLedgerInEveryFormat() throws Exception {
    long seed = 20_261_129L;
    Random random = new Random(seed);
    long all;
    try (Books books = new Books(data, NOW)) {
      books.append(
          new LedgerEntry.MonthClosed(
              Instant.parse("2026-11-02T00:00:00Z"), "2026-10", true, "root", ""));
      for (int i = 0; i < 600; i++) {
        int who = random.nextInt(30);
        boolean service = who == 0;
        String team = who % 7 == 1 || service ? null : "team-" + who % 5;
        String center = team == null || team.endsWith("4") ? null : "CC-" + who % 3;
        Instant at = NOVEMBER.from().plusSeconds(random.nextInt(30 * 86_400));
        Call call =
            new Call(at)
                .by(service ? "ci-bot" : "p" + who, team, center)
                .of("openai", "model-" + random.nextInt(4))
                .used(TokenUsage.of(random.nextInt(9_000), random.nextInt(900)))
                .cost(random.nextLong(5_000_000_000L));
        AttemptId id = books.call(call);
        if (random.nextInt(20) == 0) {
          long more = random.nextLong(1_000_000) - Math.min(call.nanos, 500_000);
          books.correct(id, call, more, NOW.minusSeconds(100_000));
        }
      }
      all = books.nanos();
    }
    for (Split split : Split.values()) {
      Read report = report(terms(split, Set.of("CC-2")));
      String seeded = "seed " + seed + ", " + split;
      assertThat(Unit.USD.parse(report.json().path("totals").path("USD").asText()))
          .as(seeded)
          .isEqualTo(all);
      for (String table : List.of("cost_centers", "by_team", "by_model", "by_day")) {
        assertThat(report.sum(table, "cost")).as(seeded + ": " + table).isEqualTo(all);
        assertThat(Unit.USD.parse(report.json().path(table + "_total").path("cost").asText()))
            .isEqualTo(all);
        assertThat(csv(report, table)).as(seeded + ": CSV of " + table).isEqualTo(all);
      }
    }
  }

  /** The sum of the costs of a table in CSV. */
  private static long csv(Read report, String table) {
    List<String> lines = Pages.written(report.report(), Format.CSV).lines().toList();
    int cost = List.of(lines.get(0).split(",", -1)).indexOf("cost");
    return lines.stream()
        .filter(line -> line.startsWith(table + ","))
        .mapToLong(line -> Unit.USD.parse(line.split(",", -1)[cost]))
        .sum();
  }
}
