package io.stipend.gateway.exchange;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.price.Rating;
import io.stipend.policy.ModelCall;
import io.stipend.policy.budget.Estimate;

/**
 * What a call may use and cost, before it is sent.
 *
 * @param input tokens of all input, estimated from above
 * @param capPerChoice output tokens that one choice may have, the client's or the model's own
 * @param cap output tokens of all choices together
 * @param expectedOutput output tokens that such a call usually stays under; at most {@code cap}
 * @param unseen whether the model may generate what no byte of the answer shows
 * @param visibleStream whether all output shows as it streams, so that it can be stopped in time
 * @param expected cost of the input and the expected output
 * @param estimate what is held and exposed
 */
record Expectation(
    long input,
    long capPerChoice,
    long cap,
    long expectedOutput,
    boolean unseen,
    boolean visibleStream,
    Charge expected,
    Estimate estimate) {
  /** Output tokens by which the hold of a stream grows. */
  static final long STEP = 1_024;

  /**
   * Follows decision 5: a stream holds its expected output and exposes one step more, or all that
   * it may think unseen (its thinking budget and a step, else its whole cap); any other call holds
   * and exposes its whole cap.
   *
   * @param input all input tokens, estimated from above
   * @param wantedCap output tokens for one choice; -1 if nothing but the model bounds it
   * @param usualOutput what one answer of this model to this principal usually stays under
   */
  static Expectation of(
      ModelCall call, Rating rating, long input, long wantedCap, long usualOutput) {
    long modelCap = rating.maxOutputTokens();
    long capPerChoice = wantedCap < 0 ? modelCap : Math.min(wantedCap, modelCap);
    long cap = bounded(capPerChoice, call.choices());
    long usual = Math.min(cap, bounded(usualOutput, call.choices()));
    boolean unseen = call.hiddenReasoning() || rating.mayThink();
    String tier = call.serviceTier();
    Charge expected = rating.ceiling(input, usual, tier);
    Charge whole = rating.ceiling(input, cap, tier);
    if (!call.stream()) {
      return new Expectation(
          input,
          capPerChoice,
          cap,
          usual,
          unseen,
          false,
          expected,
          new Estimate(whole, whole, Charge.ZERO, whole));
    }
    if (unseen) {
      Charge exposed =
          call.thinkingBudget() > 0
              ? rating.ceiling(input, Math.min(cap, usual + call.thinkingBudget() + STEP), tier)
              : whole;
      return new Expectation(
          input,
          capPerChoice,
          cap,
          usual,
          unseen,
          false,
          expected,
          new Estimate(expected, exposed, Charge.ZERO, whole));
    }
    Charge exposed = rating.ceiling(input, Math.min(cap, usual + STEP), tier);
    return new Expectation(
        input,
        capPerChoice,
        cap,
        usual,
        unseen,
        true,
        expected,
        new Estimate(expected, exposed, difference(exposed, expected), whole));
  }

  /** What is added to the hold when the output held grows from one count to another. */
  static Charge growth(Rating rating, ModelCall call, long input, long from, long to) {
    return difference(
        rating.ceiling(input, to, call.serviceTier()),
        rating.ceiling(input, from, call.serviceTier()));
  }

  private static Charge difference(Charge larger, Charge smaller) {
    return new Charge(larger.nanos() - smaller.nanos(), larger.tokens() - smaller.tokens());
  }

  private static long bounded(long tokens, int choices) {
    return Math.min(TokenUsage.MAX_COUNT, Math.multiplyExact(tokens, choices));
  }
}
