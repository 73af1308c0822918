package io.stipend.gateway.admin;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.policy.budget.AccountLots;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets.AccountBalance;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.config.PrincipalConfig;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.store.Freezes;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Who has how much left, by live balances or by those that a record would give. Blocks. */
final class Balances {
  /** People whose accounts are loaded at once; exchanges wait for no more than these. */
  private static final int AT_ONCE = 128;

  private final LocalBudgets budgets;
  private final Freezes freezes;
  private final Supplier<QuotaFile> quota;
  private final InstantSource clock;
  private final Consumer<Collection<AccountKey>> ahead;

  /**
   * @param ahead is told which accounts are read next
   */
  Balances(
      LocalBudgets budgets,
      Freezes freezes,
      Supplier<QuotaFile> quota,
      InstantSource clock,
      Consumer<Collection<AccountKey>> ahead) {
    this.budgets = budgets;
    this.freezes = freezes;
    this.quota = quota;
    this.clock = clock;
    this.ahead = ahead;
  }

  /** Of every person and service, by id. */
  List<PersonBalance> all() {
    QuotaFile file = quota.get();
    Instant now = clock.instant();
    List<String> ids = file.ids();
    List<PersonBalance> all = new ArrayList<>(ids.size());
    for (int from = 0; from < ids.size(); from += AT_ONCE) {
      List<PrincipalConfig> some =
          ids.subList(from, Math.min(ids.size(), from + AT_ONCE)).stream()
              .map(id -> Orders.principal(file, id))
              .toList();
      ahead.accept(
          some.stream()
              .flatMap(who -> file.budgets(who).stream())
              .map(rule -> rule.account(now))
              .distinct()
              .toList());
      // Asked together and then awaited, so that each is not another way to the disk and back.
      List<CompletableFuture<List<AccountBalance>>> asked =
          some.stream().map(who -> budgets.balances(file.budgets(who), now)).toList();
      for (int i = 0; i < some.size(); i++) {
        all.add(balance(some.get(i), Awaiting.read(asked.get(i))));
      }
    }
    return List.copyOf(all);
  }

  /** Of one. */
  PersonBalance of(String person) {
    QuotaFile file = quota.get();
    PrincipalConfig who = Orders.principal(file, person);
    return balance(who, Awaiting.read(budgets.balances(file.budgets(who), clock.instant())));
  }

  private PersonBalance balance(PrincipalConfig who, List<AccountBalance> balances) {
    return PersonBalance.of(who.id(), balances, freezes.of(who.scope()) != null);
  }

  /** What is left of one account. */
  AccountBalance account(BudgetRule rule, Instant now) {
    return Awaiting.read(budgets.balances(List.of(rule), now)).get(0);
  }

  /** What one has, lot by lot. */
  PersonAllowance allowance(String person) {
    QuotaFile file = quota.get();
    PrincipalConfig who = Orders.principal(file, person);
    Instant now = clock.instant();
    List<BudgetRule> rules = file.budgets(who);
    List<AccountBalance> balances = Awaiting.read(budgets.balances(rules, now));
    List<AccountLots> lots = Awaiting.read(budgets.lots(rules, now));
    return PersonAllowance.of(who.id(), freezes.of(who.scope()), balances, lots);
  }
}
