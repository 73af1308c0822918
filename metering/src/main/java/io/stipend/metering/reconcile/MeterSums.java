package io.stipend.metering.reconcile;

import io.stipend.metering.TokenUsage;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** A whole number for each meter: tokens, or nano-units of money. Signed, exact, immutable. */
final class MeterSums {
  static final MeterSums ZERO = new MeterSums(new EnumMap<>(BillMeter.class));

  /** No zeros. Never changed. */
  private final Map<BillMeter, Long> values;

  private MeterSums(Map<BillMeter, Long> values) {
    this.values = values;
  }

  static MeterSums of(BillMeter meter, long value) {
    return ZERO.with(meter, value);
  }

  /** Tokens by meter. */
  static MeterSums of(TokenUsage usage) {
    return of(BillMeter.INPUT, usage.input())
        .with(BillMeter.CACHE_READ, usage.cacheRead())
        .with(BillMeter.CACHE_WRITE, usage.cacheWrite() - usage.cacheWrite1h())
        .with(BillMeter.CACHE_WRITE_1H, usage.cacheWrite1h())
        .with(BillMeter.OUTPUT, usage.output());
  }

  MeterSums with(BillMeter meter, long value) {
    Map<BillMeter, Long> copy = new EnumMap<>(values);
    if (value == 0) {
      copy.remove(meter);
    } else {
      copy.put(meter, value);
    }
    return new MeterSums(copy);
  }

  long of(BillMeter meter) {
    return values.getOrDefault(meter, 0L);
  }

  MeterSums plus(MeterSums other) {
    Map<BillMeter, Long> sums = new EnumMap<>(values);
    other.values.forEach((meter, more) -> sums.merge(meter, more, Math::addExact));
    sums.values().removeIf(value -> value == 0);
    return new MeterSums(sums);
  }

  MeterSums minus(MeterSums other) {
    return plus(other.negated());
  }

  MeterSums negated() {
    Map<BillMeter, Long> negated = new EnumMap<>(values);
    negated.replaceAll((meter, value) -> Math.negateExact(value));
    return new MeterSums(negated);
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
    return values.isEmpty();
  }

  boolean isNegativeNowhere() {
    return values.values().stream().allMatch(value -> value > 0);
  }

  /** The sum over all meters. */
  long total() {
    return values.values().stream().reduce(0L, Math::addExact);
  }

  /** The sum over all meters without their signs. */
  long size() {
    return values.values().stream().map(Math::absExact).reduce(0L, Math::addExact);
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
          Math.addExact(sum.of(BillMeter.CACHE_WRITE), hour),
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
    return other instanceof MeterSums sums && values.equals(sums.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
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
