package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.policy.config.Secret;

/**
 * Hears how an attempt goes: {@code sending}, then {@code head}, {@code data}…, {@code end}; or
 * {@code failed} at any point. Exactly one of {@code end} and {@code failed} comes, unless it is
 * cancelled.
 */
public interface AttemptListener {
  /** The request is sent with this, which no quota file holds and no answer may show. */
  default void sends(Secret secret) {}

  /** A connection stands; the first byte is written right after this returns. */
  void sending();

  /** The status (never 1xx or 3xx) and headers, hop-by-hop ones included. */
  void head(int status, HttpHeaders headers);

  /** A part of the body as it came. The listener releases it. */
  void data(ByteBuf part);

  /** A burst of {@link #head} and {@link #data} is over for now: time to flush. */
  void readComplete();

  /** The answer is complete. */
  void end();

  /** The attempt failed. Whether it was sent is known by {@link #sending} having been called. */
  void failed(UpstreamFailure failure);
}
