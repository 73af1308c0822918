package io.stipend.metering.reconcile;

import java.math.BigDecimal;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * What a provider says something cost on a day.
 *
 * @param day the UTC day
 * @param kind of what
 * @param keyId as of a {@link UsageRecord}
 * @param projectId as of a {@link UsageRecord}
 * @param model null if it is of none, or it does not say
 * @param tier as of a {@link UsageRecord}
 * @param meter of what
 * @param longContext whether it is of requests above the size where prices rise; null if it does
 *     not say
 * @param amount in the currency, exact
 * @param list the amount at list prices; null if it does not say
 * @param currency such as {@code USD}
 * @param description the provider's words
 * @param rounding how far the amount may be from the exact one, in nano-units: half a cent where a
 *     console shows cents, else 0
 * @param place where it stands in its file
 */
record CostRecord(
    LocalDate day,
    Kind kind,
    @Nullable String keyId,
    @Nullable String projectId,
    @Nullable String model,
    @Nullable String tier,
    BillMeter meter,
    @Nullable Boolean longContext,
    BigDecimal amount,
    @Nullable BigDecimal list,
    String currency,
    String description,
    long rounding,
    String place) {
  /** The same at another place. */
  CostRecord at(String other) {
    return new CostRecord(
        day,
        kind,
        keyId,
        projectId,
        model,
        tier,
        meter,
        longContext,
        amount,
        list,
        currency,
        description,
        rounding,
        other);
  }

  /** Of what a cost is. */
  enum Kind {
    /** The use of a model. */
    MODEL,
    /** The fee of a tool. */
    TOOL,
    /** A credit, a discount, a tax, a rounding. */
    ADJUSTMENT,
    /** Another product of the provider, which no gateway serves. */
    ELSEWHERE,
    /** Everything of a day: the report is not broken down. */
    TOTAL
  }
}
