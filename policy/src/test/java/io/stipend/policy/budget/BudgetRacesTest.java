package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.NOW;
import static io.stipend.policy.budget.Calls.attempt;
import static io.stipend.policy.budget.Calls.costs;
import static io.stipend.policy.budget.Calls.facts;
import static io.stipend.policy.budget.Calls.organisation;
import static io.stipend.policy.budget.Calls.person;
import static io.stipend.policy.budget.Calls.team;
import static io.stipend.policy.budget.Calls.whole;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BudgetRacesTest {
  private static final int THREADS = 64;
  private static final int ROUNDS = 50;

  @RegisterExtension final BudgetInvariants invariants = new BudgetInvariants();

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final AtomicLong attempts = new AtomicLong();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Test
  void aBudgetForTenCallsAdmitsExactlyTenOfSixtyFourAtOnce() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      LedgerFixture ledger = LedgerFixture.manual();
      LocalBudgets budgets = new LocalBudgets(ledger, InstantSource.fixed(NOW));
      invariants.watch(budgets, ledger);
      List<BudgetRule> rules =
          List.of(person("ada", 5_000), team("payments", 1_000), organisation(9_000));
      AtomicInteger admitted = new AtomicInteger();
      together(
          THREADS,
          thread -> {
            if (reserve(budgets, "ada", rules, 100) != null) {
              admitted.incrementAndGet();
            }
          });
      assertThat(admitted).as("round %s", round).hasValue(10);
      invariants.check();
    }
  }

  @Test
  void spendingNeverExceedsTheBudgetWhileRemaindersReturn() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      LedgerFixture ledger = LedgerFixture.automatic();
      LocalBudgets budgets = new LocalBudgets(ledger, InstantSource.fixed(NOW));
      invariants.watch(budgets, ledger);
      List<BudgetRule> rules = List.of(person("ada", 9_000), team("payments", 1_000));
      AtomicLong spent = new AtomicLong();
      together(
          THREADS,
          thread -> {
            for (int call = 0; call < 5; call++) {
              Reservation reservation = reserve(budgets, "ada", rules, 100);
              if (reservation != null) {
                reservation.sent();
                reservation.settle(costs(70 + thread % 31));
                spent.addAndGet(70 + thread % 31);
              }
            }
          });
      // Who was refused while others held does not come again: what is left is used up here.
      for (Reservation rest = reserve(budgets, "ada", rules, 100);
          rest != null;
          rest = reserve(budgets, "ada", rules, 100)) {
        rest.sent();
        rest.settle(costs(70));
        spent.addAndGet(70);
      }
      Budgets.AccountBalance team = budgets.balances(rules, NOW).join().get(1);
      assertThat(team.used()).as("round %s", round).isEqualTo(spent.get()).isBetween(901L, 1_000L);
      assertThat(team.held()).isZero();
      invariants.check();
    }
  }

  @Test
  void aCallThatFitsIsAdmittedHoweverManyOthersAreRefusedMeanwhile() throws Exception {
    LedgerFixture ledger = LedgerFixture.automatic();
    LocalBudgets budgets = new LocalBudgets(ledger, InstantSource.fixed(NOW));
    invariants.watch(budgets, ledger);
    // Eight callers need the whole team budget between them; the others fail on their own account
    // only, which comes after the team's in their list.
    BudgetRule team = team("payments", 800);
    List<BudgetRule> poor = List.of(team, person("bob", 50));
    List<BudgetRule> rich = List.of(team, person("ada", 1_000_000));
    AtomicInteger phantoms = new AtomicInteger();
    together(
        32,
        thread -> {
          for (int call = 0; call < 500; call++) {
            if (thread >= 8) {
              assertThat(reserve(budgets, "bob", poor, 100)).isNull();
              continue;
            }
            Reservation reservation = reserve(budgets, "ada", rich, 100);
            if (reservation == null) {
              phantoms.incrementAndGet();
            } else {
              reservation.release("unreachable", NOW);
            }
          }
        });
    assertThat(phantoms).hasValue(0);
  }

  private interface Work {
    void run(int thread) throws Exception;
  }

  private void together(int count, Work work) throws Exception {
    CyclicBarrier start = new CyclicBarrier(count);
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int thread = i;
      running.add(
          threads.submit(
              () -> {
                start.await(10, TimeUnit.SECONDS);
                work.run(thread);
                return null;
              }));
    }
    for (Future<?> one : running) {
      one.get(30, TimeUnit.SECONDS);
    }
  }

  private Reservation reserve(
      LocalBudgets budgets, String person, List<BudgetRule> rules, long hold) {
    Budgets.Result result =
        budgets.reserve(
            attempt(attempts.incrementAndGet()), facts(person), rules, whole(hold), NOW);
    return result instanceof Budgets.Held held ? held.reservation() : null;
  }
}
