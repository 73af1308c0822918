package io.stipend.gateway.server;

import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;

/**
 * A request breaks a rule. Thrown without a stack: attackers cause it at will, and where it was
 * thrown is told by its message.
 */
final class MalformedRequest extends Exception {
  static final int BAD_REQUEST = 400;
  static final int NOT_FOUND = 404;
  static final int TIMEOUT = 408;
  static final int LINE_TOO_LONG = 414;
  static final int EXPECTATION_FAILED = 417;
  static final int UPGRADE_REQUIRED = 426;
  static final int HEADERS_TOO_LARGE = 431;
  static final int VERSION = 505;

  private final int status;
  private final Refusal refusal;

  MalformedRequest(int status, Refusal refusal) {
    super(refusal.message(), null, false, false);
    this.status = status;
    this.refusal = refusal;
  }

  MalformedRequest(int status, String message) {
    this(status, Refusal.of(RefusalReason.MALFORMED_REQUEST, message));
  }

  MalformedRequest(String message) {
    this(BAD_REQUEST, message);
  }

  int status() {
    return status;
  }

  Refusal refusal() {
    return refusal;
  }
}
