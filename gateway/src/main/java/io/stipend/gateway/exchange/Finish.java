package io.stipend.gateway.exchange;

import io.netty.channel.EventLoop;
import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import io.stipend.metering.tokens.TokenCounter;
import io.stipend.policy.Permit;
import io.stipend.policy.budget.Reservation;
import io.stipend.policy.budget.Reservation.Settlement;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Step 8 of an exchange: ends its reservation, once, by how the attempt ended; text is counted off
 * the event loop where it is long. What a report teaches about the model is learned here.
 */
final class Finish {
  private static final Logger LOG = LoggerFactory.getLogger(Finish.class);

  /** Text whose tokens are counted on the event loop: about 0.2 ms. */
  private static final int MAX_INLINE_BYTES = 2 * 1_024;

  private final Services services;
  private final EventLoop loop;
  private final Admission.Admitted admitted;
  private final Permit permit;
  private final Peeked peeked;
  private final @Nullable Relay leg;

  Finish(
      Services services,
      EventLoop loop,
      Admission.Admitted admitted,
      Permit permit,
      Peeked peeked,
      @Nullable Relay leg) {
    this.services = services;
    this.loop = loop;
    this.admitted = admitted;
    this.permit = permit;
    this.peeked = peeked;
    this.leg = leg;
  }

  /**
   * Settles what was sent, releases what was not.
   *
   * @param then runs on the event loop when the end is queued; with null if nothing was sent
   */
  void finish(
      Outcome outcome, @Nullable String providerRequestId, Consumer<@Nullable Settlement> then) {
    Reservation reservation = admitted.reservation();
    if (leg == null || !leg.sent()) {
      reservation.release(outcome.label(), now());
      then.accept(null);
      return;
    }
    AnswerReader reader = leg.reader();
    TokenCounter counter = services.tokens().counters().forModel(permit.model());
    Settlements.Ended ended =
        new Settlements.Ended(
            outcome,
            leg.status(),
            reader,
            leg.bodyBytes(),
            leg.unseenOutput(),
            admitted.expectation(),
            permit.rating(),
            peeked.call().serviceTier(),
            permit.model(),
            counter,
            providerRequestId);
    boolean counts =
        counter != null
            && reader != null
            && reader.usage() == null
            && reader.textBytes() > MAX_INLINE_BYTES;
    if (!counts) {
      settle(settlement(ended), reader, then);
      return;
    }
    try {
      services
          .counting()
          .execute(
              () -> {
                Settlement settlement = settlement(ended);
                loop.execute(() -> settle(settlement, reader, then));
              });
    } catch (RejectedExecutionException e) {
      settle(settlement(ended), reader, then);
    }
  }

  /** Never fails: an attempt that was sent must be settled, whatever its answer holds. */
  private Settlement settlement(Settlements.Ended ended) {
    try {
      return Settlements.of(ended, now());
    } catch (RuntimeException e) {
      LOG.error("{}: the usage cannot be priced; the hold is charged", id(), e);
      return new Settlement(
          now(),
          admitted.reservation().held(),
          TokenUsage.of(admitted.expectation().input(), admitted.expectation().expectedOutput()),
          UsageSource.ASSUMED,
          ended.outcome().label(),
          ended.status(),
          ended.model(),
          ended.requestedTier(),
          ended.providerRequestId(),
          "unpriced_usage");
    }
  }

  private void settle(
      Settlement settlement, @Nullable AnswerReader reader, Consumer<@Nullable Settlement> then) {
    if (reader != null) {
      reader.close();
    }
    admitted.reservation().settle(settlement);
    if (settlement.source() == UsageSource.REPORTED
        && settlement.flags().isEmpty()
        && settlement.usage().output() > 0) {
      services.tokens().usual().learn(permit.model(), settlement.usage().output());
      if (peeked.call().mediaTokens() == 0) {
        services
            .tokens()
            .bound()
            .learn(permit.model(), peeked.call().textBytes(), settlement.usage().inputTotal());
      }
    }
    then.accept(settlement);
  }

  private String id() {
    return admitted.reservation().id().toString();
  }

  private Instant now() {
    return services.clock().instant();
  }
}
