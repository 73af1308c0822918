package io.stipend.gateway.exchange;

import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Estimate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Budgets whose accounts are not in memory the first few times that they are asked for. */
final class Cold implements Budgets {
  final List<String> log = new ArrayList<>();
  final Funds funds = new Funds(log);

  /** What was loaded so far; the test completes it. */
  final List<CompletableFuture<Void>> loads = new ArrayList<>();

  private final int times;

  Cold(int times) {
    this.times = times;
  }

  @Override
  public Result reserve(
      AttemptId id, AttemptFacts facts, List<BudgetRule> rules, Estimate estimate, Instant now) {
    if (loads.size() == times) {
      log.add("held");
      return new Held(funds);
    }
    loads.add(new CompletableFuture<>());
    return new Budgets.Cold(loads.get(loads.size() - 1));
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
  public CompletableFuture<List<AccountBalance>> balances(List<BudgetRule> rules, Instant now) {
    return loads.isEmpty()
        ? CompletableFuture.completedFuture(List.of())
        : loads.get(loads.size() - 1).thenApply(done -> List.of());
  }
}
