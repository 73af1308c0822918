package io.stipend.metering;

import java.util.ArrayList;
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
 * @param variant which of several prices of a unit holds, such as the size and quality of an image;
 *     null if there is no choice or it is not known
 */
public record UsageReport(
    List<Part> parts,
    @Nullable String modelServed,
    @Nullable String serviceTier,
    boolean absurd,
    @Nullable String variant) {
  /**
   * Usage of one model run.
   *
   * @param model the model of this run; null means the served model of the report
   * @param usage its tokens
   * @param media which of these were audio or images
   * @param units what it used beside tokens
   */
  public record Part(@Nullable String model, TokenUsage usage, MediaTokens media, Units units) {
    /** Refuses parts that exceed their whole. */
    public Part {
      if (!media.within(usage)) {
        throw new IllegalArgumentException(media + " (expected: within " + usage + ")");
      }
    }

    /** Tokens of text and nothing else. */
    public Part(@Nullable String model, TokenUsage usage) {
      this(model, usage, MediaTokens.NONE, Units.NONE);
    }
  }

  /** Copies the parts; at least one is needed. */
  public UsageReport {
    parts = List.copyOf(parts);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("parts: [] (expected: at least one)");
    }
  }

  /** A report without a choice of prices of a unit. */
  public UsageReport(
      List<Part> parts,
      @Nullable String modelServed,
      @Nullable String serviceTier,
      boolean absurd) {
    this(parts, modelServed, serviceTier, absurd, null);
  }

  /** A report of one part, of an unnamed model and tier. */
  public static UsageReport of(TokenUsage usage) {
    return new UsageReport(List.of(new Part(null, usage)), null, null, false);
  }

  /** The same with more units; they stand at the first part. */
  public UsageReport and(Units more) {
    if (more.isNone()) {
      return this;
    }
    List<Part> all = new ArrayList<>(parts);
    Part first = all.get(0);
    all.set(0, new Part(first.model(), first.usage(), first.media(), first.units().plus(more)));
    return new UsageReport(all, modelServed, serviceTier, absurd, variant);
  }

  /** What all parts used beside tokens. */
  public Units units() {
    Units sum = Units.NONE;
    for (Part part : parts) {
      sum = sum.plus(part.units());
    }
    return sum;
  }

  /** The tokens of all parts. */
  public TokenUsage total() {
    TokenUsage sum = TokenUsage.ZERO;
    for (Part part : parts) {
      sum = sum.plus(part.usage());
    }
    return sum;
  }
}
