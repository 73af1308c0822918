package io.stipend.metering.reconcile;

import io.stipend.metering.TokenUsage;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** A whole number for each meter: tokens, or nano-units of money. Signed, exact, immutable. */
final class MeterSums {
  static final MeterSums ZERO = new MeterSums(new long[BillMeter.values().length]);

  /** By {@link BillMeter#index}. Never changed. */
  private final long[] values;

  private MeterSums(long[] values) {
    this.values = values;
  }

  static MeterSums of(BillMeter meter, long value) {
    return ZERO.with(meter, value);
  }

  /** Tokens by meter. */
  static MeterSums of(TokenUsage usage) {
    return of(BillMeter.INPUT, usage.input())
        .with(BillMeter.CACHE_READ, usage.cacheRead())
        .with(BillMeter.CACHE_WRITE_5M, usage.cacheWrite() - usage.cacheWrite1h())
        .with(BillMeter.CACHE_WRITE_1H, usage.cacheWrite1h())
        .with(BillMeter.OUTPUT, usage.output());
  }

  MeterSums with(BillMeter meter, long value) {
    long[] copy = values.clone();
    copy[meter.index()] = value;
    return new MeterSums(copy);
  }

  long of(BillMeter meter) {
    return values[meter.index()];
  }

  MeterSums plus(MeterSums other) {
    long[] sums = values.clone();
    for (int i = 0; i < sums.length; i++) {
      sums[i] = Math.addExact(sums[i], other.values[i]);
    }
    return new MeterSums(sums);
  }

  MeterSums minus(MeterSums other) {
    return plus(other.negated());
  }

  MeterSums negated() {
    return new MeterSums(Arrays.stream(values).map(Math::negateExact).toArray());
  }

  /** The same without all other meters. */
  MeterSums only(List<BillMeter> meters) {
    MeterSums result = ZERO;
    for (BillMeter meter : meters) {
      result = result.with(meter, of(meter));
    }
    return result;
  }

  boolean isZero() {
    return Arrays.stream(values).allMatch(value -> value == 0);
  }

  boolean isNegativeNowhere() {
    return Arrays.stream(values).allMatch(value -> value >= 0);
  }

  /** The sum over all meters. */
  long total() {
    return Arrays.stream(values).reduce(0, Math::addExact);
  }

  /** The sum over all meters without their signs. */
  long size() {
    return Arrays.stream(values).map(Math::absExact).reduce(0, Math::addExact);
  }

  /** The input tokens of all meters. */
  long input() {
    return only(BillMeter.INPUTS).total();
  }

  /** The tokens of a row after these were added to it; null if that is no usage. */
  @Nullable TokenUsage addedTo(TokenUsage usage) {
    MeterSums sum = of(usage).plus(only(BillMeter.TOKENS));
    if (!sum.isNegativeNowhere()) {
      return null;
    }
    long output = sum.of(BillMeter.OUTPUT);
    long hour = sum.of(BillMeter.CACHE_WRITE_1H);
    try {
      return new TokenUsage(
          sum.of(BillMeter.INPUT),
          sum.of(BillMeter.CACHE_READ),
          Math.addExact(sum.of(BillMeter.CACHE_WRITE_5M), hour),
          hour,
          output,
          Math.min(usage.reasoning(), output));
    } catch (IllegalArgumentException e) {
      // Beyond what any answer counts.
      return null;
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MeterSums sums && Arrays.equals(values, sums.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(" ", "[", "]");
    for (BillMeter meter : BillMeter.values()) {
      if (of(meter) != 0) {
        text.add(meter.label() + "=" + of(meter));
      }
    }
    return text.toString();
  }
}
