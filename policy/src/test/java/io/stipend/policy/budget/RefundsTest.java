package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.costs;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.LedgerEntry.Corrected;
import io.stipend.metering.ledger.LedgerEntry.Rolled;
import io.stipend.metering.ledger.Posting;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Corrections in favour of somebody, at the end of a period. */
class RefundsTest extends AllowanceFixture {
  private void refundOfAnUnusedDecember(BudgetRule rule) {
    Reservation call = hold(rule, 100);
    call.sent();
    call.settle(costs(100)).join();
    AccountKey november = rule.account(now);
    on("2026-12-05");
    Corrected refund =
        new Corrected(
            now,
            "c1",
            call.id(),
            TokenUsage.ZERO,
            -20,
            List.of(new Posting(november, -20)),
            "eve",
            "late");
    assertThat(balance(rule).remaining()).isEqualTo(100);
    budgets.funds().correct(refund, account -> rule, now).orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(balance(rule).remaining()).isEqualTo(120);
    assertThat(budgets.lots(List.of(rule), now).join().get(0).lots())
        .extracting(AccountLots.LotLeft::left)
        .containsExactly(120L);
    on("2027-01-05");
  }

  @Test
  void aRefundThatIsNotUsedIsCarriedOverAsTheGrantIs() {
    BudgetRule rule = ADA.with(t -> t.carryOver(CarryOver.all(1)));
    refundOfAnUnusedDecember(rule);
    spend(rule, 220);
    assertThat(balance(rule).remaining()).isZero();
    assertThat(rolls()).extracting(Rolled::expired).containsExactly(0L, 0L);
  }

  @Test
  void aRefundEndsWhereTheGrantWould() {
    BudgetRule rule = ADA.with(t -> t.carryOver(HALF));
    refundOfAnUnusedDecember(rule);
    spend(rule, 150);
    assertThat(balance(rule).remaining()).isZero();
    assertThat(rolls()).extracting(Rolled::expired).containsExactly(0L, 70L);
  }

  @Test
  void aRefundEndsWithItsPeriodWithoutCarryOver() {
    refundOfAnUnusedDecember(ADA);
    spend(ADA, 100);
    assertThat(rolls()).extracting(Rolled::expired).containsExactly(0L, 120L);
  }
}
