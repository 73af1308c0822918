package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;

/**
 * Is told what happens to accounts. Called on event loops and on the ledger's writer: it must not
 * block, and what it does must cost next to nothing.
 */
public interface BudgetListener {
  /** Nobody listens. */
  BudgetListener NONE =
      new BudgetListener() {
        @Override
        public void changed(AccountKey account, BudgetRule rule) {
          // Nobody listens.
        }

        @Override
        public void refused(AccountKey account, BudgetRule rule) {
          // Nobody listens.
        }
      };

  /** The use of an account changed, durably. */
  void changed(AccountKey account, BudgetRule rule);

  /** A call was refused because this account does not cover it. */
  void refused(AccountKey account, BudgetRule rule);
}
