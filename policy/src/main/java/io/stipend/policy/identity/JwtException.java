package io.stipend.policy.identity;

/**
 * A JWT is good for nothing. The message is for a log at debug level, never for whoever sent it,
 * and holds nothing of the JWT.
 */
final class JwtException extends Exception {
  private static final long serialVersionUID = 1L;

  JwtException(String message) {
    super(message);
  }
}
