package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import io.stipend.policy.Refusal;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes requests from a listener. All calls for one request come on its connection's event loop.
 */
public interface RequestHandler {
  /**
   * A head arrived. The handler may answer at once: the server then discards the body and, if it
   * was not yet complete, closes the connection after the answer.
   */
  Inbound accept(RequestHead head, Outbound client);

  /**
   * A request could not be read at all; its answer is written and the connection closed.
   *
   * @param head what is known of it; the path is {@code /} and the headers are empty if nothing is
   * @param status the status that HTTP has for this fault: 400, 404, 408, 414, 417, 431 or 505
   * @param refusal what is wrong
   */
  void malformed(RequestHead head, int status, Refusal refusal, Outbound client);

  /** What follows the head. */
  interface Inbound {
    /**
     * The whole body, within the limits; empty if there is none. Not called after the handler has
     * answered. The handler releases it.
     */
    void body(ByteBuf body);

    /**
     * The body broke a limit or the framing rules; not called after the handler has answered.
     *
     * @param status the status that HTTP has for this fault, whatever the dialect: 408 or 431; 0 if
     *     it is that of the refusal
     */
    void badBody(int status, Refusal refusal);

    /**
     * When the body may come: before, no more of it is read than waits here of any next request,
     * and nothing is decoded. Whoever is not known yet must not fill the memory. Null if at once.
     */
    default @Nullable CompletableFuture<?> awaited() {
      return null;
    }

    /** The client takes bytes again, after {@link Outbound#writable} was false. */
    void writable();

    /**
     * The client's connection has ended before the answer did, or the server's time for the
     * exchange is over. Called at most once, never after the answer's end.
     */
    void gone();
  }
}
