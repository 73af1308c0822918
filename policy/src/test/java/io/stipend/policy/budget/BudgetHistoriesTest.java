package io.stipend.policy.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Random histories against a model that has no running sums: it recomputes every answer from the
 * list of what happened. An answer that differs is a wrong admission or a phantom refusal (I11).
 */
class BudgetHistoriesTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 5_000 : 100;
  private static final int STEPS = 120;

  @RegisterExtension final BudgetInvariants invariants = new BudgetInvariants();

  @Test
  void everyAnswerIsThatOfTheModel() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      run(seed, LocalBudgets.WARM_ACCOUNTS);
    }
  }

  @Test
  void everyAnswerIsThatOfTheModelAlsoWhereHardlyAnAccountStaysInMemory() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      run(seed, 4);
    }
  }

  private void run(long seed, int warm) {
    LedgerFixture ledger = LedgerFixture.manual();
    Instant[] now = {Instant.parse("2026-11-29T10:00:00Z")};
    InstantSource clock = () -> now[0];
    LocalBudgets budgets = new LocalBudgets(ledger, clock, warm);
    invariants.watch(budgets, ledger);
    BudgetModel model = new BudgetModel(seed, budgets, ledger, now);
    for (int step = 0; step < STEPS; step++) {
      String what = "seed " + seed + ", step " + step + ": " + model.step();
      try {
        model.compare();
        invariants.check();
      } catch (AssertionError e) {
        throw new AssertionError(what + ": " + e.getMessage(), e);
      }
    }
    model.endAll();
    assertThat(budgets.openReservations()).as("seed %s", seed).isZero();
    LocalBudgets restarted = new LocalBudgets(ledger.reopened(), clock);
    for (BudgetRule rule : model.rules()) {
      assertThat(restarted.balances(List.of(rule), now[0]).join())
          .as("seed %s: a restart finds the same balances", seed)
          .isEqualTo(budgets.balances(List.of(rule), now[0]).join());
    }
  }
}
