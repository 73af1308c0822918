package io.stipend.metering.ledger;

import io.stipend.metering.TokenUsage;

/**
 * Tokens by kind and their cost, or what is added to them: each figure may be negative. The kinds
 * are those of {@link TokenUsage}.
 *
 * @param nanos cost in nano-units
 */
public record SignedUsage(
    long input,
    long cacheRead,
    long cacheWrite,
    long cacheWrite1h,
    long output,
    long reasoning,
    long nanos) {
  /** Nothing. */
  public static final SignedUsage ZERO = new SignedUsage(0, 0, 0, 0, 0, 0, 0);

  /** What a row says. */
  static SignedUsage of(UsageRow row) {
    TokenUsage usage = row.usage();
    return new SignedUsage(
        usage.input(),
        usage.cacheRead(),
        usage.cacheWrite(),
        usage.cacheWrite1h(),
        usage.output(),
        usage.reasoning(),
        row.nanos());
  }

  /** The sum by kind. */
  public SignedUsage plus(SignedUsage o) {
    return new SignedUsage(
        Math.addExact(input, o.input),
        Math.addExact(cacheRead, o.cacheRead),
        Math.addExact(cacheWrite, o.cacheWrite),
        Math.addExact(cacheWrite1h, o.cacheWrite1h),
        Math.addExact(output, o.output),
        Math.addExact(reasoning, o.reasoning),
        Math.addExact(nanos, o.nanos));
  }

  SignedUsage minus(SignedUsage o) {
    return new SignedUsage(
        Math.subtractExact(input, o.input),
        Math.subtractExact(cacheRead, o.cacheRead),
        Math.subtractExact(cacheWrite, o.cacheWrite),
        Math.subtractExact(cacheWrite1h, o.cacheWrite1h),
        Math.subtractExact(output, o.output),
        Math.subtractExact(reasoning, o.reasoning),
        Math.subtractExact(nanos, o.nanos));
  }
}
