package io.stipend.gateway.exchange;

import org.jspecify.annotations.Nullable;

/** What a client is told of an ending that left it without any answer. */
final class Faults {
  private static final int INTERNAL_ERROR = 500;
  private static final int BAD_GATEWAY = 502;
  private static final int UNAVAILABLE = 503;
  private static final int GATEWAY_TIMEOUT = 504;

  record Fault(int status, String message) {}

  private Faults() {}

  static Fault ledgerFailed() {
    return new Fault(UNAVAILABLE, "The ledger cannot record this call.");
  }

  /** Null where the client has an answer, or is no longer there. */
  static @Nullable Fault of(Outcome outcome) {
    return switch (outcome) {
      case UPSTREAM_UNREACHABLE ->
          new Fault(BAD_GATEWAY, "The provider cannot be reached; nothing was charged.");
      case UPSTREAM_RESET ->
          new Fault(BAD_GATEWAY, "The provider closed the connection before it answered.");
      case UPSTREAM_PROTOCOL -> new Fault(BAD_GATEWAY, "The provider's answer could not be read.");
      case UPSTREAM_TIMEOUT -> new Fault(GATEWAY_TIMEOUT, "The provider did not answer in time.");
      case DRAINED -> new Fault(UNAVAILABLE, "The gateway is shutting down.");
      case LEDGER_FAILED -> ledgerFailed();
      case GATEWAY_FAULT -> new Fault(INTERNAL_ERROR, "The gateway failed; its log tells why.");
      case COMPLETED, UPSTREAM_ERROR, UPSTREAM_TRUNCATED, CUT, CLIENT_GONE -> null;
    };
  }
}
