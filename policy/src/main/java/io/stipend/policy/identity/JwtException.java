package io.stipend.policy.identity;

/**
 * A JWT is good for nothing. The message is for a log at debug level, never for whoever sent it,
 * and holds nothing of the JWT.
 */
final class JwtException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean ofNoKey;

  JwtException(String message) {
    this(message, false);
  }

  /**
   * @param ofNoKey whether none of the keys that are there has signed it
   */
  JwtException(String message, boolean ofNoKey) {
    super(message);
    this.ofNoKey = ofNoKey;
  }

  boolean ofNoKey() {
    return ofNoKey;
  }
}
