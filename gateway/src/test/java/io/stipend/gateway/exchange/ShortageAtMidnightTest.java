package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.policy.budget.BudgetListener;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.LocalBudgets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls that began in one period and are short in the next. */
class ShortageAtMidnightTest extends ShortageFixture {
  /** November is rolled, and the clock of the next call stands before midnight. */
  private void rolled(BudgetRule rule) {
    admitted(capped(10), rule).reservation().release("unreachable", now).join();
    now = Instant.parse("2026-12-01T00:00:01Z");
    admitted(capped(10), rule).reservation().release("unreachable", now).join();
    now = Instant.parse("2026-11-30T23:59:59Z");
  }

  @Test
  void aCallThatBeganBeforeMidnightIsLentToOnTheAccountThatItIsHeldOn() {
    BudgetRule rule = ada(5_000, t -> t.overdraft(20_000), O, R);
    rolled(rule);
    admitted(capped(2_000), rule);
    assertThat(lent(rule)).isPositive();
    assertThat(budgets.balances(List.of(rule), now).join().get(0).account().period())
        .isEqualTo("2026-12");
  }

  @Test
  void theRefusalOfACallThatBeganBeforeMidnightIsToldOfTheAccountThatItWasShortOn() {
    List<String> periods = new ArrayList<>();
    budgets =
        new LocalBudgets(
            ledger,
            () -> Parts.NOW,
            new BudgetListener() {
              @Override
              public void changed(AccountKey account, BudgetRule of) {
                // Not what is asked here.
              }

              @Override
              public void refused(AccountKey account, BudgetRule of) {
                periods.add(account.period());
              }
            });
    BudgetRule rule = ada(5_000, t -> t, R);
    rolled(rule);
    assertThat(refused(capped(2_000), rule)).contains("resets at 2027-01-01T00:00:00Z");
    assertThat(periods).containsExactly("2026-12");
  }
}
