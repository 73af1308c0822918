package io.stipend.policy.budget;

/** What happens when an allowance does not cover a call; tried in the order that it lists. */
public enum WhenShort {
  /** Lower the output cap in the body to what the balance affords. */
  CLAMP,
  /** Refuse the call. */
  REFUSE
}
