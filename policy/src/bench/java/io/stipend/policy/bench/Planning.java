package io.stipend.policy.bench;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Estimate;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.budget.Reservation;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.plan.Plan;
import io.stipend.policy.plan.PlanReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * How long {@code plan} takes over 30 days of calls, evenly spread over people of four accounts
 * each. Arguments: calls, people, times. With {@code -Dbench.opened=FOLDER} a ledger that an
 * earlier run kept is planned over.
 */
public final class Planning {
  private static final Instant TO = Instant.parse("2026-11-30T23:00:00Z");
  private static final Duration SPAN = Duration.ofDays(30);
  private static final int UNDER_WAY = 8_192;
  private static final int TEAM_SIZE = 20;
  private static final Charge COST = new Charge(7_500_000, 1_100);

  private Planning() {}

  /** Runs. */
  public static void main(String[] args) throws IOException {
    int calls = EndToEnd.number(args, 0, 1_000_000);
    int people = EndToEnd.number(args, 1, 1_000);
    int times = EndToEnd.number(args, 2, 3);
    String kept = System.getProperty("bench.opened");
    Path folder = kept == null ? Folders.make() : Path.of(kept);
    QuotaFile now = file(folder.resolve("now.yaml"), people, "4000000 USD");
    // A tenth of the people run out.
    QuotaFile next = file(folder.resolve("next.yaml"), people, "6 USD");
    if (kept == null) {
      Meter meter = new Meter();
      fill(folder, now, calls);
      System.out.printf("written: %s%n", meter);
    }
    for (int i = 0; i < times; i++) {
      long before = Meter.heap();
      Meter meter = new Meter();
      try (LedgerReader reader = LedgerReader.open(folder)) {
        long[] told = {0};
        PlanReport report = Plan.of(now, next, reader, TO, SPAN, (done, of) -> told[0]++);
        System.out.printf(
            "load %s: %s; %,d of %,d people short; told %,d times; heap after %,d kB more%n",
            Meter.load(),
            meter.perOperation(report.calls()),
            report.people().size(),
            people,
            told[0],
            (Meter.heap() - before) >> 10);
      }
    }
    System.out.println("kept in " + folder);
  }

  private static QuotaFile file(Path path, int people, String amount) throws IOException {
    StringBuilder yaml =
        new StringBuilder(
            """
            providers: { openai: { url: "http://127.0.0.1:1", key: "${KEY}" } }
            calendar: { timezone: Europe/Berlin, currency: USD }
            allowances:
              engineer: { amount: 4000000 USD, every: month }
              less: { amount: %s, every: month }
            organisation: { budget: { amount: 9000000 USD, every: quarter } }
            groups: { research: { budget: { amount: 6000000 USD, every: month } } }
            teams:
            """
                .formatted(amount));
    for (int i = 0; i * TEAM_SIZE < people; i++) {
      yaml.append(
          "  t%d: { group: research, budget: { amount: 5000000 USD, every: month } }\n"
              .formatted(i));
    }
    yaml.append("people:\n");
    for (int i = 0; i < people; i++) {
      yaml.append(
          "  p%d: { team: t%d, allowance: %s }\n"
              .formatted(i, i / TEAM_SIZE, i % 10 == 0 ? "less" : "engineer"));
    }
    Files.writeString(path, yaml);
    QuotaFile.Result result = QuotaFile.load(path, Map.of("KEY", "k"));
    if (result instanceof QuotaFile.Loaded loaded) {
      return loaded.quotaFile();
    }
    throw new IllegalStateException(result.toString());
  }

  private static void fill(Path folder, QuotaFile file, int calls) {
    Semaphore room = new Semaphore(UNDER_WAY);
    Instant start = TO.minus(SPAN);
    List<List<BudgetRule>> rules = new ArrayList<>();
    file.principals().values().forEach(who -> rules.add(file.budgets(who)));
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, LedgerOptions.defaults(), InstantSource.fixed(start))) {
      LocalBudgets budgets = new LocalBudgets(ledger, InstantSource.fixed(start));
      for (int i = 0; i < calls; i++) {
        room.acquireUninterruptibly();
        Instant at = start.plusMillis(SPAN.toMillis() * i / calls);
        int person = i % rules.size();
        Reservation held = reserve(budgets, rules.get(person), person, i, at);
        held.sent();
        held.settle(settlement(at.plusSeconds(20))).whenComplete((done, error) -> room.release());
      }
      room.acquireUninterruptibly(UNDER_WAY);
    }
  }

  private static Reservation reserve(
      LocalBudgets budgets, List<BudgetRule> rules, int person, int number, Instant at) {
    Estimate estimate = new Estimate(COST, COST, Charge.ZERO);
    while (true) {
      Budgets.Result result =
          budgets.reserve(
              Workload.attempt(number), Workload.facts("p" + person), rules, estimate, at);
      if (result instanceof Budgets.Cold cold) {
        cold.warm().join();
      } else if (result instanceof Budgets.Held held) {
        return held.reservation();
      } else {
        throw new IllegalStateException(result + " (expected: money for every call)");
      }
    }
  }

  private static Reservation.Settlement settlement(Instant at) {
    return new Reservation.Settlement(
        at,
        COST,
        TokenUsage.of(400, 700),
        UsageSource.REPORTED,
        "completed",
        200,
        "gpt-5",
        null,
        "chatcmpl-9f1c0a7b33",
        "");
  }
}
