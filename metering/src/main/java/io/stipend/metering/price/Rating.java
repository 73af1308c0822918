package io.stipend.metering.price;

import io.stipend.metering.Charge;
import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.Demand;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import java.util.List;
import java.util.Optional;
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
   * Prices a report: the tokens of each part by its own model and by the tier that was served, and
   * its units, rounded up once over the whole report. A served model without a price is charged as
   * the requested model, and a served tier without a price at the dearest tier of its model. A unit
   * that neither model has a price for is charged at the dearest known price of its meter; one that
   * has none at all is named by {@link #unpriced}, and costs nothing here.
   *
   * @param report what was used; where it names no tier, the default tier is charged, so a caller
   *     that asked for another one puts that in; where it names no variant, the dearest
   */
  Charge charge(UsageReport report);

  /**
   * How the lines of that charge are found. All of them together, rounded up once, are the nanos of
   * {@link #charge}: tokens at the prices of their run, and units as they are billed, so that a fee
   * for the whole request is one. A unit that has no price has no line. List prices are those of
   * the last card of list prices that prices the same model, tier and size at the same instant.
   *
   * @param report as {@link #charge} takes it
   */
  ChargeBasis basis(UsageReport report);

  /** The lines themselves. */
  default List<ChargeLine> lines(UsageReport report) {
    return basis(report).lines(report.total(), charge(report).nanos());
  }

  /**
   * The most that this can cost at the requested tier: input at the dearest of its input and
   * cache-write prices, both at the context tier that the input reaches, and all units.
   *
   * @param requestedTier the tier that the body asks for; null if none
   */
  Charge ceiling(Demand most, @Nullable String requestedTier);

  /**
   * The most that text can cost, without units.
   *
   * @throws IllegalArgumentException if a count is outside 0..{@link TokenUsage#MAX_COUNT}
   */
  default Charge ceiling(long inputTokens, long outputTokens, @Nullable String requestedTier) {
    return ceiling(Demand.of(inputTokens, outputTokens), requestedTier);
  }

  /**
   * The most output tokens, up to {@link TokenUsage#MAX_COUNT}, whose {@link #ceiling} with the
   * rest of this demand is at most {@code nanos}; negative if the rest alone costs more.
   */
  long affordableOutput(Demand most, long nanos, @Nullable String requestedTier);

  /** The same for text, without units. */
  default long affordableOutput(long inputTokens, long nanos, @Nullable String requestedTier) {
    return affordableOutput(Demand.of(inputTokens, 0), nanos, requestedTier);
  }

  /**
   * Whether tokens have a price; false for a model that is billed by seconds or characters only.
   */
  boolean pricesTokens();

  /**
   * The most that one unit costs in nano-units, the model's own price before that of its vendor's
   * tools; empty if neither is known.
   */
  Optional<Long> price(Meter meter);

  /**
   * The first meter of these units that nothing prices; null if there is none. What is billed by
   * tokens needs no price of the images, seconds and characters that these tokens stand for.
   */
  default @Nullable Meter unpriced(Units units) {
    for (Meter meter : Meter.values()) {
      boolean needed = meter.isTool() || !pricesTokens();
      if (units.of(meter) > 0 && needed && price(meter).isEmpty()) {
        return meter;
      }
    }
    return null;
  }

  /** The most output tokens that the model itself can produce in one answer. */
  long maxOutputTokens();

  /**
   * Whether the model can spend output on reasoning that no byte of the answer shows. False for
   * models whose thinking is visible or must be asked for with a budget in the body.
   */
  boolean mayThink();
}
