package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.NOW;
import static io.stipend.policy.budget.Calls.attempt;
import static io.stipend.policy.budget.Calls.both;
import static io.stipend.policy.budget.Calls.costs;
import static io.stipend.policy.budget.Calls.facts;
import static io.stipend.policy.budget.Calls.person;
import static io.stipend.policy.budget.Calls.stream;
import static io.stipend.policy.budget.Calls.team;
import static io.stipend.policy.budget.Calls.whole;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An account on which a stream could not go on refuses everything new, and no longer than that. */
class ExhaustedAccountsTest {
  private static final BudgetRule TEAM = team("payments", 200);

  private final LocalBudgets budgets =
      new LocalBudgets(LedgerFixture.automatic(), InstantSource.fixed(NOW));
  private int attempts;

  private Budgets.Result ask(Estimate estimate, BudgetRule... rules) {
    return budgets.reserve(attempt(++attempts), facts("ada"), List.of(rules), estimate, NOW);
  }

  private Reservation sent(Estimate estimate, BudgetRule... rules) {
    Reservation held = ((Budgets.Held) ask(estimate, rules)).reservation();
    held.sent();
    return held;
  }

  @Test
  void anAccountIsExhaustedNoLongerWhenTheStreamThatLackedMoneyGoesOn() {
    BudgetRule ada = person("ada", 1_000);
    Reservation streaming = sent(stream(80, 10), ada, TEAM);
    Reservation other = sent(whole(100), TEAM);
    assertThat(streaming.extend(both(30), 5, both(45), NOW)).isNull();
    assertThat(ask(whole(1), TEAM)).isInstanceOf(Budgets.Shortfall.class);
    other.settle(costs(1));
    assertThat(ask(whole(1), TEAM)).isInstanceOf(Budgets.Shortfall.class);
    assertThat(streaming.extend(both(30), 6, both(50), NOW)).isNotNull();
    assertThat(ask(whole(1), TEAM)).isInstanceOf(Budgets.Held.class);
  }

  @Test
  void anAccountStaysExhaustedForTheOtherStreamThatStillLacksMoney() {
    Reservation goesOn = sent(stream(80, 10), TEAM);
    Reservation stuck = sent(stream(100, 10), TEAM);
    assertThat(goesOn.extend(both(30), 5, both(45), NOW)).isNull();
    assertThat(stuck.extend(both(30), 5, both(45), NOW)).isNull();
    assertThat(goesOn.extend(both(5), 6, both(50), NOW)).isNotNull();
    assertThat(ask(whole(1), TEAM)).isInstanceOf(Budgets.Shortfall.class);
    stuck.settle(costs(1));
    assertThat(ask(whole(1), TEAM)).isInstanceOf(Budgets.Held.class);
  }
}
