package io.stipend.gateway.dialect;

import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import org.jspecify.annotations.Nullable;

/** A request body that is refused for what it says; carried up from within the scan. */
final class BadBody extends Exception {
  private static final long serialVersionUID = 1L;

  /** The field at fault; null if it is the whole body. */
  private final @Nullable String param;

  private BadBody(@Nullable String param, String message) {
    super(message, null, false, false);
    this.param = param;
  }

  /** The body as a whole is not what it should be. */
  static BadBody of(String message) {
    return new BadBody(null, message);
  }

  /** One field is wrong; the message begins with its name. */
  static BadBody field(String param, String found, String expected) {
    return new BadBody(param, param + ": " + found + " (expected: " + expected + ")");
  }

  /** One field asks for what the gateway does not serve. */
  static BadBody unserved(String param, String why) {
    return new BadBody(param, param + ": " + why);
  }

  Refusal refusal() {
    String message = String.valueOf(getMessage());
    return param == null
        ? Refusal.of(RefusalReason.INVALID_BODY, message)
        : Refusal.ofField(param, message);
  }
}
