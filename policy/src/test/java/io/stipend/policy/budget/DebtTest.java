package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.attempt;
import static io.stipend.policy.budget.Calls.costs;
import static io.stipend.policy.budget.Calls.facts;
import static io.stipend.policy.budget.Calls.person;
import static io.stipend.policy.budget.Calls.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.stipend.metering.ledger.LedgerEntry.LoanKind;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loans that one grant does not repay, on the real ledger. */
class DebtTest {
  private static final BudgetRule ADA = person("ada", 100).with(t -> t.overdraft(80).finish(80));

  @TempDir Path folder;

  private Instant now = Instant.parse("2026-11-23T10:00:00Z");
  private SqliteLedger ledger;
  private LocalBudgets budgets;
  private int attempts;

  @BeforeEach
  void open() {
    ledger = SqliteLedger.open(folder, LedgerOptions.defaults(), () -> now);
    budgets = new LocalBudgets(ledger, () -> now);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private Budgets.Result ask(long hold) {
    while (true) {
      Budgets.Result result =
          budgets.reserve(attempt(++attempts), facts("ada"), List.of(ADA), whole(hold), now);
      if (!(result instanceof Budgets.Cold cold)) {
        return result;
      }
      cold.warm().orTimeout(10, TimeUnit.SECONDS).join();
    }
  }

  private void spend(long hold, long cost) {
    Budgets.Result result = ask(hold);
    assertThat(result).isInstanceOf(Budgets.Held.class);
    Reservation held = ((Budgets.Held) result).reservation();
    held.sent();
    held.settle(costs(cost)).orTimeout(10, TimeUnit.SECONDS).join();
  }

  private void borrow(LoanKind kind, long amount) {
    assertThat(budgets.borrow(ADA.account(now), ADA, kind, amount, now)).isTrue();
  }

  /** Goes on in another month, after a restart. */
  private AccountBalance on(String day) {
    now = LocalDate.parse(day).atTime(10, 0).toInstant(ZoneOffset.UTC);
    ledger.close();
    open();
    assertThat(ask(10_000)).isInstanceOf(Budgets.Shortfall.class);
    return balance();
  }

  private AccountBalance balance() {
    return budgets.balances(List.of(ADA), now).orTimeout(10, TimeUnit.SECONDS).join().get(0);
  }

  private List<Rolled> rolls() {
    ledger.close();
    open();
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.verify().problems()).isEmpty();
      return reader.rolls();
    }
  }

  @Test
  void whatTheNextGrantDoesNotRepayIsOwedByTheOnesAfterItUntilItIsRepaid() {
    spend(100, 100);
    borrow(LoanKind.OVERDRAFT, 80);
    borrow(LoanKind.FINISH, 80);
    spend(160, 160);
    assertThat(on("2026-12-01").remaining()).isEqualTo(-60);
    assertThat(on("2027-01-01").remaining()).isEqualTo(40);
    assertThat(balance().repaid()).isEqualTo(60);
    spend(40, 40);
    assertThat(on("2027-02-01").remaining()).isEqualTo(100);
    assertThat(rolls())
        .extracting(Rolled::repaid, Rolled::owed)
        .containsExactly(tuple(0L, 160L), tuple(-60L, 60L), tuple(0L, 0L));
  }

  @Test
  void thePeriodsOfAGatewayThatStoodStillRepayAsOthersDo() {
    spend(100, 100);
    borrow(LoanKind.OVERDRAFT, 80);
    borrow(LoanKind.FINISH, 80);
    spend(160, 160);
    assertThat(on("2027-02-01").remaining()).isEqualTo(100);
    assertThat(rolls()).extracting(Rolled::owed).containsExactly(160L, 60L, 0L);
  }

  @Test
  void aLoanOnTopOfADebtIsOwedWithItAndAnOverageIsNot() {
    spend(100, 100);
    borrow(LoanKind.OVERDRAFT, 80);
    borrow(LoanKind.FINISH, 50);
    spend(130, 130);
    assertThat(on("2026-12-01").remaining()).isEqualTo(-30);
    // The loan covers the debt first: 50 are left, and 7 more are billed than were held.
    borrow(LoanKind.OVERDRAFT, 80);
    spend(50, 57);
    assertThat(on("2027-01-01").remaining()).isEqualTo(20);
    assertThat(rolls()).extracting(Rolled::owed).containsExactly(130L, 80L);
  }
}
