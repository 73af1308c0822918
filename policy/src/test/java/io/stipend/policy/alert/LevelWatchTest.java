package io.stipend.policy.alert;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Charge;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry.AlertRaised;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import io.stipend.metering.ledger.LedgerEntry.Granted;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Lot;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Budgets.AccountBalance;
import io.stipend.policy.budget.Estimate;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.LocalBudgets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LevelWatchTest {
  private static final BudgetRule ADA =
      BudgetRule.of("person/ada", Unit.TOKENS, 1_000, Every.MONTH, ZoneOffset.UTC)
          .with(t -> t.alerts(50, 80, 100).forecastAlert(true));

  @TempDir Path folder;
  private final Queue<String> told = new ConcurrentLinkedQueue<>();
  private final Map<AccountKey, Long> used = new ConcurrentHashMap<>();
  private Instant now = Instant.parse("2026-11-02T10:00:00Z");
  private SqliteLedger ledger;
  private LevelWatch watch;
  private boolean broken;

  @BeforeEach
  void open() {
    open(1_000);
  }

  private void open(int mostChanged) {
    ledger = SqliteLedger.open(folder, LedgerOptions.defaults(), () -> now);
    watch =
        new LevelWatch(
            new LedgerAlerts(ledger, folder),
            () -> now,
            alert -> told.add(alert.account().budget() + " " + alert.threshold()),
            mostChanged);
    watch.source(this::balances);
  }

  @AfterEach
  void close() {
    watch.close();
    ledger.close();
  }

  private void restart() {
    close();
    open();
  }

  private CompletableFuture<List<AccountBalance>> balances(List<BudgetRule> rules, Instant at) {
    if (broken) {
      return CompletableFuture.failedFuture(new IllegalStateException("not now"));
    }
    BudgetRule rule = rules.get(0);
    AccountKey account = rule.account(at);
    return CompletableFuture.completedFuture(
        List.of(
            new AccountBalance(
                account,
                rule,
                rule.amount(),
                0,
                0,
                0,
                used.getOrDefault(account, 0L),
                0,
                0,
                0,
                0,
                rule.resetsAt(at))));
  }

  private void uses(BudgetRule rule, long amount) {
    used.merge(rule.account(now), amount, Long::sum);
    watch.changed(rule.account(now), rule);
    look();
  }

  /** Looks, and waits until what was raised is durable. */
  private void look() {
    watch.look();
    durable();
  }

  private void durable() {
    // Entries become durable in order: when this one is, all before it are.
    ledger
        .append(
            new Granted(
                now,
                Lot.recurringId(new AccountKey("person/nobody", "once", Unit.TOKENS)),
                new AccountKey("person/nobody", "once", Unit.TOKENS),
                1,
                GrantKind.RECURRING,
                "",
                "stipend",
                null))
        .join();
  }

  /** A call that is reserved and comes to nothing. */
  private void firstUsed(BudgetRule rule) {
    LocalBudgets budgets = new LocalBudgets(ledger, () -> now);
    Charge one = new Charge(1, 1);
    while (true) {
      Budgets.Result result =
          budgets.reserve(
              new AttemptId("ex_" + now.toEpochMilli(), 1),
              new AttemptFacts(
                  "ada",
                  null,
                  null,
                  null,
                  "k",
                  null,
                  null,
                  "openai-chat",
                  "p",
                  "m",
                  null,
                  "v",
                  "USD",
                  1,
                  1,
                  1,
                  1),
              List.of(rule),
              new Estimate(one, one, Charge.ZERO),
              now);
      if (result instanceof Budgets.Held held) {
        held.reservation().release("never_sent", now).join();
        return;
      }
      ((Budgets.Cold) result).warm().join();
    }
  }

  /** What the sweep does after midnight for those who do not come. */
  private void sweep(BudgetRule rule) {
    new LocalBudgets(ledger, () -> now).sweep(living -> true, account -> rule);
    for (int waits = 0; grants(rule.account(now)) == 0; waits++) {
      assertThat(waits).isLessThan(1_000);
      durable();
    }
  }

  private long grants(AccountKey account) {
    try (LedgerReader reader = LedgerReader.open(folder)) {
      return reader.grants().stream().filter(grant -> grant.account().equals(account)).count();
    }
  }

  private List<AlertRaised> entries() {
    try (LedgerReader reader = LedgerReader.open(folder)) {
      return reader.alerts();
    }
  }

  @Test
  void eachThresholdIsToldOnceWhenItIsReached() {
    uses(ADA, 499);
    assertThat(told).isEmpty();
    uses(ADA, 1);
    assertThat(told).containsExactly("person/ada 50");
    uses(ADA, 200);
    assertThat(told).hasSize(1);
    uses(ADA, 300);
    assertThat(told).containsExactly("person/ada 50", "person/ada 80", "person/ada 100");
    uses(ADA, 500);
    assertThat(told).hasSize(3);
    assertThat(entries())
        .extracting(AlertRaised::id, AlertRaised::detail)
        .contains(
            org.assertj.core.groups.Tuple.tuple(
                "alert:person/ada@2026-11#tokens:80",
                "used=1000 given=1000 resets_at=2026-12-01T00:00:00Z"));
  }

  @Test
  void aRestartDoesNotTellThemAgain() {
    uses(ADA, 850);
    restart();
    uses(ADA, 0);
    assertThat(told).containsExactly("person/ada 50", "person/ada 80");
    uses(ADA, 10);
    assertThat(told).containsExactly("person/ada 50", "person/ada 80");
    uses(ADA, 140);
    assertThat(told).containsExactly("person/ada 50", "person/ada 80", "person/ada 100");
    assertThat(entries()).hasSize(3);
  }

  @Test
  void theNextPeriodTellsThemAnew() {
    uses(ADA, 500);
    now = now.plus(Duration.ofDays(30));
    uses(ADA, 10);
    assertThat(told).hasSize(1);
    uses(ADA, 500);
    assertThat(told).containsExactly("person/ada 50", "person/ada 50");
  }

  @Test
  void aBudgetWithoutAlertsIsNotLookedAt() {
    BudgetRule quiet = ADA.with(t -> t.alerts().forecastAlert(false));
    uses(quiet, 1_000);
    assertThat(told).isEmpty();
    assertThat(entries()).isEmpty();
  }

  @Test
  void aRefusalOfAnAlmostEmptyBudgetSaysThatItIsUsedUp() {
    uses(ADA, 950);
    assertThat(told).containsExactly("person/ada 50", "person/ada 80");
    watch.refused(ADA.account(now), ADA);
    watch.changed(ADA.account(now), ADA);
    look();
    assertThat(told).contains("person/ada 100").hasSize(3);
  }

  @Test
  void aForecastIsToldOnceAndCountsFromTheFirstUse() {
    BudgetRule rule = ADA.with(t -> t.alerts());
    now = Instant.parse("2026-11-15T00:00:00Z");
    firstUsed(rule);
    now = Instant.parse("2026-11-19T00:00:00Z");
    uses(rule, 200);
    assertThat(told).as("50 a day last until December 5").isEmpty();
    uses(rule, 200);
    assertThat(told).containsExactly("person/ada forecast");
    assertThat(entries().get(0).detail())
        .isEqualTo(
            "used=400 given=1000 exhausted_at=2026-11-25T00:00:00Z"
                + " resets_at=2026-12-01T00:00:00Z");
    uses(rule, 100);
    restart();
    uses(rule, 100);
    assertThat(told).hasSize(1);
  }

  @Test
  void aForecastCountsFromTheFirstCallAlsoWhereTheGrantWasEnteredBeforeIt() {
    BudgetRule rule = ADA.with(t -> t.alerts());
    now = Instant.parse("2026-10-20T00:00:00Z");
    firstUsed(rule);
    now = Instant.parse("2026-11-01T00:00:00Z");
    sweep(rule);
    now = Instant.parse("2026-11-21T00:00:00Z");
    firstUsed(rule);
    restart();
    now = Instant.parse("2026-11-23T00:00:00Z");
    uses(rule, 300);
    assertThat(told).containsExactly("person/ada forecast");
    assertThat(entries().get(0).detail()).contains("exhausted_at=2026-11-27T16:00:00Z");
  }

  @Test
  void whatCannotBeReadNowIsLookedAtAgain() {
    broken = true;
    uses(ADA, 600);
    assertThat(told).isEmpty();
    broken = false;
    look();
    assertThat(told).containsExactly("person/ada 50");
  }

  @Test
  void aChangeThatIsTooManyIsLookedAtAtTheNextOne() {
    close();
    open(1);
    BudgetRule bob =
        BudgetRule.of("person/bob", Unit.TOKENS, 1_000, Every.MONTH, ZoneOffset.UTC)
            .with(t -> t.alerts(50));
    used.put(ADA.account(now), 600L);
    used.put(bob.account(now), 600L);
    watch.changed(ADA.account(now), ADA);
    watch.changed(bob.account(now), bob);
    watch.changed(ADA.account(now), ADA);
    look();
    assertThat(told).containsExactly("person/ada 50");
    watch.changed(bob.account(now), bob);
    look();
    assertThat(told).containsExactly("person/ada 50", "person/bob 50");
  }

  @Test
  void changesAreLookedAtByItselfAndALastTimeWhenItCloses() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    watch.start(this::balances, begun::countDown);
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    used.put(ADA.account(now), 600L);
    watch.changed(ADA.account(now), ADA);
    watch.close();
    durable();
    assertThat(told).containsExactly("person/ada 50");
  }
}
