package io.stipend.gateway.exchange;

import io.stipend.metering.Charge;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets.Shortfall;
import io.stipend.policy.budget.WhenShort;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is done about budgets that do not cover a call: for each, the first of its steps that helps,
 * in the order of its {@code when_short}. What is not listed does not happen. No loan is taken
 * while another budget would refuse the call anyway.
 */
final class Shortage {
  private final Services services;
  private final Sessions sessions;
  private final Asked asked;

  Shortage(Services services, Sessions sessions, Asked asked) {
    this.services = services;
    this.sessions = sessions;
    this.asked = asked;
  }

  /** What is to be done. */
  sealed interface Answer {}

  /** To be reserved again, as this. */
  record Again(Bid bid) implements Answer {}

  /** To be refused, for want of this budget. */
  record Refused(Shortfall shortfall) implements Answer {}

  /** One step of one budget. */
  private sealed interface Step {}

  private record Change(Bid bid) implements Step {}

  private record Loan(BudgetRule rule, LoanKind kind, long amount) implements Step {}

  /** Whether the bid runs another model than was asked for. */
  boolean downgraded(Bid bid) {
    return !bid.permit().equals(asked.permit());
  }

  /**
   * Does what the short budgets say.
   *
   * @param first the tightest, with the others behind it
   */
  Answer answer(Shortfall first, Bid bid, Expectation expectation) {
    List<Loan> loans = new ArrayList<>();
    for (Shortfall shortfall = first; shortfall != null; shortfall = shortfall.next()) {
      Step step = step(shortfall, bid, expectation);
      if (step instanceof Change change) {
        return new Again(change.bid());
      }
      if (step == null) {
        return new Refused(shortfall);
      }
      loans.add((Loan) step);
    }
    for (Loan loan : loans) {
      // Where another call was faster, the next try finds less to lend.
      services.budgets().borrow(loan.rule(), loan.kind(), loan.amount(), asked.at());
    }
    return new Again(bid);
  }

  private @Nullable Step step(Shortfall shortfall, Bid bid, Expectation expectation) {
    if (shortfall.lacking() == 0) {
      // Marked exhausted by a stream that is being cut: no money helps.
      return null;
    }
    for (WhenShort step : shortfall.rule().whenShort()) {
      Step does =
          switch (step) {
            case CLAMP -> clamp(shortfall, 0, bid, expectation);
            case DOWNGRADE -> downgrade(shortfall.rule(), bid, expectation);
            case OVERDRAFT -> loan(shortfall, LoanKind.OVERDRAFT, bid, expectation);
            case FINISH -> loan(shortfall, LoanKind.FINISH, bid, expectation);
            case REFUSE -> null;
          };
      if (does != null || step == WhenShort.REFUSE) {
        return does;
      }
    }
    return null;
  }

  /**
   * Lowers the cap to what the budget affords, if the floor allows.
   *
   * @param lent what a loan would add to what is available
   */
  private @Nullable Step clamp(Shortfall shortfall, long lent, Bid bid, Expectation expectation) {
    BudgetRule rule = shortfall.rule();
    ModelCall call = asked.peeked().call();
    long available = Math.addExact(shortfall.available(), lent);
    long affordable =
        rule.unit().isMoney()
            ? bid.permit()
                .rating()
                .affordableOutput(bid.input(), Math.max(0, available), call.serviceTier())
            : available - bid.input();
    long perChoice = affordable < 0 ? -1 : affordable / call.choices();
    long floor = Math.max(rule.clampFloor(), call.thinkingBudget() + 1);
    return perChoice < floor || perChoice >= expectation.capPerChoice()
        ? null
        : new Change(bid.capped(perChoice));
  }

  /**
   * Once, and only to what costs less for the same input and output: how long a model's answers are
   * is known of some only, and is no price.
   */
  private @Nullable Step downgrade(BudgetRule rule, Bid bid, Expectation expectation) {
    if (downgraded(bid)) {
      return null;
    }
    Permit permit = asked.permit();
    String target = rule.downgrade().get(permit.model());
    if (target == null) {
      target = rule.downgrade().get(permit.provider().name() + "/" + permit.model());
    }
    ModelCall call = asked.peeked().call();
    Permit cheaper =
        target == null
            ? null
            : services.policy().instead(asked.who(), call, permit, target, asked.at());
    if (cheaper == null || cheaper.rating().maxOutputTokens() <= call.thinkingBudget()) {
      return null;
    }
    boolean helps =
        cost(cheaper, bid, expectation).in(rule.unit())
            < cost(permit, bid, expectation).in(rule.unit());
    return helps ? new Change(Bid.instead(services.tokens(), cheaper, call)) : null;
  }

  /** What the call as it is expected would cost on a model. */
  private Charge cost(Permit on, Bid bid, Expectation expectation) {
    String tier = asked.peeked().call().serviceTier();
    return on.rating().ceiling(bid.input(), expectation.expectedOutput(), tier);
  }

  /** All that lacks; where the rule lends less, and may clamp, a call that this much covers. */
  private @Nullable Step loan(
      Shortfall shortfall, LoanKind kind, Bid bid, Expectation expectation) {
    BudgetRule rule = shortfall.rule();
    boolean runs = sessions.running(asked.permit(), rule, asked.peeked().sessionId(), asked.at());
    if (kind == LoanKind.FINISH && !runs) {
      return null;
    }
    long room = kind == LoanKind.FINISH ? shortfall.finish() : shortfall.overdraft();
    if (room >= shortfall.lacking()) {
      return new Loan(rule, kind, shortfall.lacking());
    }
    return room > 0 && clamps(rule) ? clamp(shortfall, room, bid, expectation) : null;
  }

  private static boolean clamps(BudgetRule rule) {
    int clampAt = rule.whenShort().indexOf(WhenShort.CLAMP);
    int refuseAt = rule.whenShort().indexOf(WhenShort.REFUSE);
    return clampAt >= 0 && (refuseAt < 0 || clampAt < refuseAt);
  }
}
