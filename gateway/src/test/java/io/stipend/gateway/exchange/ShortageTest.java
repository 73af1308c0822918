package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.metering.tokens.Learned;
import io.stipend.policy.Decision;
import io.stipend.policy.Entitlement;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.PolicyEngine;
import io.stipend.policy.budget.BudgetListener;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.budget.Reservation.Settlement;
import io.stipend.policy.budget.Sessions;
import io.stipend.policy.budget.Terms;
import io.stipend.policy.budget.WhenShort;
import io.stipend.policy.config.Durability;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The steps of a short budget over a real ledger. Input costs 1 nano-dollar a token, output 10 of
 * the model m and 1 of the model cheap, which has at most 4,096 of it.
 */
class ShortageTest {
  private static final String CALL = "{\"model\":\"m\",\"messages\":[]";
  private static final WhenShort C = WhenShort.CLAMP;
  private static final WhenShort D = WhenShort.DOWNGRADE;
  private static final WhenShort O = WhenShort.OVERDRAFT;
  private static final WhenShort F = WhenShort.FINISH;
  private static final WhenShort R = WhenShort.REFUSE;

  @TempDir Path folder;
  private final Sessions sessions = new Sessions();
  private final Learned learned = new Learned();
  private final Map<String, Permit> allowed = new HashMap<>();
  private final List<Admission.Result> results = new ArrayList<>();
  private final BlockingQueue<Runnable> loop = new LinkedBlockingQueue<>();
  private SqliteLedger ledger;
  private LocalBudgets budgets;
  private Instant now = Parts.NOW;
  private String session;
  private int attempts;

  @BeforeEach
  void open() {
    ledger = SqliteLedger.open(folder, LedgerOptions.defaults(), () -> Parts.NOW);
    budgets = new LocalBudgets(ledger, () -> Parts.NOW);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private final PolicyEngine policy =
      new PolicyEngine() {
        @Override
        public Entitlement authenticate(String credential, Instant at) {
          throw new AssertionError("authenticated already");
        }

        @Override
        public Decision decide(Entitlement who, ModelCall call, Instant at) {
          throw new AssertionError("decided already");
        }

        @Override
        public Permit instead(
            Entitlement who, ModelCall call, Permit had, String model, Instant at) {
          Permit other = allowed.get(model);
          return other == null
              ? null
              : new Permit(
                  had.principal(),
                  had.provider(),
                  model,
                  other.rating(),
                  had.budgets(),
                  had.lease());
        }

        @Override
        public List<ModelListing> models(Entitlement who, Instant at) {
          return List.of();
        }
      };

  private static BudgetRule rule(
      String owner, long amount, UnaryOperator<Terms.Change> terms, WhenShort... steps) {
    return BudgetRule.of(owner, Unit.USD, amount, Every.MONTH, ZoneOffset.UTC)
        .with(terms)
        .with(t -> t.whenShort(steps));
  }

  private static BudgetRule ada(
      long amount, UnaryOperator<Terms.Change> terms, WhenShort... steps) {
    return rule("person/ada", amount, terms, steps);
  }

  private void cheapIsAllowed() {
    allowed.put("cheap", Parts.permit(new FlatRating(4_096, false, 1)));
  }

  private Admission.Result ask(String body, BudgetRule... rules) {
    Peeked read = Parts.peeked(Parts.CHAT, body);
    Peeked peeked = new Peeked(read.call(), read.marks(), session);
    Permit permit = Parts.permit(FlatRating.VISIBLE, rules);
    Entitlement who = new Entitlement(permit.principal(), permit.budgets(), List.of());
    AttemptId id = new AttemptId("ex_" + ++attempts, 1);
    ByteBuf bytes = Parts.utf8(body);
    new Admission(
            services(), sessions, new Asked(id, who, permit, peeked, "test", now), results::add)
        .admit(loop::add, bytes);
    while (results.size() < attempts) {
      try {
        Runnable task = loop.poll(10, TimeUnit.SECONDS);
        assertThat(task).as("what answers attempt %s", attempts).isNotNull();
        task.run();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    bytes.release();
    return results.get(attempts - 1);
  }

  private Services services() {
    Services parts = Parts.services(budgets, policy, Runnable::run, Durability.GATE);
    return new Services(
        parts.clock(),
        parts.policy(),
        parts.sources(),
        parts.budgets(),
        parts.upstreams(),
        new Services.Tokens(parts.tokens().counters(), learned),
        parts.counting(),
        parts.config(),
        parts.refusals(),
        parts.records());
  }

  /** So long are the answers of a model to ada, usually. */
  private void learn(String model, long output) {
    for (int answer = 0; answer < 50; answer++) {
      learned.answers().learn("ada", model, output);
    }
  }

  private Admission.Admitted admitted(String body, BudgetRule... rules) {
    Admission.Result result = ask(body, rules);
    assertThat(result).isInstanceOf(Admission.Admitted.class);
    return (Admission.Admitted) result;
  }

  private String refused(String body, BudgetRule... rules) {
    Admission.Result result = ask(body, rules);
    assertThat(result).isInstanceOf(Admission.Refused.class);
    return ((Admission.Refused) result).refusal().message();
  }

  private long lent(BudgetRule rule) {
    return budgets.balances(List.of(rule), now).join().get(0).lent();
  }

  private static String capped(long cap) {
    return CALL + ",\"max_tokens\":" + cap + "}";
  }

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
