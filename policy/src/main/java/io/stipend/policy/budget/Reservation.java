package io.stipend.policy.budget;

import io.stipend.metering.Charge;
import io.stipend.metering.ChargeBasis;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AttemptId;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Funds held for one attempt. Used from one thread, the attempt's event loop; ends by exactly one
 * of {@link #settle} and {@link #release}.
 */
public interface Reservation {
  /** The attempt. */
  AttemptId id();

  /** The instant that decided its periods. */
  Instant at();

  /** What is held now, extensions included. */
  Charge held();

  /** Completes when the reservation is durable: no response byte goes to the client before. */
  CompletableFuture<Void> durable();

  /** Somebody waits for what was asked for last to be durable; else it takes some milliseconds. */
  void hurry();

  /** Must be called before the first byte goes upstream. */
  void sent();

  /**
   * Holds more on every account, or on none.
   *
   * @param more what is added to the hold
   * @param outputTokens output seen so far
   * @param seen cost of the input estimate and that output
   * @return completes when durable; null if a budget does not cover it: that budget then refuses
   *     every new reservation until this one has ended
   */
  @Nullable CompletableFuture<Void> extend(
      Charge more, long outputTokens, Charge seen, Instant now);

  /**
   * Ends a sent attempt. A charge above the hold becomes overage at once; a remainder returns when
   * the settle is durable.
   *
   * @return completes when durable
   */
  CompletableFuture<Void> settle(Settlement settlement);

  /**
   * Ends an attempt that was never sent; the hold returns when that is durable.
   *
   * @param outcome why, in snake case
   * @return completes when durable
   */
  CompletableFuture<Void> release(String outcome, Instant now);

  /**
   * How a sent attempt ended.
   *
   * @param at when
   * @param charge what is debited
   * @param usage tokens by kind
   * @param source how they are known
   * @param outcome in snake case
   * @param httpStatus the provider's; 0 if none came
   * @param modelServed what the provider named, else what was requested
   * @param serviceTier the tier that was served; null if unknown
   * @param providerRequestId the provider's own id; null if none came
   * @param flags anything to look at; empty if nothing
   * @param units what was used that is not a token
   * @param basis how the lines of the charge are found
   */
  record Settlement(
      Instant at,
      Charge charge,
      TokenUsage usage,
      UsageSource source,
      String outcome,
      int httpStatus,
      String modelServed,
      @Nullable String serviceTier,
      @Nullable String providerRequestId,
      String flags,
      Units units,
      ChargeBasis basis) {
    /** An attempt whose charge has no lines. */
    public Settlement(
        Instant at,
        Charge charge,
        TokenUsage usage,
        UsageSource source,
        String outcome,
        int httpStatus,
        String modelServed,
        @Nullable String serviceTier,
        @Nullable String providerRequestId,
        String flags,
        Units units) {
      this(
          at,
          charge,
          usage,
          source,
          outcome,
          httpStatus,
          modelServed,
          serviceTier,
          providerRequestId,
          flags,
          units,
          ChargeBasis.NONE);
    }

    /** The same of an attempt that used nothing but tokens. */
    public Settlement(
        Instant at,
        Charge charge,
        TokenUsage usage,
        UsageSource source,
        String outcome,
        int httpStatus,
        String modelServed,
        @Nullable String serviceTier,
        @Nullable String providerRequestId,
        String flags) {
      this(
          at,
          charge,
          usage,
          source,
          outcome,
          httpStatus,
          modelServed,
          serviceTier,
          providerRequestId,
          flags,
          Units.NONE);
    }

    /** The same with one more flag. */
    public Settlement flagged(String flag) {
      return new Settlement(
          at,
          charge,
          usage,
          source,
          outcome,
          httpStatus,
          modelServed,
          serviceTier,
          providerRequestId,
          flags.isEmpty() ? flag : flags + "," + flag,
          units,
          basis);
    }
  }
}
