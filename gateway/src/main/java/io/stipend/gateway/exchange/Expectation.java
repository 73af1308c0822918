package io.stipend.gateway.exchange;

import io.stipend.metering.Charge;
import io.stipend.metering.Demand;
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
 * @param stream whether the answer was asked for as a stream
 * @param hidden output tokens that may be generated without a byte of the answer showing it: the
 *     thinking budget, else all of {@code cap} where the model may think; 0 where all output shows
 * @param expected cost of the input, the expected output and all units that it may use
 * @param estimate what is held and exposed
 * @param most all that it can use
 * @param opaque whether nothing that comes tells how much was generated but the usage
 * @param background whether it is generated after the exchange, and so costs all that is held
 */
record Expectation(
    long input,
    long capPerChoice,
    long cap,
    long expectedOutput,
    boolean stream,
    long hidden,
    Charge expected,
    Estimate estimate,
    Demand most,
    boolean opaque,
    boolean background) {
  /** Output tokens by which the hold of a stream grows. */
  static final long STEP = 1_024;

  /**
   * Follows decision 5: a stream holds its expected output and exposes one step more and all that
   * it may think unseen; any other call holds and exposes its whole cap.
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
    boolean background = call.generation() == ModelCall.Generation.BACKGROUND;
    // A crash as well charges what is generated unseen as it was held.
    usual = background ? cap : usual;
    boolean unseen = call.hiddenReasoning() || rating.mayThink();
    long thought = call.thinkingBudget() > 0 ? Math.min(cap, call.thinkingBudget()) : cap;
    long hidden = unseen ? thought : 0;
    String tier = call.serviceTier();
    Charge expected = rating.ceiling(call.demand(input, usual), tier);
    Demand most = call.demand(input, cap);
    Charge whole = rating.ceiling(most, tier);
    Charge hold = call.stream() ? expected : whole;
    long shown = exposed(call.stream(), cap, hidden, usual);
    Charge exposed = rating.ceiling(call.demand(input, shown), tier);
    boolean visible = call.stream() && !unseen;
    Charge step = visible ? difference(exposed, expected) : Charge.ZERO;
    Estimate estimate = new Estimate(hold, exposed, step, whole);
    return new Expectation(
        input,
        capPerChoice,
        cap,
        usual,
        call.stream(),
        hidden,
        expected,
        estimate,
        most,
        call.opaque(),
        background);
  }

  /** Whether the model may generate what no byte of the answer shows. */
  boolean unseen() {
    return hidden > 0;
  }

  /** Whether all output shows as it streams, so that it can be stopped in time. */
  boolean visibleStream() {
    return stream && hidden == 0;
  }

  /** Output tokens that are exposed while so many are held; no less than {@code held}. */
  long exposedOutput(long held) {
    return exposed(stream, cap, hidden, held);
  }

  private static long exposed(boolean stream, long cap, long hidden, long held) {
    return stream ? Math.min(cap, held + hidden + STEP) : cap;
  }

  /** What is added to the hold when the output held grows from one count to another. */
  static Charge growth(Rating rating, ModelCall call, long input, long from, long to) {
    return difference(
        rating.ceiling(call.demand(input, to), call.serviceTier()),
        rating.ceiling(call.demand(input, from), call.serviceTier()));
  }

  private static Charge difference(Charge larger, Charge smaller) {
    return new Charge(larger.nanos() - smaller.nanos(), larger.tokens() - smaller.tokens());
  }

  private static long bounded(long tokens, int choices) {
    return Math.min(TokenUsage.MAX_COUNT, Math.multiplyExact(tokens, choices));
  }
}
