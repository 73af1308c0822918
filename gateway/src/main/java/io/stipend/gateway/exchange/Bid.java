package io.stipend.gateway.exchange;

import io.stipend.metering.TokenUsage;
import io.stipend.policy.ModelCall;
import io.stipend.policy.ModelCall.Generation;
import io.stipend.policy.Permit;
import io.stipend.policy.budget.BudgetRule;

/**
 * A call as it is about to be reserved: on which model, under which cap. The steps of a short
 * budget turn one bid into a smaller one.
 *
 * @param permit for the model that is to run
 * @param input its input tokens, from above
 * @param counted whether these were counted exactly, or cannot be
 * @param cap output tokens of each choice; -1 if nothing but the model bounds them
 * @param capped whether that is lower than the client's own cap, so that the body must say it
 */
record Bid(Permit permit, long input, boolean counted, long cap, boolean capped) {
  /** The call as it was asked for. */
  static Bid of(Services.Tokens tokens, Permit permit, ModelCall call) {
    long text = tokens.learned().input().estimate(permit.model(), call.textBytes());
    // A body may name more media than any model takes: beyond a bound it costs what it cannot pay.
    long input = Math.min(TokenUsage.MAX_COUNT, text + call.mediaTokens());
    Bid bid = new Bid(permit, input, false, call.outputCap(), false);
    return call.generation() == Generation.BACKGROUND ? bid.within(permit.most(), call) : bid;
  }

  /** Under a cap that is said, and that lets it cost no more than so much. */
  private Bid within(long nanos, ModelCall call) {
    long affordable =
        permit.rating().affordableOutput(call.demand(input, 0), nanos, call.serviceTier());
    long asked = asked(call);
    return cap >= 0 && affordable >= asked
        ? this
        : capped(Math.min(asked, Math.max(0, affordable)));
  }

  /** Output tokens of each choice that the client and the model allow. */
  private long asked(ModelCall call) {
    long most = permit.rating().maxOutputTokens();
    return call.outputCap() < 0 ? most : Math.min(call.outputCap(), most);
  }

  /**
   * Whether a call in the background keeps within what it may cost, at a cap that is worth its
   * while: what its client asks for, or the lowest that any of its budgets sets.
   */
  boolean fits(ModelCall call) {
    if (call.generation() != Generation.BACKGROUND) {
      return true;
    }
    long floor = permit.budgets().stream().mapToLong(BudgetRule::clampFloor).max().orElse(0);
    long least = Math.max(1, Math.min(floor, asked(call)));
    boolean inputFits =
        permit.rating().affordableOutput(call.demand(input, 0), permit.most(), call.serviceTier())
            >= 0;
    return inputFits && cap >= least;
  }

  /**
   * The call on another model, at the client's own cap. A cap that the model does not have would be
   * an error at its provider.
   */
  static Bid instead(Services.Tokens tokens, Permit permit, ModelCall call) {
    Bid bid = of(tokens, permit, call);
    long most = permit.rating().maxOutputTokens();
    return bid.cap > most ? bid.capped(most) : bid;
  }

  /** The same under a lower cap. */
  Bid capped(long perChoice) {
    return new Bid(permit, input, counted, perChoice, true);
  }

  /** The same with its input counted. */
  Bid counted(long exact) {
    return new Bid(permit, Math.min(input, exact), true, cap, capped);
  }

  /** What it may use and cost. */
  Expectation expectation(Services.Tokens tokens, ModelCall call) {
    long usual = tokens.learned().answers().of(permit.principal().id(), permit.model());
    return Expectation.of(call, permit.rating(), input, cap, usual);
  }
}
