package io.stipend.policy.config;

import io.stipend.metering.Unit;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Calendar;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.Proration;
import io.stipend.policy.budget.Terms;
import java.time.ZoneId;

/**
 * An allowance or a budget before it is somebody's.
 *
 * @param fiscalStart the month in which fiscal years begin
 */
record BudgetTerms(Unit unit, long amount, Every every, int fiscalStart, Terms terms) {
  BudgetRule of(String budget, ZoneId zone) {
    return of(budget, zone, Proration.WHOLE);
  }

  BudgetRule of(String budget, ZoneId zone, Proration proration) {
    return new BudgetRule(
        budget, unit, amount, new Calendar(every, zone, fiscalStart), terms, proration);
  }

  /** Budgets of one owner that agree in this would be one account. */
  boolean sameAccount(BudgetTerms other) {
    return unit.equals(other.unit) && every == other.every;
  }
}
