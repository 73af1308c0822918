package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.NOW;
import static io.stipend.policy.budget.Calls.attempt;
import static io.stipend.policy.budget.Calls.costs;
import static io.stipend.policy.budget.Calls.facts;
import static io.stipend.policy.budget.Calls.person;
import static io.stipend.policy.budget.Calls.rule;
import static io.stipend.policy.budget.Calls.team;
import static io.stipend.policy.budget.Calls.whole;
import static io.stipend.policy.budget.Calls.withAmount;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import io.stipend.metering.ledger.Posting;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class GrantsTest {
  private static final BudgetRule ADA = person("ada", 100);

  @RegisterExtension final BudgetInvariants invariants = new BudgetInvariants();

  private LedgerFixture ledger = LedgerFixture.manual();
  private LocalBudgets budgets = new LocalBudgets(ledger, InstantSource.fixed(NOW));
  private int attempts;

  @BeforeEach
  void watch() {
    invariants.watch(budgets, ledger);
  }

  private Budgets.Result ask(long hold, BudgetRule rule, Instant now) {
    return budgets.reserve(attempt(++attempts), facts("ada"), List.of(rule), whole(hold), now);
  }

  private void spend(long amount, BudgetRule rule) {
    Reservation reservation = ((Budgets.Held) ask(amount, rule, NOW)).reservation();
    reservation.sent();
    reservation.settle(costs(amount));
    ledger.commit();
  }

  private Budgets.AccountBalance balance(BudgetRule rule) {
    return budgets.balances(List.of(rule), NOW).join().get(0);
  }

  private void restart() {
    ledger = ledger.reopened();
    budgets = new LocalBudgets(ledger, InstantSource.fixed(NOW));
    watch();
  }

  @Test
  void theRecurringGrantIsEnteredAtTheFirstUseOnceAndBeforeTheReservation() {
    ask(10, ADA, NOW);
    ask(10, ADA, NOW);
    assertThat(ledger.entries().get(0))
        .isEqualTo(
            new LedgerEntry.Granted(
                NOW,
                "recurring:person/ada/engineer@2026-11#USD",
                ADA.account(NOW),
                100,
                GrantKind.RECURRING,
                "",
                "stipend",
                null));
    assertThat(ledger.granted()).hasSize(1);
  }

  @Test
  void readingABalanceEntersNothing() {
    assertThat(balance(ADA).remaining()).isEqualTo(100);
    assertThat(balance(withAmount(ADA, 70)).remaining()).isEqualTo(70);
    assertThat(ledger.entries()).isEmpty();
  }

  @Test
  void theRecurringGrantIsNotEnteredAgainAfterARestart() {
    spend(30, ADA);
    restart();
    assertThat(balance(ADA).remaining()).isEqualTo(70);
    spend(30, ADA);
    assertThat(ledger.granted()).hasSize(1);
    assertThat(balance(ADA).remaining()).isEqualTo(40);
  }

  @Test
  void aGrantThatACrashLostIsEnteredAgainUnderTheSameId() {
    ask(10, ADA, NOW);
    String lost = ledger.granted().get(0).id();
    restart();
    spend(100, ADA);
    assertThat(ledger.granted()).singleElement().extracting("id").isEqualTo(lost);
  }

  @Test
  void anEditUpTakesEffectAtOnceAndNeverTouchesUsage() {
    spend(80, ADA);
    BudgetRule more = withAmount(ADA, 150);
    assertThat(balance(more).remaining()).isEqualTo(70);
    assertThat(ask(70, more, NOW)).isInstanceOf(Budgets.Held.class);
    LedgerEntry.Granted adjustment = ledger.granted().get(1);
    assertThat(adjustment.kind()).isEqualTo(GrantKind.ADJUSTMENT);
    assertThat(adjustment.amount()).isEqualTo(50);
    assertThat(balance(more).used()).isEqualTo(80);
  }

  @Test
  void aPartOfAPeriodGrantsAPartAndADayOfLeavingThatIsSetLaterTakesTheRestBack() {
    // 23 November: eight days of thirty are left for who joins today.
    BudgetRule joiner =
        withAmount(ADA, 3_001)
            .withProration(new Proration(LocalDate.of(2026, 11, 23), null, 1_000));
    assertThat(balance(joiner).granted()).isEqualTo(800);
    spend(100, joiner);
    assertThat(ledger.granted()).singleElement().extracting("amount").isEqualTo(800L);
    BudgetRule leaver =
        joiner.withProration(
            new Proration(LocalDate.of(2026, 11, 23), LocalDate.of(2026, 11, 24), 500));
    assertThat(balance(leaver).remaining()).isZero();
    assertThat(ask(1, leaver, NOW))
        .isInstanceOfSatisfying(Budgets.Shortfall.class, s -> assertThat(s.available()).isZero());
    assertThat(ledger.granted().get(1).amount()).isEqualTo(-700);
    assertThat(ask(1_501, joiner, Instant.parse("2026-12-01T00:00:00Z")))
        .isInstanceOf(Budgets.Held.class);
    assertThat(ledger.granted().get(2).amount()).isEqualTo(3_001);
  }

  @Test
  void anEditBelowWhatIsUsedLeavesLessThanNothing() {
    spend(80, ADA);
    BudgetRule less = withAmount(ADA, 50);
    assertThat(ask(1, less, NOW))
        .isInstanceOfSatisfying(
            Budgets.Shortfall.class, s -> assertThat(s.available()).isEqualTo(-30));
    assertThat(balance(less).remaining()).isEqualTo(-30);
  }

  @Test
  void editsBackAndForthHaveIdsOfTheirOwnAndSurviveARestart() {
    spend(10, ADA);
    for (long amount : new long[] {200, 100, 200, 100, 300}) {
      ask(1, withAmount(ADA, amount), NOW);
      invariants.check();
    }
    ledger.commit();
    assertThat(ledger.granted().stream().map(LedgerEntry.Granted::id)).doesNotHaveDuplicates();
    assertThat(ledger.granted()).hasSize(6);
    restart();
    BudgetRule last = withAmount(ADA, 300);
    assertThat(balance(last).granted()).isEqualTo(300);
    spend(10, last);
    assertThat(ledger.granted()).hasSize(6);
    spend(10, withAmount(ADA, 200));
    assertThat(ledger.granted().stream().map(LedgerEntry.Granted::id)).doesNotHaveDuplicates();
    assertThat(balance(withAmount(ADA, 200)).remaining()).isEqualTo(200 - 30);
  }

  @Test
  void aOneOffGrantTakesEffectWhenDurableAndIsNoEdit() {
    CompletableFuture<Void> granted =
        budgets.funds().grant(ADA, new Funds.Gift(40, "launch", "eve", null, 0), NOW);
    assertThat(balance(ADA).granted()).isEqualTo(100);
    assertThat(ask(101, ADA, NOW)).isInstanceOf(Budgets.Shortfall.class);
    ledger.commit();
    assertThat(granted).isCompleted();
    assertThat(balance(ADA).granted()).isEqualTo(140);
    spend(140, ADA);
    assertThat(ledger.granted()).extracting("kind").doesNotContain(GrantKind.ADJUSTMENT);
  }

  @Test
  void oneOffGrantsOfOneInstantAreTwoGrants() {
    budgets.funds().grant(ADA, new Funds.Gift(40, "launch", "eve", null, 0), NOW);
    budgets.funds().grant(ADA, new Funds.Gift(40, "launch", "eve", null, 0), NOW);
    ledger.commit();
    assertThat(balance(ADA).granted()).isEqualTo(180);
    restart();
    assertThat(balance(ADA).granted()).isEqualTo(180);
    budgets.funds().grant(ADA, new Funds.Gift(40, "launch", "eve", null, 0), NOW.plusNanos(1));
    ledger.commit();
    assertThat(balance(ADA).granted()).isEqualTo(220);
  }

  @Test
  void aOneOffGrantIsPositiveAndEndsLaterThanNow() {
    Instant end = Instant.parse("2026-12-01T00:00:00Z");
    assertThatThrownBy(() -> budgets.funds().grant(ADA, new Funds.Gift(0, "", "eve", null, 0), NOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("amount: 0 (expected: > 0)");
    assertThatThrownBy(
            () -> budgets.funds().grant(ADA, new Funds.Gift(-5, "", "eve", null, 0), NOW))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> budgets.funds().grant(ADA, new Funds.Gift(5, "", "eve", NOW, 0), NOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: after now");
    assertThat(ledger.entries()).isEmpty();
    budgets.funds().grant(ADA, new Funds.Gift(5, "", "eve", end, 0), NOW);
    ledger.commit();
    assertThat(balance(ADA).granted()).isEqualTo(105);
  }

  @Test
  void aCorrectionMovesUsageWhenDurable() {
    BudgetRule team = team("payments", 500);
    spend(80, ADA);
    CompletableFuture<Void> corrected =
        budgets
            .funds()
            .correct(
                new LedgerEntry.Corrected(
                    NOW,
                    "c1",
                    attempt(1),
                    TokenUsage.ZERO,
                    -30,
                    List.of(new Posting(ADA.account(NOW), -30), new Posting(team.account(NOW), 7)),
                    "eve",
                    "invoice"),
                key -> null,
                NOW);
    assertThat(balance(ADA).used()).isEqualTo(80);
    ledger.commit();
    assertThat(corrected).isCompleted();
    assertThat(balance(ADA).used()).isEqualTo(50);
    // An account that only a correction ever named still gets its recurring grant.
    assertThat(balance(team).remaining()).isEqualTo(493);
    spend(493, team);
    assertThat(balance(team).remaining()).isZero();
  }

  @Test
  void aGrantThatNeverBecameDurableNeverTakesEffect() {
    CompletableFuture<Void> granted =
        budgets.funds().grant(ADA, new Funds.Gift(40, "launch", "eve", null, 0), NOW);
    ledger.poison();
    assertThat(granted).isCompletedExceptionally();
    assertThat(balance(ADA).granted()).isEqualTo(100);
    assertThat(ask(1, ADA, NOW)).isInstanceOf(Budgets.Unavailable.class);
  }

  @Test
  void aClockThatGoesBackFindsTheEarlierPeriodAsItWas() {
    spend(80, ADA);
    Instant next = Instant.parse("2026-12-01T00:00:00Z");
    assertThat(ask(100, ADA, next)).isInstanceOf(Budgets.Held.class);
    assertThat(ask(21, ADA, NOW)).isInstanceOf(Budgets.Shortfall.class);
    assertThat(ask(20, ADA, next.minusNanos(1))).isInstanceOf(Budgets.Held.class);
    assertThat(ask(1, ADA, next.plusNanos(1))).isInstanceOf(Budgets.Shortfall.class);
  }
}
