package io.stipend.gateway.exchange;

import io.netty.channel.EventLoop;
import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import io.stipend.metering.tokens.Learned;
import io.stipend.metering.tokens.TokenBound;
import io.stipend.metering.tokens.TokenCounter;
import io.stipend.policy.ModelCall.Generation;
import io.stipend.policy.Permit;
import io.stipend.policy.budget.Reservation;
import io.stipend.policy.budget.Reservation.Settlement;
import io.stipend.policy.config.ProviderConfig;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Step 8 of an exchange: ends its reservation, once, by how the attempt ended; text is counted off
 * the event loop. What a report teaches about the model is learned here.
 */
final class Finish {
  private static final Logger LOG = LoggerFactory.getLogger(Finish.class);

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
  void finish(Outcome outcome, Consumer<@Nullable Settlement> then) {
    Reservation reservation = admitted.reservation();
    if (leg == null || !leg.sent()) {
      recorded(() -> reservation.release(outcome.label(), now()));
      then.accept(null);
      return;
    }
    AnswerReader reader = leg.reader();
    TokenCounter counter = services.tokens().counters().forModel(permit.model());
    Settlements.Ended ended = ended(outcome, leg, counter);
    if (counter == null
        || reader == null
        || reader.textBytes() == 0
        || Settlements.reported(ended) != null) {
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
      // Never counted on the loop: the first count of an encoding loads its tables.
      settle(settlement(ended(outcome, leg, null)), reader, then);
    }
  }

  private Settlements.Ended ended(Outcome outcome, Relay sentBy, @Nullable TokenCounter counter) {
    AnswerReader reader = sentBy.reader();
    TokenBound written = services.tokens().learned().written();
    return new Settlements.Ended(
        outcome,
        sentBy.status(),
        sentBy.reader(),
        sentBy.bodyBytes(),
        reader == null ? 0 : Settlements.progress(reader, permit.model(), written),
        sentBy.heldOutput(),
        sentBy.streaming(),
        sentBy.whole(),
        sentBy.millis(),
        admitted.expectation(),
        permit.rating(),
        peeked.call().serviceTier(),
        permit.model(),
        counter,
        sentBy.providerRequestId(),
        permit.provider().usage() == ProviderConfig.StreamUsage.CONTINUOUS);
  }

  /** Never fails: an attempt that was sent must be settled, whatever its answer holds. */
  private Settlement settlement(Settlements.Ended ended) {
    try {
      return Settlements.of(ended, now());
    } catch (RuntimeException | StackOverflowError e) {
      LOG.error("{}: the usage cannot be priced; the hold is charged", id(), e);
      Charge held = admitted.reservation().held();
      long input = admitted.expectation().input();
      return new Settlement(
          now(),
          held,
          TokenUsage.of(input, held.tokens() - input),
          UsageSource.ASSUMED,
          ended.outcome().label(),
          ended.status(),
          ended.model(),
          ended.requestedTier(),
          ended.providerRequestId(),
          "unpriced_usage",
          admitted.expectation().most().units());
    }
  }

  private void settle(
      Settlement settlement, @Nullable AnswerReader reader, Consumer<@Nullable Settlement> then) {
    long textBytes = reader == null ? 0 : reader.textBytes();
    if (reader != null) {
      reader.close();
    }
    if (!recorded(() -> admitted.reservation().settle(settlement))) {
      then.accept(null);
      return;
    }
    learn(settlement, textBytes);
    then.accept(settlement);
  }

  /** Only what the provider itself said, and said without contradiction, teaches anything. */
  private void learn(Settlement settlement, long textBytes) {
    TokenUsage usage = settlement.usage();
    boolean generates = admitted.expectation().cap() > 0;
    if (settlement.source() != UsageSource.REPORTED
        || !settlement.flags().isEmpty()
        || usage.total() == 0
        || (generates && usage.output() == 0)) {
      return;
    }
    Learned learned = services.tokens().learned();
    String model = permit.model();
    if (generates && peeked.call().generation() == Generation.USUAL) {
      long perChoice = usage.output() / peeked.call().choices();
      learned.answer(permit.principal().id(), model, Math.max(1, perChoice));
    }
    // What a tool of the provider brought in was not in the body.
    if (peeked.call().mediaTokens() == 0 && settlement.units().isNone()) {
      learned.input().learn(model, peeked.call().textBytes(), usage.inputTotal());
    }
    if (admitted.expectation().visibleStream() && usage.reasoning() == 0) {
      learned.written().learn(model, textBytes, usage.output());
    }
  }

  /** A bug that keeps an end from the ledger keeps nothing else: the exchange is closed. */
  private boolean recorded(Runnable end) {
    try {
      end.run();
      return true;
    } catch (RuntimeException e) {
      LOG.error("{}: its end cannot be recorded", id(), e);
      return false;
    }
  }

  private String id() {
    return admitted.reservation().id().toString();
  }

  private Instant now() {
    return services.clock().instant();
  }
}
