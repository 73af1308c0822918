package io.stipend.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets.AccountBalance;
import io.stipend.policy.budget.Every;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code balance --json} and {@code GET /stipend/v1/me} print. */
class PersonBalanceTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  @Test
  void theShapeIsTheContracts() {
    PersonBalance balance =
        PersonBalance.of(
            "ada",
            List.of(
                account("person/ada", Unit.USD, 400_000_000_000L, 1_500_000_000L, 500_000_000L),
                account("team/payments", Unit.USD, 12_000_000_000_000L, 0, 0)),
            false);

    assertThat(AdminJson.text(balance))
        .isEqualTo(
            """
            {"person":"ada","unit":"USD","granted":"400","carried":"0","received":"0","sent":"0",\
            "used":"1.5","held":"0.5","expired":"0","remaining":"398",\
            "resets_at":"2026-12-01T00:00:00Z","lent":"0","repaid":"0","frozen":false,"accounts":[\
            {"name":"person/ada","person":"ada","unit":"USD","granted":"400","carried":"0",\
            "received":"0","sent":"0","used":"1.5","held":"0.5","expired":"0","remaining":"398",\
            "resets_at":"2026-12-01T00:00:00Z","lent":"0","repaid":"0","every":"month"},\
            {"name":"team/payments","person":"ada","unit":"USD","granted":"12000","carried":"0",\
            "received":"0","sent":"0","used":"0","held":"0","expired":"0","remaining":"12000",\
            "resets_at":"2026-12-01T00:00:00Z","lent":"0","repaid":"0","every":"month"}]}""");
  }

  @Test
  void ofOneUnitTheAccountWithLeastRemainingIsOnTop() {
    AccountBalance own = account("person/ada", Unit.USD, 400, 10, 0);
    AccountBalance team = account("team/payments", Unit.USD, 250_000, 249_700, 0);

    assertThat(PersonBalance.of("ada", List.of(own, team), false).remaining())
        .isEqualTo("0.0000003");
    assertThat(AccountBalance.tightest(List.of(own, team))).isSameAs(team);
  }

  @Test
  void aLargeAccountWithASmallShareLeftDoesNotHideASmallOne() {
    AccountBalance own = account("person/ada", Unit.USD, 400, 398, 0);
    AccountBalance organisation = account("organisation", Unit.USD, 250_000, 249_750, 0);

    assertThat(AccountBalance.tightest(List.of(organisation, own))).isSameAs(own);
  }

  @Test
  void ofDifferentUnitsTheSmallestShareLeftIsOnTop() {
    AccountBalance tokens = account("person/bob", Unit.TOKENS, 5_000_000, 2_500_000, 0);
    AccountBalance money = account("team/payments", Unit.USD, 12_000, 1, 0);

    assertThat(AccountBalance.tightest(List.of(money, tokens))).isSameAs(tokens);
  }

  @Test
  void aBudgetThatNeverBeginsAnewResetsAtNull() {
    BudgetRule once = rule("person/ada", Unit.TOKENS, 5, Every.ONCE);
    AccountBalance balance =
        new AccountBalance(once.account(NOW), once, 5, 0, 0, 0, 0, 0, 0, 0, 0, once.resetsAt(NOW));

    assertThat(AdminJson.text(PersonBalance.of("ada", List.of(balance), true)))
        .contains(
            "\"remaining\":\"5\",\"resets_at\":null,\"lent\":\"0\",\"repaid\":\"0\",\"frozen\":true,\"accounts\":[{");
  }

  private static AccountBalance account(
      String budget, Unit unit, long granted, long used, long held) {
    BudgetRule rule = rule(budget, unit, granted, Every.MONTH);
    AccountKey key = rule.account(NOW);
    return new AccountBalance(key, rule, granted, 0, 0, 0, used, held, 0, 0, 0, rule.resetsAt(NOW));
  }

  private static BudgetRule rule(String budget, Unit unit, long amount, Every every) {
    return BudgetRule.of(budget, unit, amount, every, ZoneOffset.UTC);
  }
}
