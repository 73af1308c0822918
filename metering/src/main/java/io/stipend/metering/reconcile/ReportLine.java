package io.stipend.metering.reconcile;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line: what both sides say of a meter. What a side does not tell is null.
 *
 * @param day the UTC day
 * @param account the provider's name in the quota file; empty for what belongs to none
 * @param key the provider's key, as far as it is told
 * @param model as returned; empty for what is of no model
 * @param tier the service tier; empty where it is not told
 * @param meter what is counted
 * @param gatewayQuantity the ledger's count; null where the meter counts nothing
 * @param providerQuantity the provider's
 * @param gatewayNanos the ledger's cost in nano-units
 * @param providerNanos the provider's, rounded half up; {@code providerCost} is exact
 * @param parts of the difference, each with its reason; what they leave is within the tolerance
 * @param status what is to be done
 * @param entries ids of the corrections that are proposed
 */
public record ReportLine(
    LocalDate day,
    String account,
    String key,
    String model,
    String tier,
    BillMeter meter,
    @Nullable Long gatewayQuantity,
    @Nullable Long providerQuantity,
    @Nullable Long gatewayNanos,
    @Nullable Long providerNanos,
    @Nullable BigDecimal providerCost,
    List<Part> parts,
    Status status,
    List<String> entries) {
  private static final int PERCENT_DIGITS = 2;
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  /** Copies the lists. */
  public ReportLine {
    parts = List.copyOf(parts);
    entries = List.copyOf(entries);
  }

  /**
   * A part of a difference.
   *
   * @param reason why
   * @param quantity how much of the quantity's difference; signed
   * @param nanos how much of the cost's; signed
   * @param evidence what shows it
   */
  public record Part(Reason reason, long quantity, long nanos, String evidence) {}

  /** What the provider counts more; null if one side does not tell. */
  public @Nullable Long quantityDelta() {
    return gatewayQuantity == null || providerQuantity == null
        ? null
        : Math.subtractExact(providerQuantity, gatewayQuantity);
  }

  /** What the provider charges more, in nano-units; null if one side does not tell. */
  public @Nullable Long nanosDelta() {
    return gatewayNanos == null || providerNanos == null
        ? null
        : Math.subtractExact(providerNanos, gatewayNanos);
  }

  /**
   * The difference in parts of a hundred of the ledger's figure, of the cost or else the quantity,
   * rounded half up to two digits; null where that is nothing.
   */
  public @Nullable BigDecimal percent() {
    Long delta = nanosDelta() == null ? quantityDelta() : nanosDelta();
    Long base = nanosDelta() == null ? gatewayQuantity : gatewayNanos;
    return delta == null || base == null || base == 0
        ? null
        : BigDecimal.valueOf(delta)
            .multiply(HUNDRED)
            .divide(BigDecimal.valueOf(base), PERCENT_DIGITS, RoundingMode.HALF_UP);
  }
}
