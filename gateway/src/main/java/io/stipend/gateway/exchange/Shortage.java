package io.stipend.gateway.exchange;

import io.stipend.metering.Charge;
import io.stipend.policy.ModelCall;
import io.stipend.policy.ModelCall.Generation;
import io.stipend.policy.Permit;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets.Shortfall;
import io.stipend.policy.budget.Sessions;
import io.stipend.policy.budget.ShortSteps;
import org.jspecify.annotations.Nullable;

/**
 * What is done about budgets that do not cover a call: what {@link ShortSteps} decides, with what
 * the gateway knows of the call.
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
    ShortSteps.Answer<Bid> answer = ShortSteps.answer(first, new ShortBid(bid, expectation));
    if (answer instanceof ShortSteps.Changed<Bid> changed) {
      return new Again(changed.call());
    }
    if (answer instanceof ShortSteps.Refuse<Bid> refuse) {
      return new Refused(refuse.shortfall());
    }
    for (ShortSteps.Loan loan : ((ShortSteps.Lend<Bid>) answer).loans()) {
      // Where another call was faster, the next try finds less to lend.
      Shortfall of = loan.shortfall();
      services.budgets().borrow(of.account(), of.rule(), loan.kind(), loan.amount(), asked.at());
    }
    return new Again(bid);
  }

  /** A bid that its budgets do not cover. */
  private final class ShortBid implements ShortSteps.Call<Bid> {
    private final Bid bid;
    private final Expectation expectation;

    ShortBid(Bid bid, Expectation expectation) {
      this.bid = bid;
      this.expectation = expectation;
    }

    @Override
    public boolean sessionRuns(BudgetRule rule) {
      String person = asked.permit().principal().id();
      return sessions.running(person, rule, asked.peeked().labels().sessionId(), asked.at());
    }

    /** Neither below the floor nor below a thinking budget, nor where no cap can be said. */
    @Override
    public @Nullable Bid capped(BudgetRule rule, long available) {
      ModelCall call = asked.peeked().call();
      if (call.opaque() || call.generation() == Generation.UNCAPPABLE) {
        // No field of such a request caps what is made.
        return null;
      }
      long affordable =
          rule.unit().isMoney()
              ? bid.permit()
                  .rating()
                  .affordableOutput(
                      call.demand(bid.input(), 0), Math.max(0, available), call.serviceTier())
              : available - bid.input();
      long perChoice = affordable < 0 ? -1 : affordable / call.choices();
      long floor = Math.max(rule.clampFloor(), call.thinkingBudget() + 1);
      return perChoice < floor || perChoice >= expectation.capPerChoice()
          ? null
          : bid.capped(perChoice);
    }

    /**
     * Once, and only to what costs less for the same input and output: how long a model's answers
     * are is known of some only, and is no price.
     */
    @Override
    public @Nullable Bid downgraded(BudgetRule rule) {
      Permit permit = asked.permit();
      ModelCall call = asked.peeked().call();
      String target = rule.downgradeOf(permit.provider().name(), permit.model());
      if (target == null || Shortage.this.downgraded(bid)) {
        return null;
      }
      Permit cheaper = services.policy().instead(asked.who(), call, permit, target, asked.at());
      if (cheaper == null || !call.hasRoom(cheaper.rating())) {
        return null;
      }
      boolean helps = cost(cheaper).in(rule.unit()) < cost(permit).in(rule.unit());
      Bid instead = helps ? Bid.instead(services.tokens(), cheaper, call) : null;
      return instead != null && instead.fits(call) ? instead : null;
    }

    /** What the call as it is expected would cost on a model. */
    private Charge cost(Permit on) {
      ModelCall call = asked.peeked().call();
      return on.rating()
          .ceiling(call.demand(bid.input(), expectation.expectedOutput()), call.serviceTier());
    }
  }
}
