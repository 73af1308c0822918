package io.stipend.policy.budget;

/** What somebody asked of a budget is not covered or not allowed; the message is for people. */
public final class BudgetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With what was asked, and what would be possible. */
  public BudgetException(String message) {
    super(message);
  }
}
