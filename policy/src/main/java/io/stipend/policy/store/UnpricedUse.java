package io.stipend.policy.store;

import io.stipend.metering.Meter;
import io.stipend.metering.price.Rating;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Refusal;
import io.stipend.policy.budget.BudgetRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Uses of a priced model that would be free all the same: what it is not priced by, and what a
 * budget does not count.
 */
final class UnpricedUse {
  private UnpricedUse() {}

  /**
   * Why this call cannot be charged; null if it can.
   *
   * @param shown the model's name as a message shows it
   */
  static @Nullable String of(
      ModelCall call, Rating rating, List<BudgetRule> budgets, String shown) {
    if (!call.metered()) {
      return null;
    }
    Meter unpriced = rating.unpriced(call.maxUnits());
    if (unpriced != null) {
      return "The model "
          + shown
          + " has no price per "
          + words(unpriced)
          + " here, so it cannot be used with that";
    }
    if (rating.pricesTokens()) {
      return null;
    }
    Meter measure = measure(call);
    if (measure == null) {
      return "The model " + shown + " has no price per token here, so it cannot be used like this";
    }
    for (BudgetRule budget : budgets) {
      if (!budget.unit().isMoney()) {
        return "The budget "
            + budget.budget()
            + " counts "
            + budget.unit().name()
            + ", and the model "
            + shown
            + " is priced per "
            + words(measure)
            + ", so it cannot be used";
      }
    }
    return null;
  }

  /** Why the answer would not tell what the model is priced by; null if it does. */
  static @Nullable Refusal untold(ModelCall call, Rating rating) {
    Meter measure = measure(call);
    boolean byUnit = measure != null && rating.price(measure).isPresent();
    return rating.pricesTokens() && !byUnit ? call.untold() : null;
  }

  /** What the content of the call is counted in, if not in tokens. */
  private static @Nullable Meter measure(ModelCall call) {
    for (Meter meter : Meter.values()) {
      if (!meter.isTool() && call.maxUnits().of(meter) > 0) {
        return meter;
      }
    }
    return null;
  }

  private static String words(Meter meter) {
    return meter.label().replace('_', ' ');
  }
}
