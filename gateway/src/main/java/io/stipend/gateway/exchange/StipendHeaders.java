package io.stipend.gateway.exchange;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.FastThreadLocal;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.HeaderRules;
import io.stipend.gateway.dialect.RateHeaders;
import io.stipend.policy.Permit;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Budgets.AccountBalance;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The headers that Stipend itself puts on answers. */
final class StipendHeaders {
  static final AsciiString EXCHANGE_ID = AsciiString.cached("stipend-exchange-id");
  static final AsciiString REMAINING = AsciiString.cached("stipend-balance-remaining");
  static final AsciiString RESETS_AT = AsciiString.cached("stipend-balance-resets-at");
  static final AsciiString OUTPUT_CAP = AsciiString.cached("stipend-output-cap");
  static final AsciiString DOWNGRADED = AsciiString.cached("stipend-model-downgraded");

  static final AsciiString FALLBACK = AsciiString.cached("stipend-model-fallback");
  static final AsciiString ATTEMPTS = AsciiString.cached("stipend-attempts");

  private StipendHeaders() {}

  /**
   * Puts the id and the state of the tightest account; only the id if the accounts cannot be read
   * at once. Those of a reservation always can, and so can those that were awaited just before.
   */
  static void put(
      HttpHeaders headers,
      String id,
      Dialect dialect,
      Budgets budgets,
      List<BudgetRule> rules,
      Instant now) {
    AccountBalance tightest = budgets.tightest(rules, now);
    put(headers, id, tightest);
    if (tightest != null) {
      dialect.tell(headers, tightest);
    }
  }

  /** Says that others were tried before, and which model runs where it is not the one asked for. */
  static void putTries(HttpHeaders headers, Tries tries) {
    if (tries.number() > 1) {
      headers.set(ATTEMPTS, Integer.toString(tries.number()));
    }
    String model = tries.permit().model();
    if (!tries.requested().equals(model) && !headers.contains(DOWNGRADED)) {
      headers.set(FALLBACK, tries.requested() + " -> " + model);
    }
  }

  /** Says what a short budget changed in the request. */
  static void putChanges(HttpHeaders headers, Admission.@Nullable Admitted admitted) {
    if (admitted != null && admitted.clamped()) {
      headers.set(OUTPUT_CAP, Long.toString(admitted.clampedCap()));
    }
    if (admitted != null && admitted.downgradedFrom() != null) {
      headers.set(DOWNGRADED, admitted.downgradedFrom() + " -> " + admitted.permit().model());
    }
  }

  /**
   * Goes on when {@link #put} finds the balances, or cannot: at once where they are in memory, else
   * on the loop. For calls that reserve nothing, and so do not wait for their accounts anyway.
   */
  static void whenKnown(
      Budgets budgets, List<BudgetRule> rules, Instant now, Executor loop, Runnable then) {
    CompletableFuture<List<AccountBalance>> balances = budgets.balances(rules, now);
    if (balances.isDone()) {
      then.run();
    } else {
      balances.whenComplete((known, error) -> loop.execute(then));
    }
  }

  /** What passes of the provider's headers, with our limits in place of its own. */
  static HttpHeaders forClient(HttpHeaders upstream, Dialect dialect, @Nullable Permit permit) {
    HttpHeaders headers = HeaderRules.forClient(upstream);
    if (permit != null) {
      RateHeaders.put(headers, dialect.vendor(), permit.lease().rates());
    }
    return headers;
  }

  /** Puts the id and the state of the tightest of these accounts. */
  static void put(HttpHeaders headers, String id, List<AccountBalance> balances) {
    put(headers, id, AccountBalance.tightest(balances));
  }

  private static void put(HttpHeaders headers, String id, @Nullable AccountBalance tightest) {
    headers.set(EXCHANGE_ID, id);
    if (tightest != null) {
      headers.set(REMAINING, remaining(tightest));
      Instant resetsAt = tightest.resetsAt();
      if (resetsAt != null) {
        headers.set(RESETS_AT, Reset.text(resetsAt));
      }
    }
  }

  /** The end of a period as a header says it: the same for every answer until then. */
  private record Reset(Instant at, String text) {
    private static final FastThreadLocal<Reset> LAST = new FastThreadLocal<>();

    static String text(Instant at) {
      Reset last = LAST.get();
      if (last == null || !last.at.equals(at)) {
        last = new Reset(at, at.toString());
        LAST.set(last);
      }
      return last.text;
    }
  }

  private static String remaining(AccountBalance balance) {
    return balance.account().unit().format(balance.remaining())
        + " "
        + balance.account().unit().name();
  }
}
