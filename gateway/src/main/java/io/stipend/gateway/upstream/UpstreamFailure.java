package io.stipend.gateway.upstream;

/** How an attempt can fail. */
public enum UpstreamFailure {
  /** No connection: refused, unreachable, unresolved, TLS failed, or it took too long. */
  CONNECT,
  /** The connection ended before the answer did. */
  RESET,
  /** No first byte, or no next byte, or no end within its time. */
  TIMEOUT,
  /** The answer breaks HTTP, is a redirect, or exceeds a limit. */
  PROTOCOL
}
