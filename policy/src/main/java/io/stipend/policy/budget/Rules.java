package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** The budgets of the quota file in force, as what happens between calls asks for them. */
@FunctionalInterface
public interface Rules {
  /** The budget that an account belongs to; null if there is none any more. */
  @Nullable BudgetRule of(AccountKey account);

  /**
   * Where and when the periods of shared budgets are: what is known of the period of an account
   * without a budget. How often it is granted says nothing.
   */
  default Calendar calendar() {
    return Calendar.of(Every.MONTH, ZoneOffset.UTC);
  }

  /** No budget at all, in the same calendar. */
  default Rules none() {
    Calendar calendar = calendar();
    return new Rules() {
      @Override
      public @Nullable BudgetRule of(AccountKey account) {
        return null;
      }

      @Override
      public Calendar calendar() {
        return calendar;
      }
    };
  }
}
