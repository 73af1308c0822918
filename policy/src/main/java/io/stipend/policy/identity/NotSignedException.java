package io.stipend.policy.identity;

/** A file is not what a key signed; the message says how that shows. */
public final class NotSignedException extends Exception {
  private static final long serialVersionUID = 1L;

  NotSignedException(String message) {
    super(message);
  }
}
