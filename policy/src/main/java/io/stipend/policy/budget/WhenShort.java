package io.stipend.policy.budget;

import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import org.jspecify.annotations.Nullable;

/** What happens when an allowance does not cover a call; tried in the order that it lists. */
public enum WhenShort {
  /** Lower the output cap in the body to what the balance affords. */
  CLAMP,
  /** Send the call to a cheaper model that the allowance names. */
  DOWNGRADE,
  /** Lend up to the allowance's limit; the next grant repays it. */
  OVERDRAFT,
  /** Lend a running agent session what it needs to end, up to the allowance's limit. */
  FINISH,
  /** Refuse the call. */
  REFUSE;

  /** The loan that this step takes; null if it takes none. */
  public @Nullable LoanKind loan() {
    return this == OVERDRAFT ? LoanKind.OVERDRAFT : this == FINISH ? LoanKind.FINISH : null;
  }
}
