package io.stipend.policy.budget;

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
  REFUSE
}
