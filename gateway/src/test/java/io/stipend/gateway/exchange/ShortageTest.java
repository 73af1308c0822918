package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.Reservation.Settlement;
import io.stipend.policy.budget.Sessions;
import io.stipend.policy.budget.Terms;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * The steps of a short budget over a real ledger. Input costs 1 nano-dollar a token, output 10 of
 * the model m and 1 of the model cheap, which has at most 4,096 of it.
 */
class ShortageTest extends ShortageFixture {
  @Test
  void aDowngradedCallIsHeldExpectedAndRecordedAtThePriceOfTheModelThatRuns() {
    cheapIsAllowed();
    BudgetRule rule = ada(5_000, t -> t.downgrade(Map.of("m", "cheap")), D, R);
    Admission.Admitted a = admitted(capped(2_000), rule);
    long input = a.expectation().input();
    assertThat(a.permit().model()).isEqualTo("cheap");
    assertThat(a.downgradedFrom()).isEqualTo("m");
    assertThat(a.clampedCap()).isEqualTo(-1);
    assertThat(a.reservation().held().nanos()).isEqualTo(input + 2_000);
    assertThat(a.expectation().expected().nanos()).isEqualTo(input + 1_024);
  }

  @Test
  void aCallThatFitsIsNotDowngraded() {
    cheapIsAllowed();
    BudgetRule rule = ada(50_000, t -> t.downgrade(Map.of("m", "cheap")), D, R);
    Admission.Admitted a = admitted(capped(2_000), rule);
    assertThat(a.permit().model()).isEqualTo("m");
    assertThat(a.downgradedFrom()).isNull();
  }

  @Test
  void aTargetIsAlsoFoundUnderTheProvidersName() {
    cheapIsAllowed();
    BudgetRule rule = ada(5_000, t -> t.downgrade(Map.of("p/m", "cheap")), D, R);
    assertThat(admitted(capped(2_000), rule).permit().model()).isEqualTo("cheap");
  }

  @Test
  void aTargetThatThePersonMayNotUseIsNoStep() {
    refused(capped(2_000), ada(5_000, t -> t.downgrade(Map.of("m", "cheap")), D, R));
  }

  @Test
  void aTargetThatCostsNoLessIsNoStep() {
    allowed.put("cheap", Parts.permit(FlatRating.VISIBLE));
    refused(capped(2_000), ada(5_000, t -> t.downgrade(Map.of("m", "cheap")), D, R));
  }

  @Test
  void aDearerTargetIsNoStepAlsoWhereNothingIsKnownOfItsAnswers() {
    learn("m", 50_000);
    allowed.put("cheap", Parts.permit(new FlatRating(128_000, false, 20)));
    BudgetRule rule = ada(100_000, t -> t.downgrade(Map.of("m", "cheap")), D, R);
    refused(CALL + ",\"stream\":true}", rule);
  }

  @Test
  void aCheaperTargetIsAStepAlsoWhereItsAnswersAreLonger() {
    learn("cheap", 50_000);
    allowed.put("cheap", Parts.permit(new FlatRating(128_000, false, 1)));
    BudgetRule rule = ada(9_000, t -> t.downgrade(Map.of("m", "cheap")), D, C, R);
    Admission.Admitted a = admitted(CALL + ",\"stream\":true}", rule);
    assertThat(a.permit().model()).isEqualTo("cheap");
    assertThat(a.clampedCap()).isEqualTo(9_000 - a.expectation().input());
  }

  @Test
  void aBudgetInTokensDowngradesNothingAsATokenIsATokenOfEveryModel() {
    learn("m", 50_000);
    cheapIsAllowed();
    BudgetRule tokens =
        BudgetRule.of("person/ada", Unit.TOKENS, 9_000, Every.MONTH, ZoneOffset.UTC)
            .with(t -> t.downgrade(Map.of("m", "cheap")).whenShort(D, C));
    Admission.Admitted a = admitted(CALL + ",\"stream\":true}", tokens);
    assertThat(a.permit().model()).isEqualTo("m");
    assertThat(a.clamped()).isTrue();
  }

  @Test
  void aStepThatDoesNotHelpLeavesTheCallToTheNext() {
    allowed.put("cheap", Parts.permit(FlatRating.VISIBLE));
    BudgetRule rule = ada(15_000, t -> t.downgrade(Map.of("m", "cheap")), D, C);
    Admission.Admitted a = admitted(capped(2_000), rule);
    assertThat(a.permit().model()).isEqualTo("m");
    assertThat(a.clamped()).isTrue();
  }

  @Test
  void aCallIsDowngradedOnce() {
    allowed.put("cheap", Parts.permit(new FlatRating(4_096, false, 5)));
    allowed.put("cheapest", Parts.permit(new FlatRating(4_096, false, 1)));
    BudgetRule person = ada(12_000, t -> t.downgrade(Map.of("m", "cheap")), D, R);
    BudgetRule team = rule("team/t", 15_000, t -> t.downgrade(Map.of("m", "cheapest")), D, R);
    assertThat(admitted(capped(2_000), person, team).permit().model()).isEqualTo("cheap");
    BudgetRule tight = rule("team/u", 9_000, t -> t.downgrade(Map.of("m", "cheapest")), D, R);
    BudgetRule tighter = rule("person/bob", 8_000, t -> t.downgrade(Map.of("m", "cheap")), D, R);
    assertThat(refused(capped(2_000), tighter, tight)).contains("Budget person/bob");
  }

  @Test
  void aCapThatTheTargetDoesNotHaveIsLowered() {
    cheapIsAllowed();
    BudgetRule rule = ada(50_000, t -> t.downgrade(Map.of("m", "cheap")), D, R);
    assertThat(admitted(capped(100_000), rule).clampedCap()).isEqualTo(4_096);
  }

  @Test
  void theOrderOfTheStepsDecides() {
    cheapIsAllowed();
    UnaryOperator<Terms.Change> both = t -> t.downgrade(Map.of("m", "cheap")).overdraft(15_000);
    Admission.Admitted a = admitted(capped(4_000), ada(30_000, both, C, D, R));
    assertThat(a.permit().model()).isEqualTo("m");
    assertThat(a.clampedCap()).isBetween(2_900L, 3_000L);
    Admission.Admitted b = admitted(capped(4_000), rule("person/bob", 30_000, both, D, C, R));
    assertThat(b.permit().model()).isEqualTo("cheap");
    assertThat(b.clamped()).isFalse();
    BudgetRule lends = rule("person/cy", 30_000, both, O, C, D, R);
    Admission.Admitted c = admitted(capped(4_000), lends);
    assertThat(c.permit().model()).isEqualTo("m");
    assertThat(c.clamped()).isFalse();
    assertThat(lent(lends)).isEqualTo(c.reservation().held().nanos() - 30_000);
  }

  @Test
  void whatStandsBehindRefuseDoesNotHappen() {
    cheapIsAllowed();
    UnaryOperator<Terms.Change> all =
        t -> t.downgrade(Map.of("m", "cheap")).overdraft(30_000).finish(30_000);
    BudgetRule rule = ada(15_000, all, R, C, D, O, F);
    refused(capped(2_000), rule);
    assertThat(lent(rule)).isZero();
  }

  @Test
  void aDowngradedCallMayStillBeClampedAndLentTo() {
    cheapIsAllowed();
    UnaryOperator<Terms.Change> terms =
        t -> t.downgrade(Map.of("m", "cheap")).overdraft(1_000).clampFloor(1_500);
    BudgetRule rule = ada(1_600, terms, C, D, O, R);
    Admission.Admitted a = admitted(capped(2_000), rule);
    assertThat(a.permit().model()).isEqualTo("cheap");
    assertThat(a.clampedCap()).isEqualTo(1_600 - a.expectation().input());
    Admission.Admitted b = admitted(capped(900), rule);
    assertThat(b.permit().model()).isEqualTo("cheap");
    assertThat(lent(rule)).isEqualTo(b.reservation().held().nanos());
  }

  @Test
  void anOverdraftIsAsMuchAsLacksUpToItsLimit() {
    BudgetRule rule = ada(30_000, t -> t.overdraft(20_000), O, R);
    Admission.Admitted a = admitted(capped(2_500), rule);
    assertThat(lent(rule)).isZero();
    Admission.Admitted b = admitted(capped(2_000), rule);
    long held = a.reservation().held().nanos() + b.reservation().held().nanos();
    assertThat(lent(rule)).isEqualTo(held - 30_000);
    assertThat(refused(capped(2_000), rule)).contains("Budget person/ada");
    assertThat(lent(rule)).isEqualTo(held - 30_000);
  }

  @Test
  void anOverdraftThatIsSmallerThanTheCapLendsToALowerOneIfClampIsListed() {
    BudgetRule rule = ada(100, t -> t.overdraft(20_000), C, O, R);
    Admission.Admitted a = admitted(capped(128_000), rule);
    assertThat(a.clampedCap()).isEqualTo((20_100 - a.expectation().input()) / 10);
    assertThat(lent(rule)).isEqualTo(a.reservation().held().nanos() - 100);
    BudgetRule unclamped = rule("person/bob", 100, t -> t.overdraft(20_000), O, R);
    refused(capped(128_000), unclamped);
    assertThat(lent(unclamped)).isZero();
  }

  @Test
  void noLoanIsTakenForACallThatAnotherBudgetRefuses() {
    BudgetRule lends = ada(1_000, t -> t.overdraft(90_000), O, R);
    BudgetRule team = rule("team/t", 15_000, t -> t, R);
    assertThat(refused(capped(2_000), lends, team)).contains("Budget team/t");
    assertThat(lent(lends)).isZero();
    admitted(capped(1_000), lends, team);
    assertThat(lent(lends)).isPositive();
  }

  @Test
  void twoBudgetsMayLendToOneCall() {
    BudgetRule person = ada(1_000, t -> t.overdraft(90_000), O, R);
    BudgetRule team = rule("team/t", 3_000, t -> t.overdraft(90_000), O, R);
    Admission.Admitted a = admitted(capped(2_000), person, team);
    long held = a.reservation().held().nanos();
    assertThat(lent(person)).isEqualTo(held - 1_000);
    assertThat(lent(team)).isEqualTo(held - 3_000);
  }

  @Test
  void whatOneBudgetClampsIsNotLentByTheOther() {
    BudgetRule person = ada(15_000, t -> t.overdraft(90_000), O, R);
    BudgetRule team = rule("team/t", 14_000, t -> t, C, R);
    Admission.Admitted a = admitted(capped(2_000), person, team);
    assertThat(a.clamped()).isTrue();
    assertThat(lent(person)).isZero();
  }

  @Test
  void anAccountThatIsMarkedExhaustedLendsNothing() {
    BudgetRule tight = ada(60_000, t -> t, O, R);
    Admission.Admitted stream = admitted(CALL + ",\"stream\":true}", tight);
    stream.reservation().sent();
    Charge more = new Charge(900_000, 90_000);
    assertThat(stream.reservation().extend(more, 1, Charge.ZERO, now)).isNull();
    BudgetRule lends = tight.with(t -> t.overdraft(50_000));
    assertThat(refused(capped(10), lends)).contains("Budget person/ada");
    assertThat(lent(lends)).isZero();
  }

  @Test
  void onlyASessionThatRunsIsLentWhatItNeedsToEnd() {
    BudgetRule rule = ada(30_000, t -> t.finish(20_000), F, R);
    session = "s1";
    admitted(capped(2_500), rule);
    session = "s2";
    refused(capped(2_000), rule);
    session = null;
    refused(capped(2_000), rule);
    assertThat(lent(rule)).isZero();
    session = "s1";
    now = Parts.NOW.plus(Sessions.RUNNING);
    admitted(capped(1_500), rule);
    assertThat(lent(rule)).isPositive().isLessThanOrEqualTo(20_000);
    refused(capped(2_000), rule);
  }

  @Test
  void whatASessionWasLentAndDidNotUseIsThereForNoOtherCall() {
    BudgetRule rule = ada(30_000, t -> t.finish(20_000), F, R);
    session = "s1";
    admitted(capped(2_500), rule);
    Admission.Admitted last = admitted(capped(2_000), rule);
    long lent = lent(rule);
    last.reservation().sent();
    long cost = last.reservation().held().nanos() - lent + 1;
    last.reservation()
        .settle(
            new Settlement(
                now,
                new Charge(cost, cost),
                TokenUsage.of(1, 0),
                UsageSource.REPORTED,
                "completed",
                200,
                "m",
                null,
                null,
                ""))
        .join();
    assertThat(lent(rule)).isEqualTo(1);
    session = null;
    refused(capped(10), rule);
    session = "s2";
    refused(capped(10), rule);
    session = "s1";
    admitted(capped(1_500), rule);
  }

  @Test
  void aSessionThatHadNoCallForHalfAnHourRunsNoMore() {
    BudgetRule rule = ada(30_000, t -> t.finish(20_000), F, R);
    session = "s1";
    admitted(capped(2_500), rule);
    now = Parts.NOW.plus(Sessions.RUNNING).plus(Duration.ofMillis(1));
    refused(capped(1_500), rule);
    assertThat(lent(rule)).isZero();
  }

  @Test
  void aSessionRunsOnlyOnTheAccountsThatAdmittedIt() {
    BudgetRule person = ada(30_000, t -> t.finish(20_000), F, R);
    BudgetRule team = rule("team/t", 15_000, t -> t.finish(20_000), F, R);
    session = "s1";
    admitted(capped(10), person);
    assertThat(refused(capped(2_000), person, team)).contains("Budget team/t");
  }
}
