package io.stipend.gateway.admin;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets.AccountBalance;
import io.stipend.policy.config.QuotaFile;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Balances as the ledger records them, for a data folder that no gateway uses right now. */
public final class RecordedBalances {
  private final QuotaFile quota;
  private final Instant now;
  private final Map<AccountKey, AccountTotals> totals;

  /** What recurring and adjusting grants gave; the rule of now takes their place. */
  private final Map<AccountKey, Long> byRule = new HashMap<>();

  /**
   * Reads once; the reader is not kept.
   *
   * @param reader null if nothing was ever recorded
   */
  public RecordedBalances(QuotaFile quota, @Nullable LedgerReader reader, Instant now) {
    this.quota = quota;
    this.now = now;
    this.totals = reader == null ? Map.of() : reader.totals();
    for (LedgerEntry.Granted grant :
        reader == null ? List.<LedgerEntry.Granted>of() : reader.grants()) {
      if (grant.kind() != LedgerEntry.GrantKind.ONE_OFF) {
        byRule.merge(grant.account(), grant.amount(), Math::addExact);
      }
    }
  }

  /** Balances of every person and service, by id. */
  public List<PersonBalance> all() {
    return quota.principals().keySet().stream().sorted().map(this::of).toList();
  }

  /**
   * Balances of one.
   *
   * @throws AdminException if the quota file does not hold it
   */
  public PersonBalance one(String person) {
    return of(person);
  }

  private PersonBalance of(String person) {
    return PersonBalance.of(
        person, LocalAdmin.rules(quota, person).stream().map(this::balance).toList());
  }

  private AccountBalance balance(BudgetRule rule) {
    AccountKey key = rule.account(now);
    AccountTotals total = totals.getOrDefault(key, AccountTotals.ZERO);
    long oneOff = Math.subtractExact(total.granted(), byRule.getOrDefault(key, 0L));
    return new AccountBalance(
        key,
        rule,
        Math.subtractExact(
            Math.addExact(Math.addExact(oneOff, rule.amount(now)), total.lent()), total.repaid()),
        total.carried(),
        total.received(),
        total.sent(),
        total.used(),
        total.held(),
        total.expired(),
        total.lent(),
        total.repaid(),
        rule.resetsAt(now));
  }
}
