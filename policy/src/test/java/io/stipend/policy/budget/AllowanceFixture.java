package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.attempt;
import static io.stipend.policy.budget.Calls.costs;
import static io.stipend.policy.budget.Calls.facts;
import static io.stipend.policy.budget.Calls.person;
import static io.stipend.policy.budget.Calls.whole;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry.Rolled;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.budget.Budgets.AccountBalance;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Budgets on the real ledger, with a clock of the test. */
abstract class AllowanceFixture {
  static final BudgetRule ADA = person("ada", 100);
  static final CarryOver HALF = new CarryOver(50, 1);

  @TempDir Path folder;

  Instant now = Instant.parse("2026-11-23T10:00:00Z");
  SqliteLedger ledger;
  LocalBudgets budgets;
  int attempts;

  @BeforeEach
  void open() {
    ledger = SqliteLedger.open(folder, LedgerOptions.defaults(), () -> now);
    budgets = new LocalBudgets(ledger, () -> now);
  }

  @AfterEach
  void theLedgerVerifiesAndAFreshStartShowsTheSame() {
    ledger.close();
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.verify().ok()).as("%s", reader.verify()).isTrue();
    }
  }

  void restart() {
    ledger.close();
    open();
  }

  void on(String day) {
    now = LocalDate.parse(day).atTime(10, 0).toInstant(ZoneOffset.UTC);
  }

  Budgets.Result ask(BudgetRule rule, long hold, Instant at) {
    while (true) {
      Budgets.Result result =
          budgets.reserve(attempt(++attempts), facts("ada"), List.of(rule), whole(hold), at);
      if (!(result instanceof Budgets.Cold cold)) {
        return result;
      }
      cold.warm().orTimeout(10, TimeUnit.SECONDS).join();
    }
  }

  Reservation hold(BudgetRule rule, long amount) {
    Budgets.Result result = ask(rule, amount, now);
    assertThat(result).isInstanceOf(Budgets.Held.class);
    return ((Budgets.Held) result).reservation();
  }

  AttemptId spend(BudgetRule rule, long amount) {
    return spend(rule, amount, amount);
  }

  AttemptId spend(BudgetRule rule, long hold, long cost) {
    Reservation held = hold(rule, hold);
    held.sent();
    held.settle(costs(cost)).orTimeout(10, TimeUnit.SECONDS).join();
    return held.id();
  }

  void give(BudgetRule rule, long amount, String expires) {
    Instant at = expires == null ? null : Instant.parse(expires);
    Funds.Gift gift = new Funds.Gift(amount, "r", "eve", at, 0);
    budgets.funds().grant(rule, gift, now).orTimeout(10, TimeUnit.SECONDS).join();
  }

  AccountBalance balance(BudgetRule rule) {
    return budgets.balances(List.of(rule), now).orTimeout(10, TimeUnit.SECONDS).join().get(0);
  }

  List<Rolled> rolls() {
    restart();
    try (LedgerReader reader = LedgerReader.open(folder)) {
      return reader.rolls();
    }
  }
}
