package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.BERLIN;
import static io.stipend.policy.budget.Calls.NEW_YORK;
import static io.stipend.policy.budget.Calls.attempt;
import static io.stipend.policy.budget.Calls.costs;
import static io.stipend.policy.budget.Calls.facts;
import static io.stipend.policy.budget.Calls.person;
import static io.stipend.policy.budget.Calls.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.metering.ledger.LedgerEntry.Rolled;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** An allowance over its periods, on the real ledger, with a clock of the test. */
class AllowanceTest extends AllowanceFixture {
  @Test
  void withoutCarryOverWhatIsLeftExpiresByAnEntry() {
    spend(ADA, 30);
    on("2026-12-01");
    spend(ADA, 1);
    assertThat(balance(ADA).remaining()).isEqualTo(99);
    assertThat(balance(ADA).carried()).isZero();
    Rolled roll = rolls().get(0);
    assertThat(roll.expired()).isEqualTo(70);
    assertThat(roll.carried()).isEmpty();
  }

  @Test
  void whatIsCarriedIsThereForTheFirstCallOfThePeriodAndEndsWithIt() {
    BudgetRule rule = ADA.with(t -> t.carryOver(HALF));
    spend(rule, 30);
    on("2026-12-01");
    assertThat(ask(rule, 151, now)).isInstanceOf(Budgets.Shortfall.class);
    spend(rule, 150);
    assertThat(balance(rule).carried()).isEqualTo(50);
    assertThat(balance(rule).remaining()).isZero();
    on("2027-01-01");
    spend(rule, 100);
    assertThat(balance(rule).carried()).isZero();
    assertThat(balance(rule).remaining()).isZero();
    assertThat(rolls()).extracting(Rolled::expired).containsExactly(20L, 0L);
  }

  @Test
  void whatWasCarriedOnceExpiresWhenItIsNotUsedAndNewIsCarried() {
    BudgetRule rule = ADA.with(t -> t.carryOver(HALF));
    spend(rule, 30);
    on("2026-12-05");
    spend(rule, 10);
    on("2027-01-05");
    spend(rule, 1);
    // December: 50 carried, of which 10 are used; 40 of these expire, and 50 of its own 100.
    assertThat(rolls()).extracting(Rolled::expired).containsExactly(20L, 90L);
    assertThat(balance(rule).carried()).isEqualTo(50);
  }

  @Test
  void idlePeriodsAreGrantedAndCarriedAsFarAsTheRuleLets() {
    BudgetRule rule = ADA.with(t -> t.carryOver(CarryOver.all(2)));
    spend(rule, 30);
    on("2027-03-10");
    // January and February bring 100 each; November's and December's have ended.
    assertThat(balance(rule).remaining()).isEqualTo(rule.amount() + 200);
    spend(rule, 300);
    assertThat(ask(rule, 1, now)).isInstanceOf(Budgets.Shortfall.class);
  }

  @Test
  void aGrantThatEndsLaterIsCarriedWholeWithoutAnyCarryOver() {
    give(ADA, 40, "2027-01-15T00:00:00Z");
    spend(ADA, 110);
    on("2026-12-02");
    // The recurring 100 end first, so they burnt first.
    spend(ADA, 1);
    assertThat(balance(ADA).carried()).isEqualTo(30);
    on("2027-01-14");
    spend(ADA, 1);
    assertThat(balance(ADA).remaining()).isEqualTo(129);
    now = Instant.parse("2027-01-15T00:00:00Z");
    assertThat(balance(ADA).remaining()).isEqualTo(100);
    spend(ADA, 1);
    restart();
    // What was used in January burnt the part that ended first.
    assertThat(balance(ADA).expired()).isEqualTo(29);
    assertThat(balance(ADA).remaining()).isEqualTo(99);
  }

  @Test
  void whatEndsWhileAReservationMayNeedItEndsAfterIt() {
    give(ADA, 40, "2026-11-25T00:00:00Z");
    Reservation open = hold(ADA, 135);
    open.sent();
    on("2026-11-25");
    assertThat(ask(ADA, 6, now)).isInstanceOf(Budgets.Shortfall.class);
    assertThat(balance(ADA).expired()).isZero();
    open.settle(costs(10)).join();
    assertThat(balance(ADA).expired()).isEqualTo(30);
    assertThat(ask(ADA, 101, now)).isInstanceOf(Budgets.Shortfall.class);
    spend(ADA, 100);
    assertThat(balance(ADA).remaining()).isZero();
  }

  @Test
  void aPeriodIsRolledOnlyWhenItsLastCallHasEnded() {
    BudgetRule rule = ADA.with(t -> t.carryOver(HALF));
    Reservation open = hold(rule, 90);
    open.sent();
    on("2026-12-01");
    spend(rule, 1);
    assertThat(balance(rule).carried()).isZero();
    open.settle(costs(60)).join();
    spend(rule, 1);
    assertThat(balance(rule).carried()).isEqualTo(40);
    assertThat(balance(rule).used()).isEqualTo(2);
  }

  @Test
  void theSweepRollsWhomNobodyUses() {
    BudgetRule rule = ADA.with(t -> t.carryOver(HALF));
    spend(rule, 30);
    restart();
    on("2026-12-03");
    budgets.sweep(id -> true, account -> rule);
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          while (ledger.unclosed(null, 10).join().stream()
              .noneMatch(a -> a.account().period().equals("2026-12"))) {
            Thread.onSpinWait();
          }
        });
    assertThat(rolls()).hasSize(1);
  }

  @Test
  void aCallThatBeganBeforeMidnightGoesOnWhereItsPeriodIsClosed() {
    spend(ADA, 30);
    Instant before = now;
    on("2026-12-01");
    spend(ADA, 1);
    assertThat(ask(ADA, 99, before)).isInstanceOf(Budgets.Held.class);
    assertThat(balance(ADA).held()).isEqualTo(99);
    // A clock that goes back finds the same.
    now = before;
    assertThat(balance(ADA).held()).isEqualTo(99);
    assertThat(ask(ADA, 1, now)).isInstanceOf(Budgets.Shortfall.class);
    budgets.sweep(id -> false, account -> ADA);
    restart();
  }

  @Test
  void anAmountThatNoSumCouldHoldIsRefusedBeforeItIsEntered() {
    long most = 1_999_999_999_999_999_000L;
    assertThatThrownBy(() -> give(ADA, Long.MAX_VALUE, null))
        .hasCauseInstanceOf(BudgetException.class)
        .hasMessageContaining("expected: sums that stay below two billion");
    give(ADA, most - 100, null);
    assertThatThrownBy(() -> give(ADA, 9_000_000_000L, null))
        .hasCauseInstanceOf(BudgetException.class);
    spend(ADA, 1);
    restart();
    assertThat(balance(ADA).remaining()).isEqualTo(most - 1);
  }

  @Test
  void anOverdraftIsBookedAndRepaidByTheNextGrant() {
    BudgetRule rule = ADA.with(t -> t.overdraft(20).whenShort(WhenShort.OVERDRAFT));
    spend(rule, 95);
    assertThat(budgets.borrow(rule.account(now), rule, LoanKind.OVERDRAFT, 21, now)).isFalse();
    assertThat(budgets.borrow(rule.account(now), rule, LoanKind.OVERDRAFT, 15, now)).isTrue();
    assertThat(budgets.borrow(rule.account(now), rule, LoanKind.OVERDRAFT, 6, now)).isFalse();
    spend(rule, 17);
    assertThat(balance(rule).remaining()).isEqualTo(3);
    on("2026-12-01");
    spend(rule, 1);
    // 12 of the 15 were used; the other 3 returned.
    assertThat(balance(rule).remaining()).isEqualTo(87);
    assertThat(balance(rule).repaid()).isEqualTo(12);
    restart();
    assertThat(balance(rule).remaining()).isEqualTo(87);
  }

  @Test
  void whatASessionWasLentToEndGoesBackUnusedWithItsCall() {
    BudgetRule rule = ADA.with(t -> t.finish(20).whenShort(WhenShort.FINISH));
    spend(rule, 100);
    assertThat(budgets.borrow(rule.account(now), rule, LoanKind.FINISH, 19, now)).isTrue();
    spend(rule, 19, 5);
    assertThat(balance(rule).lent()).isEqualTo(5);
    assertThat(ask(rule, 1, now)).as("a call of no session").isInstanceOf(Budgets.Shortfall.class);
    // What went back can be lent again.
    assertThat(budgets.borrow(rule.account(now), rule, LoanKind.FINISH, 15, now)).isTrue();
    hold(rule, 15).release("unreachable", now).orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(balance(rule).lent()).isEqualTo(5);
    restart();
    assertThat(balance(rule).remaining()).isZero();
    on("2026-12-01");
    spend(rule, 1);
    assertThat(balance(rule).repaid()).isEqualTo(5);
    assertThat(balance(rule).remaining()).isEqualTo(94);
  }

  @Test
  void whatOpenCallsMayStillCostIsNotGivenBack() {
    BudgetRule rule = ADA.with(t -> t.finish(50).whenShort(WhenShort.FINISH));
    Reservation open = hold(rule, 90);
    assertThat(budgets.borrow(rule.account(now), rule, LoanKind.FINISH, 30, now)).isTrue();
    spend(rule, 40, 10);
    assertThat(balance(rule).lent()).as("90 are held and 10 used of the own 100").isZero();
    assertThat(budgets.borrow(rule.account(now), rule, LoanKind.FINISH, 30, now)).isTrue();
    spend(rule, 30, 20);
    assertThat(balance(rule).lent()).isEqualTo(20);
    open.sent();
    open.settle(costs(90)).orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(balance(rule).remaining()).isZero();
  }

  @Test
  void aStreamGrowsIntoTheOverdraftAndIsCutAtItsEnd() {
    BudgetRule rule = ADA.with(t -> t.overdraft(20).whenShort(WhenShort.OVERDRAFT));
    Reservation stream = hold(rule, 95);
    stream.sent();
    assertThat(stream.extend(Calls.both(15), 1, Calls.both(95), now)).isNotNull();
    assertThat(stream.extend(Calls.both(10), 1, Calls.both(110), now)).isNotNull();
    assertThat(stream.extend(Calls.both(1), 1, Calls.both(120), now)).isNull();
    stream.settle(costs(120)).join();
    assertThat(balance(rule).lent()).isEqualTo(20);
    assertThat(balance(rule).remaining()).isZero();
  }

  @Test
  void anAdvanceComesOutOfTheNextPeriod() {
    BudgetRule rule = ADA.with(t -> t.advance(50));
    spend(rule, 100);
    budgets.funds().advance(rule, 30, "trip", "eve", now).join();
    assertThatThrownBy(() -> budgets.funds().advance(rule, 21, "more", "eve", now).join())
        .hasCauseInstanceOf(BudgetException.class)
        .hasMessageContaining("expected: at most 0.00000002");
    spend(rule, 30);
    on("2026-12-01");
    assertThat(ask(rule, 71, now)).isInstanceOf(Budgets.Shortfall.class);
    spend(rule, 70);
  }

  @Test
  void anAdvanceIsNoMoreThanTheNextGrantRepays() {
    BudgetRule rule = ADA.with(t -> t.advance(50).overdraft(40).whenShort(WhenShort.OVERDRAFT));
    LocalDate leaves = LocalDate.parse("2026-12-12");
    // Half of full time, and 12 of December's 31 days: 19.
    BudgetRule leaver = rule.withProration(new Proration(null, leaves, 500));
    spend(leaver, 50);
    assertThatThrownBy(() -> budgets.funds().advance(leaver, 20, "trip", "eve", now).join())
        .hasCauseInstanceOf(BudgetException.class)
        .hasMessageContaining(
            "expected: at most 0.000000019 USD, what the next period's grant of 0.000000019 USD can"
                + " still repay");
    assertThat(budgets.borrow(leaver.account(now), leaver, LoanKind.OVERDRAFT, 12, now)).isTrue();
    assertThatThrownBy(() -> budgets.funds().advance(leaver, 8, "trip", "eve", now).join())
        .hasMessageContaining("expected: at most 0.000000007 USD");
    budgets.funds().advance(leaver, 7, "trip", "eve", now).join();
    spend(leaver, 19);
    on("2026-12-01");
    assertThat(ask(leaver, 1, now)).isInstanceOf(Budgets.Shortfall.class);
    assertThat(balance(leaver).remaining()).as("repaid to the last nano").isZero();
    assertThatThrownBy(() -> budgets.funds().advance(leaver, 1, "trip", "eve", now).join())
        .as("nothing is granted after the last day")
        .hasMessageContaining("expected: at most 0 USD, what the next period's grant of 0 USD");
  }

  @Test
  void aForwardedAccountShowsTheAmountOfItsOwnPeriod() {
    BudgetRule whole = ADA.with(t -> t.carryOver(CarryOver.all(1)));
    spend(whole, 100);
    Instant before = now;
    on("2026-12-01");
    spend(whole, 10);
    // A clock that goes back goes on in December, of which this rule grants 12 days of 31.
    BudgetRule leaver =
        whole.withProration(new Proration(null, LocalDate.parse("2026-12-12"), 1_000));
    now = before;
    assertThat(balance(leaver).remaining()).isEqualTo(28);
    assertThat(budgets.lots(List.of(leaver), now).join().get(0).lots())
        .extracting(lot -> lot.lot().amount())
        .containsExactly(38L);
    spend(leaver, 28);
    assertThat(balance(leaver).granted()).isEqualTo(38);
    assertThat(balance(leaver).remaining()).isZero();
  }

  @Test
  void aTransferTakesFromOneAndGivesToTheOtherWithinItsCap() {
    BudgetRule rule = ADA.with(t -> t.transfer(40));
    BudgetRule bob = person("bob", 100);
    spend(rule, 70);
    Funds.Gift gift = new Funds.Gift(25, "r", "eve", null, 0);
    budgets.funds().transfer(rule, bob, gift, now).join();
    assertThat(balance(rule).sent()).isEqualTo(25);
    assertThat(balance(rule).remaining()).isEqualTo(5);
    assertThat(balance(bob).received()).isEqualTo(25);
    assertThatThrownBy(() -> budgets.funds().transfer(rule, bob, gift, now).join())
        .hasCauseInstanceOf(BudgetException.class)
        .hasMessageContaining("what is left of it");
    assertThatThrownBy(() -> budgets.funds().transfer(bob, rule, gift, now).join())
        .hasCauseInstanceOf(BudgetException.class)
        .hasMessageContaining("at most 0 USD: its rule has no transfer");
    on("2026-12-01");
    spend(rule, 100);
    spend(bob, 100);
    assertThat(rolls()).extracting(Rolled::expired).containsExactlyInAnyOrder(5L, 125L);
  }

  @Test
  void severalBudgetsOfOnePersonAllCount() {
    BudgetRule day = Calls.rule("person/ada", Unit.USD, 10, Every.DAY);
    BudgetRule month = Calls.rule("person/ada", Unit.USD, 15, Every.MONTH);
    List<BudgetRule> both = List.of(day, month);
    assertThat(askAll(both, 10)).isInstanceOf(Budgets.Held.class);
    assertThat(((Budgets.Shortfall) askAll(both, 1)).rule()).isEqualTo(day);
    on("2026-11-24");
    assertThat(((Budgets.Shortfall) askAll(both, 6)).rule()).isEqualTo(month);
    assertThat(askAll(both, 5)).isInstanceOf(Budgets.Held.class);
  }

  private Budgets.Result askAll(List<BudgetRule> rules, long hold) {
    while (true) {
      Budgets.Result result =
          budgets.reserve(attempt(++attempts), facts("ada"), rules, whole(hold), now);
      if (result instanceof Budgets.Cold cold) {
        cold.warm().join();
      } else {
        if (result instanceof Budgets.Held held) {
          held.reservation().sent();
          held.reservation().settle(costs(hold)).join();
        }
        return result;
      }
    }
  }

  @Test
  void daysHaveTheirHoursWhereClocksChangeAndFebruaryItsLeapDay() {
    BudgetRule berlin = BudgetRule.of("person/ada", Unit.USD, 10, Every.DAY, BERLIN);
    BudgetRule york = BudgetRule.of("person/bob", Unit.USD, 10, Every.DAY, NEW_YORK);
    // 25 hours in Berlin on 25 October 2026, 23 in New York on 14 March 2027.
    now = Instant.parse("2026-10-24T22:00:00Z");
    spend(berlin, 10);
    now = Instant.parse("2026-10-25T22:59:59Z");
    assertThat(ask(berlin, 1, now)).isInstanceOf(Budgets.Shortfall.class);
    now = Instant.parse("2026-10-25T23:00:00Z");
    spend(berlin, 10);
    now = Instant.parse("2027-03-14T05:00:00Z");
    spend(york, 10);
    now = Instant.parse("2027-03-15T03:59:59Z");
    assertThat(ask(york, 1, now)).isInstanceOf(Budgets.Shortfall.class);
    now = Instant.parse("2027-03-15T04:00:00Z");
    spend(york, 10);
    BudgetRule month = ADA.with(t -> t.carryOver(CarryOver.all(1)));
    now = Instant.parse("2028-02-29T23:59:59Z");
    spend(month, 60);
    now = Instant.parse("2028-03-01T00:00:00Z");
    spend(month, 140);
    assertThat(balance(month).remaining()).isZero();
  }

  @Test
  void whoJoinsOnThe31stGetsOneDay() {
    BudgetRule rule =
        ADA.withProration(new Proration(LocalDate.parse("2026-12-31"), null, Proration.FULL_TIME));
    on("2026-12-31");
    assertThat(balance(rule).remaining()).isEqualTo(3);
    spend(rule, 3);
    assertThat(ask(rule, 1, now)).isInstanceOf(Budgets.Shortfall.class);
    on("2027-01-01");
    spend(rule, 100);
  }

  @Test
  void anEditedQuotaErasesNoUseAndTakesEffectAtOnce() {
    spend(ADA, 60);
    assertThat(ask(ADA.withAmount(50), 1, now)).isInstanceOf(Budgets.Shortfall.class);
    spend(ADA.withAmount(200), 140);
    restart();
    assertThat(balance(ADA.withAmount(200)).used()).isEqualTo(200);
    on("2026-12-01");
    spend(ADA.withAmount(200), 200);
  }
}
