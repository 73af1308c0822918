package io.stipend.policy.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.report.statement.Statement;
import io.stipend.metering.report.statement.StatementText;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Statements that were computed by hand. */
class StatementTest extends StatementFixture {
  private static final BudgetRule ADA =
      budget("ada", 400, Every.MONTH)
          .with(t -> t.carryOver(new CarryOver(usd(100), 1)).transfer(usd(50)).advance(usd(50)));
  private static final BudgetRule BOB =
      budget("bob", 400, Every.MONTH).with(t -> t.transfer(usd(50)));

  /** An autumn with everything that can happen to an allowance. */
  private AttemptId autumn() {
    at("2026-10-05T10:00:00");
    use("ada", List.of(ADA), cents(25_050), "gpt-5", "s1");
    await(budgets.funds().transfer(BOB, ADA, new Funds.Gift(usd(20), "swap", "eve", null, 0), now));
    at("2026-11-03T10:00:00");
    use("ada", List.of(ADA), usd(120), "gpt-5", "s1");
    at("2026-11-10T10:00:00");
    Instant end = Instant.parse("2026-12-30T23:00:00Z");
    await(budgets.funds().grant(ADA, new Funds.Gift(usd(50), "incident week", "eve", end, 0), now));
    await(budgets.funds().transfer(ADA, BOB, new Funds.Gift(usd(30), "swap", "eve", null, 0), now));
    at("2026-11-20T10:00:00");
    AttemptId mended = use("ada", List.of(ADA), usd(380), "claude-opus-4-5", "s2");
    at("2026-11-25T10:00:00");
    await(budgets.funds().advance(ADA, usd(40), "release week", "eve", now));
    at("2026-11-28T10:00:00");
    use("ada", List.of(ADA), usd(35), "gpt-5", null);
    at("2026-12-01T08:00:00");
    use("ada", List.of(ADA), usd(1), "gpt-5", "s1");
    return mended;
  }

  @Test
  void everyLineOfAMonthIsThatOfTheHand() {
    autumn();
    Statement statement = month("ada", "2026-11", ADA);
    System.out.println(StatementText.of(month("ada", "2026-10", ADA)));
    System.out.println(StatementText.of(statement));
    System.out.println(StatementText.of(month("ada", "2026-12", ADA)));
    System.out.println(StatementText.of(month("ada", "2027-01", ADA)));
    assertThat(statement.budgets()).hasSize(1);
  }
}
