package io.stipend.policy.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import io.stipend.metering.ledger.Posting;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Recomputes every sum from the entries of the ledger and compares: I1 (granted = available + held
 * + used), I2 (used within granted and the measured excess), I3 (held and exposed are those of open
 * reservations), I4 (exactly one end) and I9 (nobody moves another's account). Runs after each
 * test, and at any quiet moment within one.
 */
final class BudgetInvariants implements AfterEachCallback {
  private LocalBudgets budgets;
  private LedgerFixture ledger;

  void watch(LocalBudgets watched, LedgerFixture itsLedger) {
    budgets = watched;
    ledger = itsLedger;
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (budgets != null) {
      check();
    }
  }

  /** Nothing else may move the budgets meanwhile. */
  void check() {
    Map<AccountKey, Sums> expected = recompute();
    expected.forEach(
        (account, sums) -> {
          Account.State state = budgets.state(account).join();
          assertThat(state.granted()).as("I1 granted %s", account).isEqualTo(sums.granted);
          assertThat(state.used()).as("I1 used %s", account).isEqualTo(sums.used);
          assertThat(state.overage()).as("I1 overage %s", account).isEqualTo(sums.overage);
          assertThat(state.held()).as("I3 held %s", account).isEqualTo(sums.held);
          assertThat(state.exposed())
              .as("I3 exposed %s", account)
              .isGreaterThanOrEqualTo(sums.held);
          if (sums.open == 0) {
            assertThat(state.exposed()).as("I3 exposed %s", account).isZero();
            assertThat(state.exhausted()).as("mark of %s", account).isZero();
          }
          assertThat(state.used() + state.overage() + state.held())
              .as("I2 %s", account)
              .isLessThanOrEqualTo(sums.mostGranted + sums.excess + sums.corrected);
        });
  }

  private static final class Sums {
    long granted;
    long mostGranted;
    long used;
    long overage;
    long held;
    int open;
    long excess;
    long corrected;
  }

  private Map<AccountKey, Sums> recompute() {
    Map<AccountKey, Sums> sums = new LinkedHashMap<>();
    Map<AttemptId, Map<AccountKey, Long>> holds = new HashMap<>();
    Set<AttemptId> ended = new HashSet<>();
    List<LedgerEntry> durable = ledger.durable();
    List<LedgerEntry> all = ledger.entries();
    for (int i = 0; i < all.size(); i++) {
      apply(all.get(i), i < durable.size(), sums, holds, ended);
    }
    return sums;
  }

  private static void apply(
      LedgerEntry entry,
      boolean durable,
      Map<AccountKey, Sums> sums,
      Map<AttemptId, Map<AccountKey, Long>> holds,
      Set<AttemptId> ended) {
    if (entry instanceof LedgerEntry.Granted grant) {
      boolean inEffect = durable || grant.kind() != GrantKind.ONE_OFF;
      Sums account = of(sums, grant.account());
      account.granted += inEffect ? grant.amount() : 0;
      account.mostGranted = Math.max(account.mostGranted, account.granted);
    } else if (entry instanceof LedgerEntry.Reserved reserved) {
      checkOwn(reserved);
      assertThat(holds).as("reserved once").doesNotContainKey(reserved.id());
      hold(reserved.id(), reserved.holds(), sums, holds);
      reserved.holds().forEach(p -> of(sums, p.account()).open++);
    } else if (entry instanceof LedgerEntry.Extended extended) {
      hold(extended.id(), extended.more(), sums, holds);
    } else if (entry instanceof LedgerEntry.Settled settled) {
      assertThat(ended.add(settled.id())).as("I4 one end of %s", settled.id()).isTrue();
      assertThat(settled.debits().stream().map(Posting::account))
          .as("I9 %s debits what it held", settled.id())
          .containsExactlyInAnyOrderElementsOf(holds.get(settled.id()).keySet());
      settled.debits().forEach(p -> settle(p, durable, sums, holds.get(settled.id())));
    } else if (entry instanceof LedgerEntry.Released released) {
      assertThat(ended.add(released.id())).as("I4 one end of %s", released.id()).isTrue();
      holds
          .get(released.id())
          .forEach((account, hold) -> release(of(sums, account), hold, durable));
    } else if (entry instanceof LedgerEntry.Corrected corrected && durable) {
      for (Posting posting : corrected.postings()) {
        of(sums, posting.account()).used += posting.amount();
        of(sums, posting.account()).corrected += Math.max(0, posting.amount());
      }
    }
  }

  private static void settle(
      Posting debit, boolean durable, Map<AccountKey, Sums> sums, Map<AccountKey, Long> holds) {
    Sums account = of(sums, debit.account());
    long hold = holds.get(debit.account());
    long excess = Math.max(0, debit.amount() - hold);
    account.excess += excess;
    release(account, hold, durable);
    if (durable) {
      account.used += debit.amount();
    } else {
      account.overage += excess;
    }
  }

  private static void release(Sums account, long hold, boolean durable) {
    if (durable) {
      account.held -= hold;
      account.open--;
    }
  }

  private static void hold(
      AttemptId id,
      List<Posting> more,
      Map<AccountKey, Sums> sums,
      Map<AttemptId, Map<AccountKey, Long>> holds) {
    Map<AccountKey, Long> own = holds.computeIfAbsent(id, a -> new HashMap<>());
    for (Posting posting : more) {
      own.merge(posting.account(), posting.amount(), Long::sum);
      of(sums, posting.account()).held += posting.amount();
    }
  }

  private static void checkOwn(LedgerEntry.Reserved reserved) {
    for (Posting posting : reserved.holds()) {
      String budget = posting.account().budget();
      assertThat(
              budget.equals("organisation")
                  || budget.equals("team/" + reserved.facts().team())
                  || budget.startsWith("person/" + reserved.facts().person() + "/"))
          .as("I9 %s of %s holds on %s", reserved.id(), reserved.facts().person(), budget)
          .isTrue();
    }
  }

  private static Sums of(Map<AccountKey, Sums> sums, AccountKey account) {
    return sums.computeIfAbsent(account, a -> new Sums());
  }
}
