package io.stipend.policy.config;

import io.stipend.metering.Unit;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.WhenShort;
import java.time.ZoneId;
import java.util.List;

/** An allowance or a budget before it is somebody's. */
record BudgetTerms(
    Unit unit,
    long amount,
    Every every,
    List<WhenShort> whenShort,
    long clampFloor,
    long overshoot) {
  BudgetRule of(String budget, ZoneId zone) {
    return new BudgetRule(budget, unit, amount, every, zone, whenShort, clampFloor, overshoot);
  }

  /** Budgets of one owner that agree in this would be one account. */
  boolean sameAccount(BudgetTerms other) {
    return unit.equals(other.unit) && every == other.every;
  }
}
