package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;

/**
 * Reads the answers of one connection, one after the other: heads, then the body by its framing,
 * whose bytes go on as slices of what was read. Whatever is left after an answer is not its own.
 *
 * <pre>IDLE → HEAD (→ HEAD …) → SIZED | CHUNKED (→ TRAILERS) | TO_CLOSE → IDLE</pre>
 */
final class ResponseParser {
  private static final int MIN_FINAL = 200;
  private static final int NO_CONTENT = 204;
  private static final int RESET_CONTENT = 205;
  private static final int NOT_MODIFIED = 304;

  private final Sink sink;
  private final ResponseHead head;
  private final ChunkFraming chunks = new ChunkFraming();
  private State state = State.IDLE;
  private boolean bodiless;
  private long left;

  private enum State {
    IDLE,
    HEAD,
    SIZED,
    CHUNKED,
    TRAILERS,
    TO_CLOSE
  }

  /** Hears what was read, within {@link #read}; may {@link #stop} it from any call. */
  interface Sink {
    /** A head of any status; after one below 200 another comes. Valid during the call only. */
    void head(ResponseHead head);

    /** A part of the body; the sink releases it. */
    void data(ByteBuf part);

    /**
     * The answer is complete by its own framing.
     *
     * @param surplus whether bytes came after it
     */
    void end(boolean surplus);
  }

  ResponseParser(Sink sink, int maxHeaderBytes) {
    this.sink = sink;
    this.head = new ResponseHead(maxHeaderBytes);
  }

  /**
   * An answer is to come.
   *
   * @param toHead whether it answers HEAD: then it has no body, whatever its head says
   */
  void expect(boolean toHead) {
    state = State.HEAD;
    bodiless = toHead;
    head.begin();
  }

  /** Nothing is to be heard any more until the next {@link #expect}. */
  void stop() {
    state = State.IDLE;
  }

  /** Whether only the connection's end tells the body's, and the body is under way. */
  boolean toClose() {
    return state == State.TO_CLOSE;
  }

  /**
   * Reads bytes while an answer is due, and releases them.
   *
   * @throws MalformedResponse if they are not well-formed; then nothing more can be read
   */
  void read(ByteBuf in) throws MalformedResponse {
    try {
      boolean more = in.isReadable();
      while (more) {
        more =
            switch (state) {
              case IDLE -> false;
              case HEAD -> head.read(in) && headRead(in);
              case SIZED, TO_CLOSE -> sized(in);
              case CHUNKED -> chunk(in);
              case TRAILERS -> head.read(in) && end(in);
            };
      }
    } finally {
      in.release();
    }
  }

  private boolean headRead(ByteBuf in) {
    State body = body();
    state = body;
    sink.head(head);
    if (state != body) {
      return false;
    }
    if (body == State.HEAD) {
      head.begin();
    } else if (body == State.SIZED && left == 0) {
      return end(in);
    }
    return in.isReadable();
  }

  /** What follows a head. */
  private State body() {
    int status = head.status();
    if (status < MIN_FINAL) {
      return State.HEAD;
    }
    if (bodiless || status == NO_CONTENT || status == RESET_CONTENT || status == NOT_MODIFIED) {
      left = 0;
      return State.SIZED;
    }
    if (head.chunked()) {
      chunks.begin();
      return State.CHUNKED;
    }
    left = head.contentLength();
    if (left >= 0) {
      return State.SIZED;
    }
    left = Long.MAX_VALUE;
    return State.TO_CLOSE;
  }

  private boolean sized(ByteBuf in) {
    int here = (int) Math.min(left, in.readableBytes());
    left -= here;
    boolean more = deliver(in, here);
    boolean complete = left == 0 && state == State.SIZED;
    return complete ? endAfter(more) : more;
  }

  private boolean chunk(ByteBuf in) throws MalformedResponse {
    int here = chunks.next(in);
    if (here == ChunkFraming.NO_MORE) {
      state = State.TRAILERS;
      head.beginTrailers();
      return in.isReadable();
    }
    return here > 0 && deliver(in, here);
  }

  /** Hands on so many bytes; whether any are left behind them. */
  private boolean deliver(ByteBuf in, int bytes) {
    if (bytes == in.readableBytes()) {
      // All the rest: the buffer itself, which from now on is another's to read.
      sink.data(in.retain());
      return false;
    }
    sink.data(in.readRetainedSlice(bytes));
    return true;
  }

  private boolean end(ByteBuf in) {
    return endAfter(in.isReadable());
  }

  /** Always false: the sink may have sent the next request, whose answer is no part of this. */
  private boolean endAfter(boolean surplus) {
    state = State.IDLE;
    sink.end(surplus);
    return false;
  }
}
