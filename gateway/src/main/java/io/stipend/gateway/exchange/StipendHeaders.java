package io.stipend.gateway.exchange;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Budgets.AccountBalance;
import java.time.Instant;
import java.util.List;

/** The headers that Stipend itself puts on answers. */
final class StipendHeaders {
  static final AsciiString EXCHANGE_ID = AsciiString.cached("stipend-exchange-id");
  static final AsciiString REMAINING = AsciiString.cached("stipend-balance-remaining");
  static final AsciiString RESETS_AT = AsciiString.cached("stipend-balance-resets-at");
  static final AsciiString OUTPUT_CAP = AsciiString.cached("stipend-output-cap");

  private StipendHeaders() {}

  /** Puts the id and the state of the tightest account. */
  static void put(
      HttpHeaders headers, String id, Budgets budgets, List<BudgetRule> rules, Instant now) {
    headers.set(EXCHANGE_ID, id);
    AccountBalance tightest = AccountBalance.tightest(budgets.balances(rules, now));
    if (tightest != null) {
      headers.set(REMAINING, remaining(tightest));
      Instant resetsAt = tightest.resetsAt();
      if (resetsAt != null) {
        headers.set(RESETS_AT, resetsAt.toString());
      }
    }
  }

  private static String remaining(AccountBalance balance) {
    return balance.account().unit().format(balance.remaining())
        + " "
        + balance.account().unit().name();
  }
}
