package io.stipend.metering.price;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import org.jspecify.annotations.Nullable;

/**
 * The prices of one exchange, pinned at the instant of its reservation: an edited card never
 * changes an exchange that is under way.
 */
public interface Rating {
  /**
   * The version of the card that priced the requested model, such as {@code builtin-2026-11-20}.
   */
  String priceVersion();

  /**
   * Prices a report: each part by its own model and by the tier that was served, rounded up once
   * over the whole report. A served model without a price is charged as the requested model, and a
   * served tier without a price at the dearest tier of its model.
   *
   * @param report what was used; where it names no tier, the default tier is charged, so a caller
   *     that asked for another one puts that in
   */
  Charge charge(UsageReport report);

  /**
   * The most that this usage can cost at the requested tier: input at the dearest of its input and
   * cache-write prices, both at the context tier that {@code inputTokens} reaches.
   *
   * @param inputTokens all input, estimated from above
   * @param outputTokens all output, reasoning included
   * @param requestedTier the tier that the body asks for; null if none
   * @throws IllegalArgumentException if a count is outside 0..{@link TokenUsage#MAX_COUNT}
   */
  Charge ceiling(long inputTokens, long outputTokens, @Nullable String requestedTier);

  /**
   * The most output tokens, up to {@link TokenUsage#MAX_COUNT}, whose {@link #ceiling} is at most
   * {@code nanos}; negative if the input alone costs more.
   */
  long affordableOutput(long inputTokens, long nanos, @Nullable String requestedTier);

  /** The most output tokens that the model itself can produce in one answer. */
  long maxOutputTokens();

  /**
   * Whether the model can spend output on reasoning that no byte of the answer shows. False for
   * models whose thinking is visible or must be asked for with a budget in the body.
   */
  boolean mayThink();
}
