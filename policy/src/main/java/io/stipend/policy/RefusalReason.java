package io.stipend.policy;

import java.util.Locale;

/**
 * Why a request is refused, in order of precedence: where several hold, the first is told. How each
 * reads in each dialect is the table of the gateway's dialects.
 */
public enum RefusalReason {
  /** The request is no well-formed HTTP, or breaks a rule of the proxy. */
  MALFORMED_REQUEST,
  /** A credential stands in the query string. */
  CREDENTIAL_IN_QUERY,
  /** The gateway is shutting down. */
  DRAINING,
  /** The route is not in the table of routes. */
  UNKNOWN_ROUTE,
  /** The route is in the table, but not with this method. */
  METHOD_NOT_ALLOWED,
  /** Too many bad credentials came from this address. */
  SOURCE_LIMITED,
  /** No credential, two different ones, or one that is unknown, expired or revoked. */
  BAD_CREDENTIAL,
  /** The body is larger than the limit. */
  BODY_TOO_LARGE,
  /** The body has a content encoding that is not accepted. */
  UNSUPPORTED_ENCODING,
  /** The body is not what the dialect asks for. */
  INVALID_BODY,
  /** The principal's allowance is frozen. */
  FROZEN,
  /** No response of this id is known to be this principal's. */
  UNKNOWN_RESPONSE,
  /** No provider serves a model of this name. */
  UNKNOWN_MODEL,
  /** The model exists but this principal may not use it. */
  MODEL_NOT_ALLOWED,
  /** The model has no price, so that its cost would be unknown. */
  UNPRICED_MODEL,
  /** Too many requests in a minute. */
  REQUEST_RATE,
  /** Too many tokens in a minute. */
  TOKEN_RATE,
  /** Too many exchanges at once. */
  CONCURRENCY,
  /** Every provider of the model has asked not to be called for a while. */
  UPSTREAMS_PAUSED,
  /** A budget does not cover the call. */
  BUDGET_EXHAUSTED,
  /** The ledger cannot record the call now. */
  LEDGER_UNAVAILABLE;

  /** The word that counts, exports and error codes use, such as {@code budget_exhausted}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
