package io.stipend.metering.price;

import io.stipend.metering.Charge;
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
   * over the whole report. A served model or tier without a price is charged at the dearer of what
   * is known for it and what was requested.
   */
  Charge charge(UsageReport report);

  /**
   * The most that this usage can cost at the requested tier: input at the dearest of its input and
   * cache-write prices, both at the context tier that {@code inputTokens} reaches.
   *
   * @param inputTokens all input, estimated from above
   * @param outputTokens all output, reasoning included
   * @param requestedTier the tier that the body asks for; null if none
   */
  Charge ceiling(long inputTokens, long outputTokens, @Nullable String requestedTier);

  /**
   * The most output tokens whose {@link #ceiling} is at most {@code nanos}; negative if the input
   * alone costs more.
   */
  long affordableOutput(long inputTokens, long nanos, @Nullable String requestedTier);
}
