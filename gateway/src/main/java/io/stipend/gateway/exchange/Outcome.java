package io.stipend.gateway.exchange;

import java.util.Locale;

/** How an exchange that was admitted ended. Every one ends in exactly one of these. */
public enum Outcome {
  /** The provider answered in full and the client has all of it. */
  COMPLETED,
  /** The provider refused or failed, and said so with a status of 400 or more. */
  UPSTREAM_ERROR,
  /** The client went away before the answer's end. */
  CLIENT_GONE,
  /** The budget did not cover the rest of a stream, so that it was ended early. */
  CUT,
  /** No connection to the provider stood; nothing was sent. */
  UPSTREAM_UNREACHABLE,
  /** The provider's connection ended before its answer did. */
  UPSTREAM_RESET,
  /** The provider sent nothing within its time. */
  UPSTREAM_TIMEOUT,
  /** The provider's answer broke HTTP or a bound. */
  UPSTREAM_PROTOCOL,
  /** The provider ended a stream without its terminal event. */
  UPSTREAM_TRUNCATED,
  /** The gateway shut down before the answer's end. */
  DRAINED,
  /** The ledger's disk failed while the exchange was open. */
  LEDGER_FAILED,
  /** A fault of the gateway itself ended it; the log tells which. */
  GATEWAY_FAULT;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** The word of exports, such as {@code client_gone}. */
  public String label() {
    return label;
  }
}
