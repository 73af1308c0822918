package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.NOW;
import static io.stipend.policy.budget.Calls.attempt;
import static io.stipend.policy.budget.Calls.costs;
import static io.stipend.policy.budget.Calls.facts;
import static io.stipend.policy.budget.Calls.organisation;
import static io.stipend.policy.budget.Calls.person;
import static io.stipend.policy.budget.Calls.rule;
import static io.stipend.policy.budget.Calls.team;
import static io.stipend.policy.budget.Calls.tokens;
import static io.stipend.policy.budget.Calls.whole;
import static io.stipend.policy.budget.Calls.withAmount;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.stipend.metering.Meter;
import io.stipend.metering.Unit;
import io.stipend.metering.Units;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The budgets over the real ledger. */
class BudgetsOnDiskTest {
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);

  @TempDir Path folder;

  private static SqliteLedger open(Path folder) {
    return SqliteLedger.open(folder, LedgerOptions.defaults(), CLOCK);
  }

  private static Reservation reserve(
      LocalBudgets budgets, long number, List<BudgetRule> rules, long hold) {
    return reserve(budgets, number, facts("ada"), rules, hold);
  }

  private static Reservation reserve(
      LocalBudgets budgets, long number, AttemptFacts facts, List<BudgetRule> rules, long hold) {
    while (true) {
      Budgets.Result result = budgets.reserve(attempt(number), facts, rules, whole(hold), NOW);
      if (!(result instanceof Budgets.Cold cold)) {
        return result instanceof Budgets.Held held ? held.reservation() : null;
      }
      cold.warm().orTimeout(10, TimeUnit.SECONDS).join();
    }
  }

  @Test
  void sixtyFourThreadsGetTenCallsOutOfABudgetForTenFiftyTimes() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(64);
    AtomicInteger attempts = new AtomicInteger();
    try (SqliteLedger ledger = open(folder)) {
      LocalBudgets budgets = new LocalBudgets(ledger, CLOCK);
      for (int round = 0; round < 50; round++) {
        BudgetRule tight = rule("person/ada/" + round, Unit.USD, 1_000, Every.MONTH);
        List<BudgetRule> rules = List.of(tight, team("payments", 1_000_000), organisation(1 << 30));
        AtomicInteger admitted = new AtomicInteger();
        CyclicBarrier start = new CyclicBarrier(64);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
          running.add(
              threads.submit(
                  () -> {
                    start.await(10, TimeUnit.SECONDS);
                    Reservation held = reserve(budgets, attempts.incrementAndGet(), rules, 100);
                    if (held != null) {
                      admitted.incrementAndGet();
                      held.durable().get(10, TimeUnit.SECONDS);
                      held.sent();
                      held.settle(costs(100)).get(10, TimeUnit.SECONDS);
                    }
                    return null;
                  }));
        }
        for (Future<?> one : running) {
          one.get(20, TimeUnit.SECONDS);
        }
        assertThat(admitted).as("round %s", round).hasValue(10);
        assertThat(budgets.balances(List.of(tight), NOW).join().get(0).used()).isEqualTo(1_000);
      }
      assertThat(budgets.balances(List.of(team("payments", 1_000_000)), NOW).join().get(0).used())
          .isEqualTo(50 * 1_000);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void theRowHasTheAgentsOfTheCallAndWhatItUsedBesideTokens() throws Exception {
    Units units = Units.of(Meter.WEB_SEARCH, 3);
    Reservation.Settlement s = costs(40);
    try (SqliteLedger ledger = open(folder)) {
      LocalBudgets budgets = new LocalBudgets(ledger, CLOCK);
      AttemptFacts facts = facts("ada").byAgent("agent-1", "agent-0");
      Reservation held = reserve(budgets, 1, facts, List.of(person("ada", 5_000)), 50);
      held.sent();
      held.settle(
              new Reservation.Settlement(
                  s.at(),
                  s.charge(),
                  s.usage(),
                  s.source(),
                  s.outcome(),
                  s.httpStatus(),
                  s.modelServed(),
                  s.serviceTier(),
                  s.providerRequestId(),
                  s.flags(),
                  units))
          .get(10, TimeUnit.SECONDS);
    }
    try (LedgerReader reader = LedgerReader.open(folder)) {
      UsageRow row = reader.attempts(attempt(1).exchange()).get(0).row();
      assertThat(row.units()).isEqualTo(units);
      assertThat(row.agentId()).isEqualTo("agent-1");
      assertThat(row.parentAgentId()).isEqualTo("agent-0");
    }
  }

  @Test
  void aRestartFindsTheSameBalances() throws Exception {
    List<BudgetRule> rules =
        List.of(person("ada", 5_000), tokens("ada", 6_000), team("payments", 9_000));
    List<Budgets.AccountBalance> before;
    try (SqliteLedger ledger = open(folder)) {
      LocalBudgets budgets = new LocalBudgets(ledger, CLOCK);
      Random random = new Random(3);
      List<CompletableFuture<Void>> ends = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        Reservation held = reserve(budgets, i, rules, 50 + random.nextInt(50));
        assertThat(held).isNotNull();
        if (i % 5 == 0) {
          ends.add(held.release("unreachable", NOW));
        } else {
          held.sent();
          ends.add(held.settle(costs(40 + random.nextInt(50))));
        }
      }
      ends.add(
          budgets.funds().grant(rules.get(0), new Funds.Gift(700, "launch", "eve", null, 0), NOW));
      reserve(budgets, 100, List.of(withAmount(rules.get(0), 5_500)), 1).release("no", NOW);
      CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
    }
    List<BudgetRule> edited = new ArrayList<>(rules);
    edited.set(0, withAmount(rules.get(0), 5_500));
    try (SqliteLedger ledger = open(folder)) {
      LocalBudgets budgets = new LocalBudgets(ledger, CLOCK);
      before = budgets.balances(edited, NOW).join();
      assertThat(before.get(0).granted()).isEqualTo(5_500 + 700);
      assertThat(before.get(0).used()).isPositive();
      assertThat(before.get(1).used()).isEqualTo(before.get(0).used());
      assertThat(before).allSatisfy(balance -> assertThat(balance.held()).isZero());
      // Using the account again enters no grant a second time.
      reserve(budgets, 200, edited, 1).release("no", NOW).get(10, TimeUnit.SECONDS);
      assertThat(budgets.balances(edited, NOW).join()).isEqualTo(before);
    }
    try (SqliteLedger ledger = open(folder)) {
      assertThat(new LocalBudgets(ledger, CLOCK).balances(edited, NOW).join()).isEqualTo(before);
    }
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.grants().stream().map(LedgerEntry.Granted::id)).doesNotHaveDuplicates();
      assertThat(reader.grants()).hasSize(5);
    }
  }

  @Test
  void aKilledProcessLeavesNothingHeldAndSentAttemptsPaid(@TempDir Path found) throws Exception {
    BudgetRule rule = person("ada", 5_000);
    try (SqliteLedger ledger = open(folder)) {
      LocalBudgets budgets = new LocalBudgets(ledger, CLOCK);
      Reservation settled = reserve(budgets, 1, List.of(rule), 500);
      settled.sent();
      Reservation sent = reserve(budgets, 2, List.of(rule), 500);
      sent.sent();
      Reservation unsent = reserve(budgets, 3, List.of(rule), 500);
      settled.settle(costs(300)).get(10, TimeUnit.SECONDS);
      unsent.durable().get(10, TimeUnit.SECONDS);
      copy(folder, found);
    }
    try (SqliteLedger ledger = open(found)) {
      Budgets.AccountBalance balance =
          new LocalBudgets(ledger, CLOCK).balances(List.of(rule), NOW).join().get(0);
      assertThat(balance.held()).isZero();
      assertThat(balance.used()).isEqualTo(300 + facts("ada").expectedNanos());
      assertThat(balance.granted()).isEqualTo(5_000);
    }
  }

  @Test
  void aColdAccountLoadsWithEveryEntryThatWasAppendedJustBefore() throws Exception {
    List<BudgetRule> rules = List.of(person("ada", 90_000), team("payments", 90_000));
    try (SqliteLedger ledger = open(folder)) {
      LocalBudgets spending = new LocalBudgets(ledger, CLOCK);
      for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 10; i++) {
          Reservation held = reserve(spending, 100 * round + i, rules, 50);
          held.sent();
          held.settle(costs(30 + i));
        }
        spending.funds().grant(rules.get(0), new Funds.Gift(7, "launch", "eve", null, 0), NOW);
        // Another gateway's view of the same file; nothing of the above needs to be durable yet.
        assertThat(new LocalBudgets(ledger, CLOCK).balances(rules, NOW).get(10, TimeUnit.SECONDS))
            .as("round %s", round)
            .extracting(
                Budgets.AccountBalance::granted,
                Budgets.AccountBalance::used,
                Budgets.AccountBalance::held)
            .containsExactly(
                tuple(90_000L + 7 * (round + 1), 345L * (round + 1), 0L),
                tuple(90_000L, 345L * (round + 1), 0L));
      }
    }
  }

  @Test
  void threadsOverMoreAccountsThanStayInMemoryLoseNothing() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    BudgetRule team = team("payments", 1 << 30);
    AtomicInteger attempts = new AtomicInteger();
    AtomicLongArray spent = new AtomicLongArray(100);
    try (SqliteLedger ledger = open(folder)) {
      LocalBudgets budgets = new LocalBudgets(ledger, CLOCK, 48);
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Random random = new Random(i);
        running.add(
            threads.submit(
                () -> {
                  for (int call = 0; call < 300; call++) {
                    int own = random.nextInt(100);
                    List<BudgetRule> rules = List.of(own(own), team);
                    Reservation held = reserve(budgets, attempts.incrementAndGet(), rules, 20);
                    held.sent();
                    int cost = random.nextInt(40);
                    spent.addAndGet(own, cost);
                    CompletableFuture<Void> end = held.settle(costs(cost));
                    if (random.nextInt(8) == 0) {
                      end.get(10, TimeUnit.SECONDS);
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> one : running) {
        one.get(60, TimeUnit.SECONDS);
      }
      long all = 0;
      for (int i = 0; i < 100; i++) {
        List<BudgetRule> own = List.of(own(i));
        all += spent.get(i);
        // A fresh load waits for all that was queued, so that it comes first.
        Budgets.AccountBalance recorded =
            new LocalBudgets(ledger, CLOCK).balances(own, NOW).get(10, TimeUnit.SECONDS).get(0);
        assertThat(recorded.used()).as("account %s", i).isEqualTo(spent.get(i));
        assertThat(budgets.balances(own, NOW).get(10, TimeUnit.SECONDS)).containsExactly(recorded);
      }
      assertThat(budgets.balances(List.of(team), NOW).get(10, TimeUnit.SECONDS).get(0).used())
          .isEqualTo(all);
      assertThat(budgets.liveAccounts()).isLessThanOrEqualTo(48 + 48);
    } finally {
      threads.shutdownNow();
    }
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.grants().stream().map(LedgerEntry.Granted::id)).doesNotHaveDuplicates();
      assertThat(reader.verify().problems()).isEmpty();
    }
  }

  private static BudgetRule own(int number) {
    return rule("person/ada/" + number, Unit.USD, 1 << 30, Every.MONTH);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }
}
