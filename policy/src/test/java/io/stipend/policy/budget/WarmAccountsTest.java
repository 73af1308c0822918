package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.NOW;
import static io.stipend.policy.budget.Calls.attempt;
import static io.stipend.policy.budget.Calls.costs;
import static io.stipend.policy.budget.Calls.facts;
import static io.stipend.policy.budget.Calls.organisation;
import static io.stipend.policy.budget.Calls.person;
import static io.stipend.policy.budget.Calls.rule;
import static io.stipend.policy.budget.Calls.team;
import static io.stipend.policy.budget.Calls.whole;
import static io.stipend.policy.budget.Calls.withAmount;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.Posting;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Accounts come in when they are used and go when nothing depends on them. */
class WarmAccountsTest {
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);
  private static final BudgetRule ADA = person("ada", 100);
  private static final BudgetRule TEAM = team("payments", 1_000_000);

  @RegisterExtension final BudgetInvariants invariants = new BudgetInvariants();

  private LedgerFixture ledger = LedgerFixture.manual();
  private LocalBudgets budgets = budgets(LocalBudgets.WARM_ACCOUNTS);
  private int attempts;

  private LocalBudgets budgets(int warm) {
    LocalBudgets made = new LocalBudgets(ledger, CLOCK, warm);
    invariants.watch(made, ledger);
    return made;
  }

  private Budgets.Result ask(long hold, BudgetRule... rules) {
    return budgets.reserve(attempt(++attempts), facts("ada"), List.of(rules), whole(hold), NOW);
  }

  private Reservation reserve(long hold, BudgetRule... rules) {
    Budgets.Result result = ask(hold, rules);
    assertThat(result).isInstanceOf(Budgets.Held.class);
    return ((Budgets.Held) result).reservation();
  }

  private CompletableFuture<Void> cold(long hold, BudgetRule... rules) {
    Budgets.Result result = ask(hold, rules);
    assertThat(result).isInstanceOf(Budgets.Cold.class);
    return ((Budgets.Cold) result).warm();
  }

  private static BudgetRule own(int number) {
    return rule("person/ada/" + number, Unit.USD, 1_000, Every.MONTH);
  }

  private Budgets.AccountBalance balance(BudgetRule rule) {
    return budgets.balances(List.of(rule), NOW).join().get(0);
  }

  private static LedgerEntry.Corrected correction(String id, BudgetRule rule, long amount) {
    return new LedgerEntry.Corrected(
        NOW,
        id,
        attempt(1),
        TokenUsage.ZERO,
        amount,
        List.of(new Posting(rule.account(NOW), amount)),
        "eve",
        "invoice");
  }

  @Test
  void evictionUnderManyAccountsAndOpenReservationsLosesNoHoldAndChangesNoSum() {
    budgets = budgets(8);
    Random random = new Random(5);
    List<Reservation> open = new ArrayList<>();
    for (int i = 0; i < 4_000; i++) {
      BudgetRule own = own(random.nextInt(300));
      if (open.size() < 40) {
        Budgets.Result result = ask(1 + random.nextInt(9), own, TEAM);
        if (result instanceof Budgets.Held held) {
          open.add(held.reservation());
        }
      } else {
        Reservation ended = open.remove(random.nextInt(open.size()));
        if (random.nextBoolean()) {
          ended.sent();
          ended.settle(costs(random.nextInt(12)));
        } else {
          ended.release("unreachable", NOW);
        }
      }
      if (random.nextInt(20) == 0) {
        ledger.commit();
      }
      if (i % 500 == 0) {
        invariants.check();
      }
    }
    assertThat(ledger.loads()).as("evicted and loaded again, seed 5").isGreaterThan(1_000);
    open.forEach(one -> one.release("unreachable", NOW));
    ledger.commit();
    invariants.check();
    assertThat(budgets.liveAccounts()).isLessThanOrEqualTo(8 + 8);
    List<Budgets.AccountBalance> before = new ArrayList<>();
    LocalBudgets fresh = new LocalBudgets(ledger.reopened(), CLOCK);
    for (int i = 0; i < 300; i++) {
      before.add(balance(own(i)));
      assertThat(fresh.balances(List.of(own(i)), NOW).join().get(0)).isEqualTo(before.get(i));
    }
    assertThat(fresh.balances(List.of(TEAM), NOW).join().get(0)).isEqualTo(balance(TEAM));
    assertThat(before).allSatisfy(balance -> assertThat(balance.held()).isZero());
  }

  @Test
  void anAccountWithAnOpenReservationStaysHoweverManyOthersCome() {
    budgets = budgets(4);
    Reservation held = reserve(60, ADA);
    ledger.commit();
    for (int i = 0; i < 500; i++) {
      reserve(1, own(i)).release("unreachable", NOW);
      ledger.commit();
    }
    int loads = ledger.loads();
    assertThat(balance(ADA).held()).isEqualTo(60);
    assertThat(ask(41, ADA)).isInstanceOf(Budgets.Shortfall.class);
    assertThat(ledger.loads()).as("it never left").isEqualTo(loads);
    held.sent();
    held.settle(costs(30));
    ledger.commit();
    assertThat(balance(ADA).used()).isEqualTo(30);
    for (int i = 0; i < 500; i++) {
      reserve(1, own(i)).release("unreachable", NOW);
      ledger.commit();
    }
    assertThat(budgets.liveAccounts()).isLessThanOrEqualTo(4 + 4);
    assertThat(balance(ADA).used()).isEqualTo(30);
    assertThat(ask(71, ADA)).isInstanceOf(Budgets.Shortfall.class);
  }

  @Test
  void aSettleThatIsNotDurableKeepsItsAccountThoughItsRemainderIsZero() {
    budgets = budgets(4);
    Reservation spent = reserve(0, ADA);
    spent.sent();
    spent.settle(costs(70));
    for (int i = 0; i < 500; i++) {
      ask(1, own(i));
    }
    assertThat(balance(ADA).used()).isEqualTo(70);
    ledger.commit();
    assertThat(balance(ADA).used()).isEqualTo(70);
  }

  @Test
  void oneOffGrantsOfOneInstantAreSeveralAlsoAcrossAnEviction() {
    budgets = budgets(4);
    for (int grant = 0; grant < 3; grant++) {
      budgets.funds().grant(ADA, new Funds.Gift(40, "launch", "eve", null, 0), NOW);
      ledger.commit();
      for (int i = 0; i < 100; i++) {
        balance(own(100 * grant + i));
      }
    }
    assertThat(balance(ADA).granted()).isEqualTo(220);
    assertThat(new LocalBudgets(ledger.reopened(), CLOCK).balances(List.of(ADA), NOW).join())
        .containsExactly(balance(ADA));
  }

  @Test
  void anEditOfTheQuotaIsFoundAgainAfterAnEviction() {
    budgets = budgets(4);
    for (long amount : new long[] {100, 150, 120, 150}) {
      reserve(1, withAmount(ADA, amount)).release("unreachable", NOW);
      ledger.commit();
      for (int i = 0; i < 100; i++) {
        balance(own(i));
      }
    }
    assertThat(ledger.granted().stream().map(LedgerEntry.Granted::id)).doesNotHaveDuplicates();
    assertThat(ledger.granted()).hasSize(4);
    assertThat(balance(withAmount(ADA, 150)).remaining()).isEqualTo(150);
  }

  @Test
  void accountsOfEndedPeriodsLoadAsTheyWereSoThatNoneIsSpentTwice() {
    budgets = budgets(4);
    BudgetRule daily = rule("person/ada/engineer", Unit.USD, 100, Every.DAY);
    for (int day = 0; day < 50; day++) {
      Instant at = NOW.plus(Duration.ofDays(day));
      Budgets.Result result =
          budgets.reserve(attempt(++attempts), facts("ada"), List.of(daily), whole(80), at);
      Reservation reservation = ((Budgets.Held) result).reservation();
      reservation.sent();
      reservation.settle(costs(80));
      ledger.commit();
    }
    assertThat(ask(21, daily)).isInstanceOf(Budgets.Shortfall.class);
    assertThat(ask(20, daily)).isInstanceOf(Budgets.Held.class);
  }

  @Test
  void aColdCallHoldsNothingAndGoesOnWhenItsAccountsAreThere() {
    ledger.holdLoads();
    CompletableFuture<Void> warm = cold(10, ADA, TEAM);
    assertThat(warm).isNotDone();
    assertThat(ledger.entries()).isEmpty();
    assertThat(budgets.openReservations()).isZero();
    ledger.answer();
    assertThat(warm).isCompleted();
    reserve(10, ADA, TEAM);
  }

  @Test
  void anAccountIsAskedForOnceHoweverManyWait() {
    ledger.holdLoads();
    CompletableFuture<Void> first = cold(10, ADA);
    CompletableFuture<Void> second = cold(10, ADA, TEAM);
    CompletableFuture<List<Budgets.AccountBalance>> read = budgets.balances(List.of(TEAM), NOW);
    assertThat(ledger.loads()).isEqualTo(2);
    ledger.answer();
    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
    assertThat(read).isCompleted();
    reserve(10, ADA, TEAM);
    assertThat(ledger.loads()).isEqualTo(2);
  }

  @Test
  void aLoadThatFailsIsTriedAgainByTheNextCall() {
    ledger.holdLoads();
    CompletableFuture<Void> warm = cold(10, ADA);
    CompletableFuture<Void> granted =
        budgets.funds().grant(ADA, new Funds.Gift(40, "launch", "eve", null, 0), NOW);
    ledger.failLoads();
    assertThat(warm).isCompletedExceptionally();
    assertThat(granted).isCompletedExceptionally();
    assertThat(ledger.entries()).isEmpty();
    CompletableFuture<Void> again = cold(10, ADA);
    ledger.answer();
    assertThat(again).isCompleted();
    reserve(10, ADA);
  }

  @Test
  void aColdAccountOfAFailedLedgerIsUnavailable() {
    ledger.poison();
    assertThat(ask(10, ADA)).isInstanceOf(Budgets.Unavailable.class);
    assertThat(budgets.balances(List.of(ADA), NOW)).isCompletedExceptionally();
  }

  @Test
  void aCorrectionThatComesWhileItsAccountLoadsCountsOnce() {
    reserve(80, ADA).release("unreachable", NOW);
    ledger.commit();
    ledger.holdLoads();
    budgets = budgets(LocalBudgets.WARM_ACCOUNTS);
    CompletableFuture<Void> warm = cold(1, ADA);
    CompletableFuture<Void> corrected =
        budgets.funds().correct(correction("c1", ADA, 30), key -> null, NOW);
    CompletableFuture<Void> granted =
        budgets.funds().grant(ADA, new Funds.Gift(5, "launch", "eve", null, 0), NOW);
    ledger.commit();
    // Nothing is entered before the account is there: the load could or could not see it.
    assertThat(LedgerFixture.only(ledger.entries(), LedgerEntry.Corrected.class)).isEmpty();
    ledger.answer();
    assertThat(warm).isCompleted();
    ledger.commit();
    assertThat(corrected).isCompleted();
    assertThat(granted).isCompleted();
    assertThat(balance(ADA).used()).isEqualTo(30);
    assertThat(balance(ADA).granted()).isEqualTo(105);
    invariants.check();
  }

  @Test
  void anAccountStaysWhileACorrectionOfItIsNotDurable() {
    budgets = budgets(4);
    CompletableFuture<Void> corrected =
        budgets.funds().correct(correction("c1", ADA, 30), key -> null, NOW);
    for (int i = 0; i < 200; i++) {
      balance(own(i));
    }
    ledger.commit();
    assertThat(corrected).isCompleted();
    assertThat(balance(ADA).used()).isEqualTo(30);
  }

  @Test
  void readingBalancesOfManyLeavesNothingPinned() {
    budgets = budgets(10);
    for (int i = 0; i < 1_000; i++) {
      balance(own(i));
    }
    assertThat(budgets.liveAccounts()).isLessThanOrEqualTo(10 + 10);
    assertThat(ledger.entries()).isEmpty();
  }

  @Test
  void sixteenThreadsThatUseAnAccountFirstLoadItOnceAndGrantOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(17);
    try {
      for (int round = 0; round < 50; round++) {
        ledger = LedgerFixture.automatic();
        ledger.holdLoads();
        budgets = budgets(LocalBudgets.WARM_ACCOUNTS);
        AtomicInteger admitted = new AtomicInteger();
        CyclicBarrier start = new CyclicBarrier(17);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
          int number = i;
          running.add(
              threads.submit(
                  () -> {
                    start.await(10, TimeUnit.SECONDS);
                    if (reserveNow(number) != null) {
                      admitted.incrementAndGet();
                    }
                    return null;
                  }));
        }
        Future<?> disk =
            threads.submit(
                () -> {
                  start.await(10, TimeUnit.SECONDS);
                  while (admitted.get() < 10) {
                    ledger.answer();
                    Thread.onSpinWait();
                  }
                  return null;
                });
        for (Future<?> one : running) {
          one.get(20, TimeUnit.SECONDS);
        }
        disk.get(20, TimeUnit.SECONDS);
        assertThat(admitted).as("round %s", round).hasValue(10);
        assertThat(ledger.loads()).as("round %s", round).isEqualTo(2);
        assertThat(ledger.granted()).as("round %s", round).hasSize(2);
        invariants.check();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private Reservation reserveNow(int number) {
    List<BudgetRule> rules = List.of(ADA, organisation(1_000));
    while (true) {
      Budgets.Result result = budgets.reserve(attempt(number), facts("ada"), rules, whole(10), NOW);
      if (!(result instanceof Budgets.Cold cold)) {
        return result instanceof Budgets.Held held ? held.reservation() : null;
      }
      cold.warm().orTimeout(10, TimeUnit.SECONDS).join();
    }
  }

  @Test
  void accountsAreKeptByTheirUse() {
    AccountKey key = ADA.account(NOW);
    reserve(10, ADA);
    assertThat(budgets.state(key).join().held()).isEqualTo(10);
    assertThat(budgets.liveAccounts()).isEqualTo(1);
  }
}
