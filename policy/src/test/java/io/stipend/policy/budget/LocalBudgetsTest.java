package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.NOW;
import static io.stipend.policy.budget.Calls.attempt;
import static io.stipend.policy.budget.Calls.both;
import static io.stipend.policy.budget.Calls.costs;
import static io.stipend.policy.budget.Calls.facts;
import static io.stipend.policy.budget.Calls.organisation;
import static io.stipend.policy.budget.Calls.person;
import static io.stipend.policy.budget.Calls.stream;
import static io.stipend.policy.budget.Calls.team;
import static io.stipend.policy.budget.Calls.tokens;
import static io.stipend.policy.budget.Calls.whole;
import static io.stipend.policy.budget.Calls.withOvershoot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.Charge;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LocalBudgetsTest {
  private static final BudgetRule ADA = person("ada", 100);

  @RegisterExtension final BudgetInvariants invariants = new BudgetInvariants();

  private final LedgerFixture ledger = LedgerFixture.manual();
  private Instant sweptAt = NOW;
  private final LocalBudgets budgets = new LocalBudgets(ledger, () -> sweptAt);
  private int attempts;

  @BeforeEach
  void watch() {
    invariants.watch(budgets, ledger);
  }

  private Budgets.Result ask(Estimate estimate, BudgetRule... rules) {
    return budgets.reserve(attempt(++attempts), facts("ada"), List.of(rules), estimate, NOW);
  }

  private Reservation held(Estimate estimate, BudgetRule... rules) {
    Budgets.Result result = ask(estimate, rules);
    assertThat(result).isInstanceOf(Budgets.Held.class);
    return ((Budgets.Held) result).reservation();
  }

  private Reservation sent(Estimate estimate, BudgetRule... rules) {
    Reservation reservation = held(estimate, rules);
    reservation.sent();
    return reservation;
  }

  private Budgets.Shortfall refused(Estimate estimate, BudgetRule... rules) {
    Budgets.Result result = ask(estimate, rules);
    assertThat(result).isInstanceOf(Budgets.Shortfall.class);
    return (Budgets.Shortfall) result;
  }

  private Budgets.AccountBalance balance(BudgetRule rule) {
    return budgets.balances(List.of(rule), NOW).join().get(0);
  }

  @Nested
  class Reserving {
    @Test
    void admitsExactlyWhatIsLeft() {
      held(whole(60), ADA);
      held(whole(40), ADA);
      Budgets.Shortfall none = refused(whole(1), ADA);
      assertThat(none.available()).isZero();
      assertThat(none.shortOfExposure()).isFalse();
      assertThat(none.resetsAt()).isEqualTo(Instant.parse("2026-12-01T00:00:00Z"));
    }

    @Test
    void saysWhatAHoldCouldBe() {
      held(whole(70), ADA);
      assertThat(refused(whole(31), ADA).available()).isEqualTo(30);
      held(whole(30), ADA);
    }

    @Test
    void holdsNothingOnAnyAccountWhenOneIsShort() {
      refused(whole(50), person("ada", 40), team("payments", 1_000), organisation(1_000));
      assertThat(balance(team("payments", 1_000)).held()).isZero();
      assertThat(balance(organisation(1_000)).held()).isZero();
      assertThat(balance(person("ada", 40)).held()).isZero();
    }

    @Test
    void namesTheBudgetThatCoversLeastOfItsNeed() {
      BudgetRule person = person("ada", 40);
      BudgetRule team = team("payments", 10);
      assertThat(refused(whole(50), person, team).rule()).isEqualTo(team);
      assertThat(refused(whole(50), team, person).rule()).isEqualTo(team);
      // A budget that fits is never named, however little is left in it.
      assertThat(refused(whole(10), person("ada", 9), team).rule().budget())
          .isEqualTo("person/ada/engineer");
    }

    @Test
    void namesEveryBudgetThatIsShortWithWhatItWouldLend() {
      BudgetRule person = person("ada", 40).with(t -> t.overdraft(15).finish(5));
      BudgetRule team = team("payments", 10);
      Budgets.Shortfall first = refused(whole(50), person, organisation(1_000), team);
      assertThat(first.rule()).isEqualTo(team);
      assertThat(first.lacking()).isEqualTo(40);
      assertThat(first.overdraft() + first.finish()).isZero();
      Budgets.Shortfall second = first.next();
      assertThat(second.rule()).isEqualTo(person);
      assertThat(second.lacking()).isEqualTo(10);
      assertThat(second.overdraft()).isEqualTo(15);
      assertThat(second.finish()).isEqualTo(5);
      assertThat(second.next()).isNull();
      assertThat(budgets.borrow(person.account(NOW), person, LoanKind.OVERDRAFT, 10, NOW)).isTrue();
      assertThat(refused(whole(51), person).overdraft()).isEqualTo(5);
    }

    @Test
    void comparesBudgetsOfDifferentUnitsByTheirShareOfTheNeed() {
      Estimate estimate =
          new Estimate(new Charge(1_000_000, 10), new Charge(1_000_000, 10), both(0));
      BudgetRule money = person("ada", 900_000);
      BudgetRule tokens = tokens("ada", 5);
      assertThat(refused(estimate, money, tokens).rule()).isEqualTo(tokens);
      assertThat(refused(estimate, money, tokens).available()).isEqualTo(5);
    }

    @Test
    void countsAnAccountThatIsNamedTwiceOnce() {
      Reservation reservation = sent(whole(60), ADA, ADA);
      assertThat(balance(ADA).held()).isEqualTo(60);
      reservation.settle(costs(50));
      ledger.commit();
      assertThat(balance(ADA).used()).isEqualTo(50);
    }

    @Test
    void countsTokensInTokenAccountsAndMoneyInOthers() {
      BudgetRule tokens = tokens("ada", 1_000);
      Estimate estimate = new Estimate(new Charge(90, 700), new Charge(90, 700), Charge.ZERO);
      held(estimate, ADA, tokens);
      assertThat(balance(ADA).held()).isEqualTo(90);
      assertThat(balance(tokens).held()).isEqualTo(700);
    }

    @Test
    void refusesHoldsThatNoSumCouldTake() {
      held(whole(10), ADA);
      assertThat(refused(whole(Long.MAX_VALUE), ADA).available()).isEqualTo(90);
      assertThat(refused(whole(Long.MAX_VALUE), withOvershoot(ADA, Long.MAX_VALUE)).available())
          .isEqualTo(90);
    }

    @Test
    void admitsEverythingWhereNoBudgetBinds() {
      held(whole(1_000_000));
    }

    @Test
    void isUnavailableAndHoldsNothingWhenTheLedgerIsFull() {
      ledger.capacity(1);
      Reservation first = held(whole(10), ADA);
      assertThat(ask(whole(10), ADA)).isInstanceOf(Budgets.Unavailable.class);
      assertThat(balance(ADA).held()).isEqualTo(10);
      first.release("unreachable", NOW);
      ledger.commit();
      held(whole(100), ADA);
    }

    @Test
    void isUnavailableWhenTheLedgerFailed() {
      held(whole(10), ADA);
      ledger.poison();
      assertThat(ask(whole(10), ADA))
          .isInstanceOfSatisfying(
              Budgets.Unavailable.class, u -> assertThat(u.why()).contains("the ledger"));
      invariants.watch(null, null); // What was queued is lost: the entries no longer tell.
    }
  }

  @Nested
  class Exposure {
    @Test
    void aVisibleStreamMayExceedTheBalanceByOneStep() {
      held(stream(100, 20), ADA);
    }

    @Test
    void aHiddenCallMayNotExceedTheBalance() {
      Estimate thinking = new Estimate(both(50), both(101), Charge.ZERO);
      Budgets.Shortfall shortfall = refused(thinking, ADA);
      assertThat(shortfall.shortOfExposure()).isTrue();
      assertThat(shortfall.available()).as("what its cap must be lowered to").isEqualTo(100);
      held(new Estimate(both(50), both(100), Charge.ZERO), ADA);
    }

    @Test
    void addsUpOverOpenReservations() {
      held(stream(40, 20), ADA);
      // Held 40, exposed 60: the second step does not fit within one overshoot.
      Budgets.Shortfall shortfall = refused(stream(60, 20), ADA);
      assertThat(shortfall.shortOfExposure()).isTrue();
      assertThat(shortfall.available()).isEqualTo(40);
      held(stream(40, 20), ADA);
    }

    @Test
    void theRulesOvershootReplacesTheDefault() {
      refused(stream(100, 20), withOvershoot(ADA, 0));
      refused(stream(100, 20), withOvershoot(ADA, 19));
      held(stream(100, 20), withOvershoot(ADA, 20));
    }

    @Test
    void endsWithTheSettleAndNotWhenItIsDurable() {
      Reservation first = sent(new Estimate(both(10), both(95), Charge.ZERO), ADA);
      refused(whole(10), ADA);
      first.settle(costs(10));
      held(whole(90), ADA);
    }
  }

  @Nested
  class Extending {
    @Test
    void holdsMoreOnEveryAccount() {
      Reservation reservation = sent(stream(40, 10), ADA, team("payments", 200));
      CompletableFuture<Void> durable = reservation.extend(both(30), 5, both(45), NOW);
      assertThat(durable).isNotNull().isNotDone();
      assertThat(reservation.held()).isEqualTo(both(70));
      assertThat(balance(ADA).held()).isEqualTo(70);
      assertThat(balance(team("payments", 200)).held()).isEqualTo(70);
      ledger.commit();
      assertThat(durable).isCompleted();
    }

    @Test
    void holdsNothingMoreWhenOneAccountIsShort() {
      Reservation reservation = sent(stream(40, 10), ADA, team("payments", 50));
      assertThat(reservation.extend(both(30), 5, both(45), NOW)).isNull();
      assertThat(reservation.held()).isEqualTo(both(40));
      assertThat(balance(ADA).held()).isEqualTo(40);
    }

    @Test
    void refusesWhatOnlyTheExposureForbids() {
      Reservation reservation = sent(stream(40, 10), withOvershoot(ADA, 0));
      assertThat(reservation.extend(both(51), 5, both(45), NOW)).isNull();
      assertThat(reservation.extend(both(50), 5, both(45), NOW)).isNotNull();
    }

    @Test
    void exposesNothingMoreWhereTheWholeCapWasExposed() {
      Reservation reservation = sent(new Estimate(both(40), both(100), Charge.ZERO), ADA);
      assertThat(reservation.extend(both(60), 5, both(45), NOW)).isNotNull();
      assertThat(reservation.extend(both(1), 5, both(45), NOW)).isNull();
    }

    @Test
    void whatMayComeUnseenStaysAheadOfTheHold() {
      // Twenty are held and up to thirty may be thought; the cap is ninety.
      Estimate thinking = new Estimate(both(20), both(50), Charge.ZERO, both(90));
      Reservation reservation = sent(thinking, ADA);
      assertThat(reservation.extend(both(30), 5, both(45), NOW)).isNotNull();
      refused(whole(21), ADA);
      held(whole(20), ADA).release("unreachable", NOW);
      ledger.commit();
      assertThat(reservation.extend(both(40), 5, both(45), NOW)).isNotNull();
      refused(whole(11), ADA);
      held(whole(10), ADA);
    }

    @Test
    void aStreamNearItsCapExposesNoMoreThanTheCap() {
      Estimate stream = new Estimate(both(40), both(60), both(20), both(100));
      Reservation reservation = sent(stream, withOvershoot(ADA, 0));
      assertThat(reservation.extend(both(60), 5, both(45), NOW)).isNotNull();
    }

    @Test
    void marksTheShortAccountExhaustedUntilTheReservationHasEnded() {
      BudgetRule team = team("payments", 200);
      Reservation reservation = sent(stream(80, 10), ADA, team);
      assertThat(reservation.extend(both(30), 5, both(45), NOW)).isNull();
      assertThat(reservation.extend(both(30), 5, both(45), NOW)).isNull();
      // Twenty are left, and an agent that sends again at once does not get them.
      assertThat(refused(whole(1), ADA).available()).isZero();
      held(whole(1), team).release("unreachable", NOW);
      reservation.settle(costs(80));
      assertThat(refused(whole(1), ADA).available()).isZero();
      ledger.commit();
      held(whole(20), ADA);
    }

    @Test
    void isImpossibleAfterTheEnd() {
      Reservation reservation = sent(whole(10), ADA);
      reservation.settle(costs(10));
      assertThatThrownBy(() -> reservation.extend(both(1), 1, both(1), NOW))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("x1#1");
    }
  }

  @Nested
  class Ending {
    @Test
    void returnsTheRemainderWhenTheSettleIsDurable() {
      Reservation reservation = sent(whole(100), ADA);
      ledger.commit();
      CompletableFuture<Void> settled = reservation.settle(costs(30));
      assertThat(balance(ADA).remaining()).isZero();
      refused(whole(1), ADA);
      ledger.commit();
      assertThat(settled).isCompleted();
      assertThat(balance(ADA).used()).isEqualTo(30);
      assertThat(balance(ADA).held()).isZero();
      held(whole(70), ADA);
    }

    @Test
    void aShortfallSaysWhenWhatEndedWillHaveReturned() {
      assertThat(refused(whole(101), ADA).returning()).isNull();
      Reservation reservation = sent(whole(100), ADA);
      ledger.commit();
      assertThat(refused(whole(70), ADA).returning()).isNull();
      reservation.settle(costs(30));
      assertThat(ledger.hurried()).isZero();
      CompletableFuture<Void> returning = refused(whole(70), ADA).returning();
      assertThat(returning).isNotNull().isNotDone();
      assertThat(ledger.hurried()).as("who is told waits for the disk").isPositive();
      ledger.commit();
      assertThat(returning).isCompleted();
      assertThat(refused(whole(71), ADA).returning()).isNull();
      held(whole(70), ADA);
    }

    @Test
    void theFutureOfASettleSeesTheReturnedRemainder() {
      Reservation reservation = sent(whole(100), ADA);
      CompletableFuture<Long> left =
          reservation.settle(costs(30)).thenApply(done -> balance(ADA).remaining());
      ledger.commit();
      assertThat(left).isCompletedWithValue(70L);
    }

    @Test
    void countsAnOverageAtOnceAndOnlyOnce() {
      Reservation reservation = sent(whole(60), ADA);
      reservation.settle(costs(75));
      assertThat(balance(ADA).remaining()).isEqualTo(25);
      assertThat(refused(whole(26), ADA).available()).isEqualTo(25);
      invariants.check();
      ledger.commit();
      assertThat(balance(ADA).remaining()).isEqualTo(25);
      assertThat(balance(ADA).used()).isEqualTo(75);
    }

    @Test
    void anOverageBeyondTheBalanceLeavesLessThanNothing() {
      sent(whole(90), ADA).settle(costs(130));
      assertThat(refused(whole(1), ADA).available()).isEqualTo(-30);
      ledger.commit();
      assertThat(balance(ADA).remaining()).isEqualTo(-30);
      assertThat(refused(whole(0), ADA).available()).isEqualTo(-30);
    }

    @Test
    void aReleaseReturnsAllWhenItIsDurable() {
      Reservation reservation = held(whole(100), ADA);
      CompletableFuture<Void> released = reservation.release("unreachable", NOW);
      refused(whole(1), ADA);
      ledger.commit();
      assertThat(released).isCompleted();
      held(whole(100), ADA);
    }

    @Test
    void happensExactlyOnce() {
      Reservation settled = sent(whole(10), ADA);
      settled.settle(costs(5));
      assertThatThrownBy(() -> settled.settle(costs(5))).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> settled.release("again", NOW))
          .isInstanceOf(IllegalStateException.class);
      Reservation released = held(whole(10), ADA);
      released.release("unreachable", NOW);
      assertThatThrownBy(() -> released.release("again", NOW))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(released::sent).isInstanceOf(IllegalStateException.class);
      ledger.commit();
      assertThat(balance(ADA).used()).isEqualTo(5);
    }

    @Test
    void isASettleIfItWasSentAndAReleaseIfNot() {
      Reservation unsent = held(whole(10), ADA);
      assertThatThrownBy(() -> unsent.settle(costs(5))).isInstanceOf(IllegalStateException.class);
      Reservation sent = sent(whole(10), ADA);
      assertThatThrownBy(() -> sent.release("gone", NOW)).isInstanceOf(IllegalStateException.class);
      assertThat(balance(ADA).held()).isEqualTo(20);
    }

    @Test
    void keepsTheHoldWhenTheLedgerFails() {
      Reservation reservation = sent(whole(60), ADA);
      ledger.commit();
      CompletableFuture<Void> settled = reservation.settle(costs(10));
      ledger.poison();
      assertThat(settled).isCompletedExceptionally();
      assertThat(balance(ADA).held()).isEqualTo(60);
      assertThat(refused(whole(41), ADA).available()).isEqualTo(40);
    }

    @Test
    void debitsThePeriodOfTheReservationHoweverLate() {
      Reservation reservation = sent(whole(60), ADA);
      Instant next = Instant.parse("2026-12-01T00:00:00Z");
      assertThat(budgets.balances(List.of(ADA), next).join().get(0).remaining()).isEqualTo(100);
      reservation.settle(costs(80));
      ledger.commit();
      assertThat(balance(ADA).used()).isEqualTo(80);
      assertThat(budgets.balances(List.of(ADA), next).join().get(0).used()).isZero();
    }
  }

  @Nested
  class Sweeping {
    @Test
    void neverEndsALivingExchangeHoweverLongItLasts() {
      sent(whole(10), ADA);
      held(whole(10), ADA);
      sweptAt = NOW.plusSeconds(86_400);
      assertThat(budgets.sweep(id -> true, key -> null)).isZero();
      ledger.commit();
      assertThat(balance(ADA).held()).isEqualTo(20);
    }

    @Test
    void assumesTheExpectedCostOfASentAttemptWhoseExchangeIsGone() {
      Reservation sent = sent(whole(150), person("ada", 1_000), tokens("ada", 1_000));
      held(whole(10), person("ada", 1_000));
      assertThat(budgets.sweep(id -> false, key -> null)).isEqualTo(2);
      assertThat(budgets.sweep(id -> false, key -> null)).isZero();
      ledger.commit();
      assertThat(balance(person("ada", 1_000)).used()).isEqualTo(100);
      assertThat(balance(tokens("ada", 1_000)).used()).isEqualTo(100);
      assertThat(balance(person("ada", 1_000)).held()).isZero();
      assertThat(ledger.entries())
          .filteredOn(LedgerEntry.Settled.class::isInstance)
          .extracting(entry -> ((LedgerEntry.Settled) entry).flags())
          .containsExactly("assumed");
      assertThat(budgets.openReservations()).isZero();
      assertThat(LedgerFixture.only(ledger.durable(), LedgerEntry.Settled.class))
          .singleElement()
          .satisfies(
              settled -> {
                assertThat(settled.id()).isEqualTo(sent.id());
                assertThat(settled.source()).isEqualTo(UsageSource.ASSUMED);
                assertThat(settled.usage().input()).isEqualTo(40);
                assertThat(settled.usage().output()).isEqualTo(60);
                assertThat(settled.outcome()).isEqualTo(LocalBudgets.ABANDONED);
              });
    }

    @Test
    void assumesTheProgressSeenWhereItExceedsWhatWasExpected() {
      BudgetRule rule = person("ada", 1_000);
      Reservation reservation = sent(stream(110, 50), rule);
      reservation.extend(both(100), 90, both(130), NOW);
      budgets.sweep(id -> !id.equals(reservation.id()), key -> null);
      ledger.commit();
      assertThat(balance(rule).used()).isEqualTo(130);
    }

    @Test
    void endsOnlyWhatIsGone() {
      Reservation gone = sent(whole(10), ADA);
      Reservation alive = sent(whole(10), ADA);
      AttemptId living = alive.id();
      assertThat(budgets.sweep(living::equals, key -> null)).isEqualTo(1);
      alive.settle(costs(5));
      assertThatThrownBy(() -> gone.settle(costs(5))).isInstanceOf(IllegalStateException.class);
      ledger.commit();
      assertThat(budgets.openReservations()).isZero();
    }
  }
}
