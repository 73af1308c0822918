package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * The client's side of one exchange: writes its answer. Used on the event loop only. After the
 * client is gone every call does nothing but release its buffer.
 */
public interface Outbound {
  /** The loop that owns this connection, and the upstream leg with it. */
  EventLoop eventLoop();

  /**
   * A whole answer; {@code content-length} is set here. Takes ownership of the body. Header fields
   * that concern one connection are left out, here and at {@link #start}.
   *
   * @throws IllegalArgumentException if a header field is not well-formed or the status is not
   *     200..599; nothing was written then, and another answer may be given
   */
  void respond(int status, HttpHeaders headers, ByteBuf body);

  /**
   * Begins an answer whose length may be unknown: chunked, unless the headers hold a {@code
   * content-length}. An answer that becomes longer than that, or ends before, is aborted.
   *
   * @throws IllegalArgumentException as above
   */
  void start(int status, HttpHeaders headers);

  /** A part of the body, written now and flushed at {@link #flush}. Takes ownership. */
  void write(ByteBuf part);

  /** Sends what was written. */
  void flush();

  /** The answer is complete. */
  void end();

  /**
   * The answer cannot be completed: the connection is reset, so that no client takes what it has
   * for the whole.
   */
  void abort();

  /** Whether more may be written now; {@link RequestHandler.Inbound#writable} tells when again. */
  boolean writable();
}
