package io.stipend.gateway.exchange;

import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.metering.Charge;
import io.stipend.policy.budget.Reservation;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The hold of a stream: it grows by a step when half of the last one is used, and what was
 * generated beyond a step waits at the gate until that step is durable. Lives on one event loop.
 */
final class GrowingHold {
  /** Prices the next step. */
  interface Prices {
    /** Input tokens that were estimated. */
    long input();

    /** Output tokens held at first. */
    long held();

    /** Output tokens that are ever held. */
    long cap();

    /** What a hold of {@code to} output tokens costs more than one of {@code from}. */
    Charge growth(long from, long to);

    /** What the input and this output cost. */
    Charge seen(long outputTokens);

    /** Output tokens that came so far, from above. */
    long progress(AnswerReader reader);
  }

  private final Prices prices;
  private final Reservation reservation;
  private final Gate gate;
  private final InstantSource clock;
  private long output;
  private long gated;
  private @Nullable CompletableFuture<Void> last;

  GrowingHold(Prices prices, Reservation reservation, Gate gate, InstantSource clock) {
    this.prices = prices;
    this.reservation = reservation;
    this.gate = gate;
    this.clock = clock;
    this.output = prices.held();
    this.gated = output;
  }

  /** Output tokens that are held. */
  long output() {
    return output;
  }

  /** Grows as far as the output seen asks for; false if a budget does not cover what was seen. */
  boolean covers(long seen) {
    boolean covered = true;
    while (covered && seen > output - Expectation.STEP / 2 && output < prices.cap()) {
      long to = Math.min(prices.cap(), output + Expectation.STEP);
      CompletableFuture<Void> durable =
          reservation.extend(prices.growth(output, to), seen, prices.seen(seen), clock.instant());
      covered = durable != null;
      if (durable != null) {
        last = durable;
        output = to;
      }
    }
    if (last != null && seen > gated) {
      // Extensions become durable in their order: the last stands for all before it.
      gate.await(last);
      gated = output;
    }
    return covered || seen < output;
  }
}
