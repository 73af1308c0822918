package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.ledger.Ledger;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;

/** What a test outside this package needs to see of live budgets. */
public final class BudgetsProbe {
  private BudgetsProbe() {}

  /**
   * What an account is in memory.
   *
   * @param totals all sums; an overage that is not durable counts as used
   */
  public record Live(AccountTotals totals, long exposed, long overage, boolean exhausted) {}

  /** Budgets that keep so few accounts in memory. */
  public static LocalBudgets budgets(Ledger ledger, InstantSource clock, int warmAccounts) {
    return new LocalBudgets(ledger, clock, warmAccounts);
  }

  /** An account as it is in memory, once it is there. */
  public static CompletableFuture<Live> live(LocalBudgets budgets, AccountKey key) {
    return budgets.look(
        key,
        account -> {
          Account.State state = account.state();
          return new Live(
              account.totals(), state.exposed(), state.overage(), state.exhausted() > 0);
        });
  }
}
