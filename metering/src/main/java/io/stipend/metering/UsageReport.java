package io.stipend.metering;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a provider said one attempt used.
 *
 * @param parts the billable parts; one for most answers, one per iteration where a provider bills
 *     several model runs in one answer; never empty
 * @param modelServed the model that the provider says it ran; null if it said nothing
 * @param serviceTier the tier that was served, in the provider's own word; null if it said nothing
 * @param absurd whether a count was negative, out of bounds or contradictory and was clamped
 */
public record UsageReport(
    List<Part> parts, @Nullable String modelServed, @Nullable String serviceTier, boolean absurd) {
  /**
   * Usage of one model run.
   *
   * @param model the model of this run; null means the served model of the report
   * @param usage its tokens
   */
  public record Part(@Nullable String model, TokenUsage usage) {}

  /** Copies the parts; at least one is needed. */
  public UsageReport {
    parts = List.copyOf(parts);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("parts: [] (expected: at least one)");
    }
  }

  /** A report of one part, of an unnamed model and tier. */
  public static UsageReport of(TokenUsage usage) {
    return new UsageReport(List.of(new Part(null, usage)), null, null, false);
  }

  /** The sum over all parts. */
  public TokenUsage total() {
    TokenUsage sum = TokenUsage.ZERO;
    for (Part part : parts) {
      sum = sum.plus(part.usage());
    }
    return sum;
  }
}
