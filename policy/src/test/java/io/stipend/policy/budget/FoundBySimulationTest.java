package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.NOW;
import static io.stipend.policy.budget.Calls.attempt;
import static io.stipend.policy.budget.Calls.costs;
import static io.stipend.policy.budget.Calls.facts;
import static io.stipend.policy.budget.Calls.rule;
import static io.stipend.policy.budget.Calls.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.Corrected;
import io.stipend.metering.ledger.LedgerEntry.Expired;
import io.stipend.metering.ledger.LedgerEntry.Rolled;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.SqliteLedger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The smallest form of each fault of the budgets that the simulation has found. */
class FoundBySimulationTest {
  private static final Instant TOMORROW = NOW.plus(Duration.ofDays(1));
  private static final Instant DAY_AFTER = NOW.plus(Duration.ofDays(2));
  private static final BudgetRule DAY = rule("person/ada", Unit.USD, 100, Every.DAY);
  private static final AccountKey TODAY = DAY.account(NOW);

  @TempDir Path folder;
  private SqliteLedger ledger;
  private LocalBudgets budgets;
  private int attempts;
  private AttemptId settled;

  @BeforeEach
  void open() {
    ledger = SqliteLedger.open(folder, LedgerOptions.defaults(), InstantSource.fixed(NOW));
    budgets = new LocalBudgets(ledger, InstantSource.fixed(NOW));
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private Reservation hold(BudgetRule rule, Estimate estimate, Instant now) throws Exception {
    while (true) {
      Budgets.Result result =
          budgets.reserve(attempt(++attempts), facts("ada"), List.of(rule), estimate, now);
      if (!(result instanceof Budgets.Cold cold)) {
        return ((Budgets.Held) result).reservation();
      }
      cold.warm().get(10, TimeUnit.SECONDS);
    }
  }

  private void spend(long amount, Instant now) throws Exception {
    Reservation held = hold(DAY, whole(amount), now);
    held.sent();
    held.settle(costs(amount)).get(10, TimeUnit.SECONDS);
    settled = held.id();
  }

  private void mend(long by, Rules rules, Instant now) throws Exception {
    Corrected corrected =
        new Corrected(
            now,
            "c" + ++attempts,
            settled,
            TokenUsage.ZERO,
            by,
            List.of(new Posting(TODAY, by)),
            "eve",
            "reconciled");
    budgets.funds().correct(corrected, rules, now).get(10, TimeUnit.SECONDS);
  }

  private <T> T read(Function<LedgerReader, T> reading) {
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.verify().problems()).isEmpty();
      return reading.apply(reader);
    }
  }

  @Test
  void anAccountIsNotRolledUnderACallThatHoldsNothingOnIt() throws Exception {
    Reservation free = hold(DAY, new Estimate(Charge.ZERO, Charge.ZERO, Charge.ZERO), NOW);
    free.sent();
    hold(DAY, whole(10), TOMORROW).durable().get(10, TimeUnit.SECONDS);
    assertThat(read(LedgerReader::rolls)).isEmpty();
    free.settle(costs(3)).get(10, TimeUnit.SECONDS);
    hold(DAY, whole(10), TOMORROW).durable().get(10, TimeUnit.SECONDS);
    assertThat(read(LedgerReader::rolls)).extracting(Rolled::expired).containsExactly(97L);
  }

  @Test
  void whatACorrectionGivesBackBeyondAllUseEndsWithThePeriodThatItCameTo() throws Exception {
    spend(30, NOW);
    spend(1, TOMORROW);
    mend(-20, key -> DAY, TOMORROW);
    hold(DAY, whole(1), TOMORROW.plus(Duration.ofDays(1))).durable().get(10, TimeUnit.SECONDS);
    assertThat(read(LedgerReader::rolls)).extracting(Rolled::expired).containsExactly(70L, 119L);
    assertThat(read(reader -> reader.totals().get(DAY.account(TOMORROW))).available()).isZero();
  }

  @Test
  void aCorrectionNeverMovesAClosedAccountWhateverBecameOfItsRule() throws Exception {
    spend(30, NOW);
    budgets.balances(List.of(DAY), TOMORROW).get(10, TimeUnit.SECONDS);
    ledger.close();
    open();
    mend(-5, key -> null, TOMORROW);
    mend(-5, key -> DAY, NOW);
    assertThat(read(LedgerReader::corrections))
        .flatExtracting(Corrected::postings)
        .extracting(Posting::account)
        .containsOnly(DAY.account(TOMORROW));
  }

  @Test
  void aTransferLeavesWhatOpenCallsMayStillCost() throws Exception {
    BudgetRule sender = DAY.with(t -> t.transfer(1_000));
    BudgetRule bob = rule("person/bob", Unit.USD, 100, Every.DAY);
    hold(sender, new Estimate(Calls.both(10), Calls.both(80), Charge.ZERO), NOW);
    assertThatThrownBy(
            () ->
                budgets
                    .funds()
                    .transfer(sender, bob, new Funds.Gift(21, "r", "eve", null, 0), NOW)
                    .get(10, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(BudgetException.class)
        .hasMessageContaining("expected: at most 0.00000002 USD, what is left of it");
    budgets
        .funds()
        .transfer(sender, bob, new Funds.Gift(20, "r", "eve", null, 0), NOW)
        .get(10, TimeUnit.SECONDS);
  }

  @Test
  void aLotDoesNotEndUnderACallThatMayStillCostIt() throws Exception {
    BudgetRule empty = DAY.withAmount(0);
    Instant soon = NOW.plusSeconds(60);
    budgets
        .funds()
        .grant(empty, new Funds.Gift(80, "r", "eve", soon, 0), NOW)
        .get(10, TimeUnit.SECONDS);
    Reservation open = hold(empty, new Estimate(Calls.both(10), Calls.both(70), Charge.ZERO), NOW);
    open.sent();
    hold(empty, whole(0), soon).durable().get(10, TimeUnit.SECONDS);
    assertThat(read(LedgerReader::expiries)).extracting(Expired::amount).containsExactly(10L);
    open.settle(costs(70)).get(10, TimeUnit.SECONDS);
    assertThat(read(reader -> reader.totals().get(TODAY)).available()).isZero();
  }

  @Test
  void aRollOfNothingStillNamesTheAccountThatGoesOn() throws Exception {
    spend(100, NOW);
    budgets.balances(List.of(DAY), TOMORROW).get(10, TimeUnit.SECONDS);
    ledger
        .append(new LedgerEntry.Frozen(TOMORROW, "f", "person/ada", false, "", "eve"))
        .get(10, TimeUnit.SECONDS);
    assertThat(read(LedgerReader::totals)).containsKeys(TODAY, DAY.account(TOMORROW));
  }

  /** Closes tomorrow's account into that of the day after, with nothing carried over. */
  private void closeTomorrow() throws Exception {
    spend(1, TOMORROW);
    spend(1, DAY_AFTER);
  }

  private void assertTodayIsRolled() throws Exception {
    ledger
        .append(new LedgerEntry.Frozen(NOW, "f", "person/ada", false, "", "eve"))
        .get(10, TimeUnit.SECONDS);
    assertThat(read(LedgerReader::rolls)).extracting(Rolled::from).contains(TODAY);
  }

  @Test
  void afterARestartWhatLiesBehindTheAccountThatAClosedOneLeadsToIsRolled() throws Exception {
    Reservation lasting = hold(DAY, whole(10), NOW);
    lasting.sent();
    closeTomorrow();
    lasting.settle(costs(10)).get(10, TimeUnit.SECONDS);
    ledger.close();
    open();
    budgets.balances(List.of(DAY), TOMORROW).get(10, TimeUnit.SECONDS);
    assertTodayIsRolled();
  }

  @Test
  void theSweepRollsWhatWasUsedAfterTheClockWentBackBehindAClosedAccount() throws Exception {
    closeTomorrow();
    spend(1, NOW);
    budgets.funds().rollUp(DAY, TODAY, TOMORROW).get(10, TimeUnit.SECONDS);
    assertTodayIsRolled();
  }

  @Test
  void aCorrectionStaysWithItsBudgetWhereItsOwnerHasAnotherOfTheSameUnit() throws Exception {
    BudgetRule week = rule("person/ada", Unit.USD, 100, Every.WEEK);
    spend(30, NOW);
    hold(week, whole(10), NOW).durable().get(10, TimeUnit.SECONDS);
    budgets.balances(List.of(DAY), TOMORROW).get(10, TimeUnit.SECONDS);
    ledger.close();
    open();
    mend(-5, key -> null, TOMORROW);
    assertThat(read(LedgerReader::corrections))
        .flatExtracting(Corrected::postings)
        .extracting(Posting::account)
        .containsExactly(DAY.account(TOMORROW));
  }
}
