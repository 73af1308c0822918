package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialects;
import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.metering.price.Rating;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.budget.Reservation.Settlement;
import io.stipend.policy.budget.Sessions;
import io.stipend.policy.budget.WhenShort;
import io.stipend.policy.config.Durability;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps 4 and 5 over a real ledger. Input costs 1 nano-dollar a token, output 10. */
class AdmissionTest {
  private static final String CALL = "{\"model\":\"m\",\"messages\":[]";

  @TempDir Path folder;
  private final List<Admission.Result> results = new ArrayList<>();
  private final BlockingQueue<Runnable> loop = new LinkedBlockingQueue<>();
  private SqliteLedger ledger;
  private LocalBudgets budgets;
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

  private static BudgetRule rule(Unit unit, long amount, WhenShort... whenShort) {
    return BudgetRule.of("person/ada/" + unit.name(), unit, amount, Every.MONTH, ZoneOffset.UTC)
        .with(t -> t.whenShort(whenShort));
  }

  private static BudgetRule nanos(long amount) {
    return rule(Unit.USD, amount, WhenShort.CLAMP, WhenShort.REFUSE);
  }

  private Admission.Result ask(Rating rating, String body, BudgetRule... rules) {
    return ask(Parts.services(budgets, Runnable::run, Durability.GATE), rating, "m", body, rules);
  }

  private Admission.Result ask(
      Services services, Rating rating, String model, String body, BudgetRule... rules) {
    Peeked peeked = Parts.peeked(Parts.CHAT, body);
    ByteBuf bytes = Parts.utf8(body);
    var permit = Parts.permit(rating, rules);
    var named =
        new io.stipend.policy.Permit(
            permit.principal(), permit.provider(), model, rating, permit.budgets(), permit.lease());
    new Admission(
            services, new Sessions(), Parts.asked("ex_" + ++attempts, named, peeked), results::add)
        .admit(loop::add, bytes);
    while (results.size() < attempts) {
      next().run();
    }
    bytes.release();
    return results.get(attempts - 1);
  }

  /** What the loop has to do next; the ledger's writer may give it that. */
  private Runnable next() {
    try {
      Runnable task = loop.poll(10, TimeUnit.SECONDS);
      assertThat(task).as("what answers attempt %s", attempts).isNotNull();
      return task;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static Admission.Admitted admitted(Admission.Result result) {
    assertThat(result).isInstanceOf(Admission.Admitted.class);
    return (Admission.Admitted) result;
  }

  private static String refused(Admission.Result result) {
    assertThat(result).isInstanceOf(Admission.Refused.class);
    Admission.Refused refused = (Admission.Refused) result;
    assertThat(refused.refusal().reason()).isEqualTo(RefusalReason.BUDGET_EXHAUSTED);
    Instant resetsAt = refused.refusal().resetsAt();
    assertThat(refused.refusal().retryAfter())
        .isEqualTo(resetsAt == null ? null : Duration.between(Parts.NOW, resetsAt));
    return refused.refusal().message();
  }

  @Test
  void aCallThatFitsIsHeldUnchanged() {
    Admission.Admitted a =
        admitted(ask(FlatRating.VISIBLE, CALL + ",\"max_tokens\":2000}", nanos(100_000)));
    assertThat(a.clamped()).isFalse();
    assertThat(a.clampedCap()).isEqualTo(-1);
    assertThat(a.reservation().held().nanos()).isEqualTo(a.expectation().input() + 20_000);
  }

  @Test
  void anAgentThatAsksAgainAtOnceIsNotRefusedForWhatItsLastCallIsAboutToGiveBack() {
    String body = CALL + ",\"max_tokens\":2000}";
    for (int call = 0; call < 50; call++) {
      Admission.Admitted a = admitted(ask(FlatRating.VISIBLE, body, nanos(21_000)));
      a.reservation().sent();
      a.reservation()
          .settle(
              new Settlement(
                  Parts.NOW,
                  new Charge(1, 1),
                  TokenUsage.of(1, 0),
                  UsageSource.REPORTED,
                  "completed",
                  200,
                  "m",
                  null,
                  null,
                  ""));
    }
  }

  @Test
  void aCallWithoutACapIsClampedToWhatTheBudgetAffords() {
    Admission.Admitted a = admitted(ask(FlatRating.VISIBLE, CALL + "}", nanos(50_000)));
    long input = a.expectation().input();
    assertThat(a.clampedCap()).isEqualTo((50_000 - input) / 10);
    assertThat(a.reservation().held().nanos()).isLessThanOrEqualTo(50_000);
    refused(ask(FlatRating.VISIBLE, CALL + "}", nanos(50_000)));
  }

  @Test
  void aClampIsSharedByAllChoices() {
    Admission.Admitted a = admitted(ask(FlatRating.VISIBLE, CALL + ",\"n\":3}", nanos(60_000)));
    assertThat(a.clampedCap()).isEqualTo((60_000 - a.expectation().input()) / 10 / 3);
    assertThat(a.reservation().held().nanos()).isLessThanOrEqualTo(60_000);
  }

  @Test
  void aClampNeverGoesBelowItsFloor() {
    admitted(ask(FlatRating.VISIBLE, CALL + "}", nanos(10 * 1_024 + 100)));
    refused(ask(FlatRating.VISIBLE, CALL + "}", nanos(2 * (10 * 1_024 + 100) - 1_000)));
  }

  @Test
  void aTokenBudgetIsClampedInTokens() {
    BudgetRule tokens = rule(Unit.TOKENS, 3_000, WhenShort.CLAMP);
    Admission.Admitted a = admitted(ask(FlatRating.VISIBLE, CALL + "}", tokens));
    assertThat(a.clampedCap()).isEqualTo(3_000 - a.expectation().input());
    assertThat(a.reservation().held().tokens()).isEqualTo(3_000);
  }

  @Test
  void theTightestOfSeveralBudgetsDecides() {
    BudgetRule tokens = rule(Unit.TOKENS, 3_000, WhenShort.CLAMP);
    Admission.Admitted a = admitted(ask(FlatRating.VISIBLE, CALL + "}", nanos(500_000), tokens));
    assertThat(a.clampedCap()).isEqualTo(3_000 - a.expectation().input());
  }

  @Test
  void whatIsNotListedDoesNotHappen() {
    refused(ask(FlatRating.VISIBLE, CALL + "}", rule(Unit.USD, 50_000, WhenShort.REFUSE)));
    refused(
        ask(
            FlatRating.VISIBLE,
            CALL + "}",
            rule(Unit.USD, 50_000, WhenShort.REFUSE, WhenShort.CLAMP)));
  }

  @Test
  void anAgentsHugeCapOnAThinkingModelIsClampedAndNotRefused() {
    String agent = CALL + ",\"stream\":true,\"max_completion_tokens\":128000}";
    Admission.Admitted a = admitted(ask(FlatRating.THINKING, agent, nanos(200_000)));
    long input = a.expectation().input();
    assertThat(a.clampedCap()).isEqualTo((200_000 - input) / 10);
    assertThat(a.expectation().estimate().exposed().nanos()).isLessThanOrEqualTo(200_000);
  }

  @Test
  void aVisibleStreamIsClampedOnlyWhereEvenItsHoldDoesNotFit() {
    String stream = CALL + ",\"stream\":true}";
    assertThat(admitted(ask(FlatRating.VISIBLE, stream, nanos(11_000))).clamped()).isFalse();
    refused(ask(FlatRating.VISIBLE, stream, nanos(11_000)));
  }

  @Test
  void aBodyThatNamesEndlessMediaIsRefusedForItsCost() {
    String part = "{\"type\":\"image_url\",\"image_url\":\"x\"},";
    String body = "{\"model\":\"m\",\"messages\":[{\"content\":[" + part.repeat(400_000) + "1]}]}";
    assertThat(refused(ask(FlatRating.VISIBLE, body, nanos(50_000)))).contains("left");
  }

  @Test
  void aRefusalForWhatCouldBeGeneratedUnseenNamesThatAmount() {
    String thinks = CALL + ",\"stream\":true,\"max_completion_tokens\":50000}";
    BudgetRule strict = rule(Unit.USD, 100_000, WhenShort.REFUSE);
    assertThat(refused(ask(FlatRating.THINKING, thinks, strict)))
        .contains("0.0001 left")
        .contains("up to 0.0005000");
  }

  @Test
  void aRefusalSaysInEveryDialectWhichOfAPersonsBudgetsIsShort() {
    BudgetRule day = own(10_000_000_000L, Every.DAY);
    BudgetRule month = own(100_000_000_000L, Every.MONTH);
    Rating dear = new FlatRating(20_000_000, false, 1_000);
    // The day affords 10 million tokens of it, the month 100 million.
    Admission.Result result = ask(dear, CALL + ",\"max_completion_tokens\":10000001}", day, month);
    assertThat(refused(result)).contains("person/ada (10 USD a day)");
    Refusal refusal = ((Admission.Refused) result).refusal();
    for (Dialect dialect : Dialects.all()) {
      assertThat(
              dialect
                  .refuse(refusal, Parts.head(Parts.CHAT), "ex_1", 0)
                  .body()
                  .toString(StandardCharsets.UTF_8))
          .as(dialect.id())
          .contains("10 USD a day");
    }
    assertThat(refused(ask(dear, CALL + "}", own(1_000_000_000, Every.MONTH))))
        .contains("person/ada (1 USD a month)");
    assertThat(refused(ask(dear, CALL + "}", own(1_000_000_000, Every.ONCE))))
        .contains("person/ada (1 USD once)");
  }

  private static BudgetRule own(long amount, Every every) {
    return BudgetRule.of("person/ada", Unit.USD, amount, every, ZoneOffset.UTC)
        .with(t -> t.whenShort(WhenShort.REFUSE));
  }

  @Test
  void aBodyIsCountedExactlyWhereThatLetsItPass() {
    String prompt = "hello ".repeat(5_000);
    String body =
        "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"content\":\"" + prompt + "\"}]}";
    Services services = Parts.services(budgets, Runnable::run, Durability.GATE);
    Admission.Admitted a =
        admitted(ask(services, FlatRating.VISIBLE, "gpt-4o", body, nanos(7_000)));
    assertThat(a.expectation().input()).isBetween(5_000L, 5_100L);
  }

  @Test
  void aFullCountingQueueLeavesTheEstimate() {
    Services services =
        Parts.services(
            budgets,
            task -> {
              throw new java.util.concurrent.RejectedExecutionException("full");
            },
            Durability.GATE);
    admitted(ask(services, FlatRating.VISIBLE, "gpt-4o", CALL + "}", nanos(50_000)));
  }

  @Test
  void strictDurabilityAnswersOnlyWhenTheReservationIsDurable() {
    Funds funds = new Funds(new ArrayList<>());
    Runnable finish = strict(funds);
    assertThat(results).isEmpty();
    funds.durable.complete(null);
    finish.run();
    assertThat(admitted(results.get(0)).reservation()).isSameAs(funds);
    assertThat(funds.log).isEmpty();
  }

  @Test
  void strictDurabilityReleasesAndRefusesWhenTheDiskFails() {
    Funds funds = new Funds(new ArrayList<>());
    Runnable finish = strict(funds);
    funds.durable.completeExceptionally(new IllegalStateException("disk"));
    finish.run();
    assertThat(((Admission.Refused) results.get(0)).refusal().reason())
        .isEqualTo(RefusalReason.LEDGER_UNAVAILABLE);
    assertThat(funds.log).containsExactly("released ledger_failed");
  }

  /** Asks for a call whose reservation is this; returns what runs the loop and lets the body go. */
  private Runnable strict(Funds funds) {
    Budgets always =
        new Budgets() {
          @Override
          public Result reserve(
              AttemptId id,
              io.stipend.metering.ledger.AttemptFacts facts,
              List<BudgetRule> rules,
              io.stipend.policy.budget.Estimate estimate,
              java.time.Instant now) {
            return new Held(funds);
          }

          @Override
          public boolean borrow(
              io.stipend.metering.ledger.AccountKey account,
              BudgetRule rule,
              io.stipend.metering.ledger.LedgerEntry.LoanKind kind,
              long amount,
              java.time.Instant now) {
            return false;
          }

          @Override
          public CompletableFuture<List<AccountBalance>> balances(
              List<BudgetRule> rules, java.time.Instant now) {
            return CompletableFuture.completedFuture(List.of());
          }
        };
    ByteBuf body = Parts.utf8(CALL + "}");
    new Admission(
            Parts.services(always, Runnable::run, Durability.STRICT),
            new Sessions(),
            Parts.asked(
                "ex_1", Parts.permit(FlatRating.VISIBLE), Parts.peeked(Parts.CHAT, CALL + "}")),
            results::add)
        .admit(loop::add, body);
    return () -> {
      loop.forEach(Runnable::run);
      body.release();
    };
  }

  @Test
  void aColdCallIsHeldOnceItsAccountsAreLoaded() {
    Cold budgets = new Cold(2);
    ByteBuf body = cold(budgets);
    assertThat(results).isEmpty();
    for (int load = 0; load < 2; load++) {
      assertThat(loop).isEmpty();
      budgets.loads.get(load).complete(null);
      next().run();
    }
    assertThat(admitted(results.get(0)).reservation()).isSameAs(budgets.funds);
    assertThat(budgets.loads).hasSize(2);
    body.release();
  }

  @Test
  void aCallWhoseAccountsCannotBeLoadedIsRefused() {
    Cold budgets = new Cold(1);
    ByteBuf body = cold(budgets);
    budgets.loads.get(0).completeExceptionally(new IllegalStateException("disk"));
    next().run();
    assertThat(((Admission.Refused) results.get(0)).refusal().reason())
        .isEqualTo(RefusalReason.LEDGER_UNAVAILABLE);
    assertThat(budgets.loads).hasSize(1);
    body.release();
  }

  @Test
  void aCallWhoseAccountsNeverStayIsRefusedInTheEnd() {
    Cold budgets = new Cold(Integer.MAX_VALUE);
    ByteBuf body = cold(budgets);
    for (int load = 0; results.isEmpty(); load++) {
      assertThat(load).isLessThan(10);
      budgets.loads.get(load).complete(null);
      next().run();
    }
    assertThat(((Admission.Refused) results.get(0)).refusal().reason())
        .isEqualTo(RefusalReason.LEDGER_UNAVAILABLE);
    body.release();
  }

  private ByteBuf cold(Cold budgets) {
    ByteBuf body = Parts.utf8(CALL + "}");
    new Admission(
            Parts.services(budgets, Runnable::run, Durability.GATE),
            new Sessions(),
            Parts.asked(
                "ex_1", Parts.permit(FlatRating.VISIBLE), Parts.peeked(Parts.CHAT, CALL + "}")),
            results::add)
        .admit(loop::add, body);
    return body;
  }
}
