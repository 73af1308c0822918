package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.attempt;
import static io.stipend.policy.budget.Calls.costs;
import static io.stipend.policy.budget.Calls.facts;
import static io.stipend.policy.budget.Calls.person;
import static io.stipend.policy.budget.Calls.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry.Corrected;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.metering.ledger.LedgerEntry.Rolled;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Posting;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Accounts whose budget the quota file does not have any more, on the real ledger. */
class GoneBudgetsTest extends AllowanceFixture {
  private static final BudgetRule KEEPS =
      person("ada", 100).with(t -> t.carryOver(CarryOver.all(2)));
  private static final Rules THERE = account -> KEEPS;

  /** Nobody is there; the calendar is six hours behind that of Ada, which is UTC. */
  private static final Rules GONE =
      new Rules() {
        @Override
        public BudgetRule of(AccountKey account) {
          return null;
        }

        @Override
        public Calendar calendar() {
          return Calendar.of(Every.MONTH, ZoneId.of("-06:00"));
        }
      };

  /** Sweeps at an instant until nothing more comes of it; says what the ledger has of rolls. */
  private List<Rolled> sweep(String at, Rules rules) {
    now = Instant.parse(at);
    ledger.close();
    open();
    budgets.sweep(id -> true, rules);
    for (int i = 0; i < 3; i++) {
      // The ledger reads in the order of asking: the sweep's page, then the accounts of it.
      ledger.unclosed(null, 10).orTimeout(10, TimeUnit.SECONDS).join();
    }
    ledger.close();
    open();
    try (LedgerReader reader = LedgerReader.open(folder)) {
      return reader.rolls();
    }
  }

  @Test
  void oneSweepEndsMoreAccountsThanOnePageHolds() {
    List<CompletableFuture<Void>> grants = new ArrayList<>();
    int people = 1_300;
    for (int i = 0; i < people; i++) {
      Funds.Gift gift = new Funds.Gift(40, "r", "eve", null, 0);
      grants.add(budgets.funds().grant(person("p" + i, 100), gift, now));
    }
    CompletableFuture.allOf(grants.toArray(CompletableFuture[]::new)).join();
    now = Instant.parse("2026-12-02T08:00:00Z");
    budgets.sweep(id -> true, GONE);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    // Each question waits for a turn of the ledger's writer, behind the pages of the sweep.
    while (!ledger.unclosed(null, 10).join().isEmpty() && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    ledger.close();
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.rolls()).hasSize(people).allMatch(rolled -> rolled.expired() == 140);
    }
  }

  @Test
  void whatIsLeftOfAGoneBudgetEndsByAnEntryWhenItsPeriodIsOverInEveryZone() {
    Instant next = Instant.parse("2027-01-15T00:00:00Z");
    budgets.funds().grant(KEEPS, new Funds.Gift(40, "r", "eve", next, 0), now).join();
    spend(KEEPS, 30);

    assertThat(sweep("2026-11-30T23:59:59Z", GONE)).isEmpty();
    assertThat(sweep("2026-12-02T07:59:59Z", GONE)).isEmpty();
    assertThat(sweep("2026-12-02T08:00:00Z", GONE))
        .containsExactly(
            new Rolled(now, KEEPS.account(now.minusSeconds(400_000)), null, List.of(), 110, 0, 0));
    assertThat(sweep("2026-12-05T08:00:00Z", GONE)).as("once").hasSize(1);

    assertThat(balance(KEEPS).remaining()).as("who comes back begins anew").isEqualTo(100);
    spend(KEEPS, 100);
  }

  @Test
  void whoComesBackWithinThePeriodFindsTheBalanceAsItWas() {
    spend(KEEPS, 30);

    assertThat(sweep("2026-11-25T00:00:00Z", GONE)).isEmpty();

    assertThat(balance(KEEPS).remaining()).isEqualTo(70);
    assertThat(balance(KEEPS).used()).isEqualTo(30);
  }

  @Test
  void aListThatIsBrokenForTheNightOfTheRollTakesNothingFromAnybody() {
    spend(KEEPS, 30);

    assertThat(sweep("2026-12-01T00:00:00Z", GONE)).isEmpty();
    assertThat(sweep("2026-12-02T01:00:00Z", GONE)).isEmpty();
    assertThat(sweep("2026-12-02T01:01:30Z", THERE))
        .extracting(roll -> roll.carried().get(0).amount())
        .containsExactly(70L);
    assertThat(balance(KEEPS).remaining()).isEqualTo(170);
  }

  @Test
  void aGoneBudgetEndsOnlyAfterItsLastCall() {
    Reservation open = hold(KEEPS, 90);
    open.sent();
    now = Instant.parse("2026-12-10T00:00:00Z");
    budgets.sweep(id -> true, GONE);
    ledger.unclosed(null, 10).join();
    open.settle(costs(60)).orTimeout(10, TimeUnit.SECONDS).join();

    assertThat(sweep("2026-12-10T00:02:00Z", GONE))
        .extracting(Rolled::expired)
        .containsExactly(40L);
  }

  @Test
  void aLoanThatWasUsedIsWrittenOffWhereNoGrantRepaysIt() {
    BudgetRule lends = KEEPS.with(t -> t.overdraft(20).whenShort(WhenShort.OVERDRAFT));
    spend(lends, 100);
    assertThat(budgets.borrow(lends.account(now), lends, LoanKind.OVERDRAFT, 15, now)).isTrue();
    spend(lends, 5);

    assertThat(sweep("2026-12-10T00:00:00Z", GONE))
        .extracting(Rolled::expired, Rolled::repaid, Rolled::owed)
        .containsExactly(tuple(0L, 10L, 0L));
    assertThat(balance(lends).remaining()).as("nothing is owed by a new beginning").isEqualTo(100);
  }

  @Test
  void aCorrectionOfAGoneBudgetStandsOnTheAccountThatWouldBeCurrentAndEndsThere() {
    AttemptId settled = spend(KEEPS, 30);
    AccountKey november = KEEPS.account(now);
    assertThat(sweep("2026-12-10T00:00:00Z", GONE)).hasSize(1);

    now = Instant.parse("2027-02-10T00:00:00Z");
    Corrected corrected =
        new Corrected(
            now,
            "c1",
            settled,
            TokenUsage.ZERO,
            -20,
            List.of(new Posting(november, -20)),
            "eve",
            "late");
    budgets.funds().correct(corrected, GONE, now).orTimeout(10, TimeUnit.SECONDS).join();

    assertThat(sweep("2027-03-10T00:00:00Z", GONE).get(1))
        .isEqualTo(
            new Rolled(
                now,
                new AccountKey(november.budget(), "2027-02", november.unit()),
                null,
                List.of(),
                20,
                0,
                0));
  }

  /** The file says every week where it said every month. */
  private static final BudgetRule WEEK =
      KEEPS.withCalendar(Calendar.of(Every.WEEK, KEEPS.zone())).withAmount(50);

  private static final Rules CHANGED = ofKind(WEEK);
  private static final Rules AS_IT_WAS = ofKind(KEEPS);

  private static Rules ofKind(BudgetRule rule) {
    return key -> rule.calendar().names(key.period()) ? rule : null;
  }

  @Test
  void whatIsLeftOfAPeriodThatIsNotSoLongAnyMoreEndsWithItAndNothingOfItGoesOn() {
    spend(KEEPS, 30);
    spend(WEEK, 10);

    assertThat(sweep("2026-12-02T01:59:59Z", CHANGED))
        .as("the week of November 30th is another account")
        .extracting(roll -> roll.from().period())
        .containsExactly("2026-W48");
    assertThat(sweep("2026-12-02T02:00:00Z", CHANGED))
        .filteredOn(roll -> roll.from().period().equals("2026-11"))
        .extracting(Rolled::to, Rolled::expired)
        .containsExactly(tuple(null, 70L));
    assertThat(balance(WEEK).remaining()).as("40 of the week before").isEqualTo(90);
  }

  @Test
  void whoseEveryIsChangedAndChangedBackIsGrantedOnceAndKeepsWhatWasUsed() {
    spend(KEEPS, 30);
    spend(WEEK, 10);
    assertThat(sweep("2026-11-25T00:00:00Z", AS_IT_WAS)).isEmpty();

    spend(KEEPS, 5);
    assertThat(balance(KEEPS).remaining()).isEqualTo(65);
    spend(WEEK, 5);
    assertThat(balance(WEEK).remaining()).isEqualTo(35);

    assertThat(sweep("2026-12-01T02:00:00Z", AS_IT_WAS))
        .extracting(roll -> roll.from().period(), Rolled::expired)
        .as("the week ended in every zone, the month carries its rest over")
        .containsExactlyInAnyOrder(tuple("2026-W48", 35L), tuple("2026-11", 0L));
    assertThat(balance(KEEPS).remaining()).isEqualTo(165);
  }

  @Test
  void aClosedAccountWithoutANextPeriodIsRefusedAndNotAskedForEver() {
    BudgetRule once = person("ada", 100).withCalendar(Calendar.of(Every.ONCE, KEEPS.zone()));
    spend(once, 30);
    AccountKey key = once.account(now);
    ledger.append(new Rolled(now, key, null, List.of(), 70, 0, 0)).join();
    ledger.close();
    open();

    assertThat(budgets.balances(List.of(once), now))
        .failsWithin(Duration.ofSeconds(10))
        .withThrowableThat()
        .withCauseInstanceOf(BudgetException.class)
        .withMessageContaining("@once#USD is closed");
    assertThat(budgets.reserve(attempt(++attempts), facts("ada"), List.of(once), whole(1), now))
        .isInstanceOf(Budgets.Unavailable.class);
    assertThat(budgets.funds().grant(once, new Funds.Gift(1, "r", "eve", null, 0), now))
        .failsWithin(Duration.ofSeconds(10));
  }
}
