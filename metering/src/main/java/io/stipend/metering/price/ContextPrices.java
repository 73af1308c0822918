package io.stipend.metering.price;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * The prices of one service tier by size of the request. A step is a cliff: past its threshold
 * every token of the request has the step's price, those below the threshold too.
 *
 * @param steps by rising threshold; the first has threshold 0
 */
record ContextPrices(List<Step> steps) {
  /**
   * Prices from one size on.
   *
   * @param inputOver the step holds for requests with more input than this, cached or not; 0 for
   *     the first step, which holds for all
   * @param prices what a token costs
   */
  record Step(long inputOver, Prices prices) {}

  ContextPrices {
    steps = List.copyOf(steps);
  }

  /** The prices of a request with this much input. */
  Prices at(long inputTotal) {
    return steps.get(index(inputTotal)).prices();
  }

  /** The dearest prices of a request with at most this much input: an estimate may be too high. */
  Prices dearestUpTo(long inputTotal) {
    Prices dearest = steps.get(0).prices();
    for (int i = index(inputTotal); i > 0; i--) {
      dearest = dearest.max(steps.get(i).prices());
    }
    return dearest;
  }

  /** Each price changed by the same rule. */
  ContextPrices each(LongUnaryOperator rule) {
    return new ContextPrices(
        steps.stream().map(s -> new Step(s.inputOver, s.prices.each(rule))).toList());
  }

  /** Step by step the dearer of both. */
  ContextPrices max(ContextPrices other) {
    List<Step> merged = new ArrayList<>();
    for (Step step : steps) {
      merged.add(new Step(step.inputOver, step.prices.max(other.at(past(step.inputOver)))));
    }
    for (Step step : other.steps) {
      if (merged.stream().noneMatch(m -> m.inputOver == step.inputOver)) {
        merged.add(new Step(step.inputOver, step.prices.max(at(past(step.inputOver)))));
      }
    }
    merged.sort((a, b) -> Long.compare(a.inputOver, b.inputOver));
    return new ContextPrices(merged);
  }

  /** The smallest input that the step holds for; the first step holds for 0 too. */
  private static long past(long inputOver) {
    return inputOver == 0 ? 0 : inputOver + 1;
  }

  private int index(long inputTotal) {
    int i = steps.size() - 1;
    while (i > 0 && inputTotal <= steps.get(i).inputOver) {
      i--;
    }
    return i;
  }
}
