package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.person;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.metering.ledger.LedgerEntry.Rolled;
import io.stipend.policy.budget.Budgets.AccountBalance;
import org.junit.jupiter.api.Test;

/** Loans that one grant does not repay, on the real ledger. */
class DebtTest extends AllowanceFixture {
  private static final BudgetRule LENDS = person("ada", 100).with(t -> t.overdraft(80).finish(80));

  private Budgets.Result ask(long hold) {
    return ask(LENDS, hold, now);
  }

  private void spend(long hold, long cost) {
    spend(LENDS, hold, cost);
  }

  private void borrow(LoanKind kind, long amount) {
    assertThat(budgets.borrow(LENDS.account(now), LENDS, kind, amount, now)).isTrue();
  }

  /** Goes on in another month, after a restart. */
  private AccountBalance balanceOn(String day) {
    on(day);
    restart();
    assertThat(ask(10_000)).isInstanceOf(Budgets.Shortfall.class);
    return balance();
  }

  private AccountBalance balance() {
    return balance(LENDS);
  }

  @Test
  void whatTheNextGrantDoesNotRepayIsOwedByTheOnesAfterItUntilItIsRepaid() {
    spend(100, 100);
    borrow(LoanKind.OVERDRAFT, 80);
    borrow(LoanKind.FINISH, 80);
    spend(160, 160);
    assertThat(balanceOn("2026-12-01").remaining()).isEqualTo(-60);
    assertThat(balanceOn("2027-01-01").remaining()).isEqualTo(40);
    assertThat(balance().repaid()).isEqualTo(60);
    spend(40, 40);
    assertThat(balanceOn("2027-02-01").remaining()).isEqualTo(100);
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
    assertThat(balanceOn("2027-02-01").remaining()).isEqualTo(100);
    assertThat(rolls()).extracting(Rolled::owed).containsExactly(160L, 60L, 0L);
  }

  @Test
  void aLoanOnTopOfADebtIsOwedWithItAndAnOverageIsNot() {
    spend(100, 100);
    borrow(LoanKind.OVERDRAFT, 80);
    borrow(LoanKind.FINISH, 50);
    spend(130, 130);
    assertThat(balanceOn("2026-12-01").remaining()).isEqualTo(-30);
    // The loan covers the debt first: 50 are left, and 7 more are billed than were held.
    borrow(LoanKind.OVERDRAFT, 80);
    spend(50, 57);
    assertThat(balanceOn("2027-01-01").remaining()).isEqualTo(20);
    assertThat(rolls()).extracting(Rolled::owed).containsExactly(130L, 80L);
  }
}
