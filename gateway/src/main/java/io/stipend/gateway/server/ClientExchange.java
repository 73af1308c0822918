package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.server.AnswerHead.Body;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One answer, written straight onto the connection. What is written between two flushes becomes one
 * chunk in one buffer where it is small, so that an event of a stream costs one copy and no objects
 * in the pipeline.
 *
 * <pre>OPEN → STREAMING → ENDED; OPEN → ENDED; any but ENDED → GONE</pre>
 */
final class ClientExchange implements Outbound {
  /** Parts up to here are copied beside each other, larger ones are passed on as they are. */
  private static final int COPY_BYTES = 4 * 1_024;

  /** Copied parts are passed on, unflushed, from here on. */
  private static final int PENDING_BYTES = 16 * 1_024;

  private static final int PENDING_FIRST = 1_024;

  /** The room for a chunk's size that is known later: 4 hex digits and CRLF. */
  private static final int SIZE_LINE = 6;

  private static final int NONE = -1;
  private static final int NO_CONTENT = 204;
  private static final int NOT_MODIFIED = 304;
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final ClientConnection connection;
  private final Channel channel;
  private final boolean headOnly;
  private final boolean http10;
  private State state = State.OPEN;
  private boolean persistent;
  private Body framing = Body.NONE;
  private boolean drop;
  private long lengthLeft;
  private @Nullable ByteBuf pending;
  private int chunkStart = NONE;

  ClientExchange(ClientConnection connection, Channel channel, HttpMethod method, boolean http10) {
    this.connection = connection;
    this.channel = channel;
    this.headOnly = HttpMethod.HEAD.equals(method);
    this.http10 = http10;
  }

  private enum State {
    OPEN,
    STREAMING,
    ENDED,
    GONE
  }

  /** Whether an answer was begun. */
  boolean answered() {
    return state != State.OPEN;
  }

  /** Whether the answer is complete or given up. */
  boolean over() {
    return state == State.ENDED || state == State.GONE;
  }

  /** Whether the connection may serve another request after this answer. */
  boolean persistent() {
    return persistent;
  }

  /** The client left: what is not on the way yet is dropped. */
  void gone() {
    state = State.GONE;
    dropPending();
  }

  @Override
  public EventLoop eventLoop() {
    return channel.eventLoop();
  }

  @Override
  public void respond(int status, HttpHeaders headers, ByteBuf body) {
    if (state == State.GONE) {
      body.release();
      return;
    }
    int length = body.readableBytes();
    try {
      requireOpen();
      head(status, headers, bodyless(status) ? Body.NONE : Body.LENGTH, length);
    } catch (RuntimeException e) {
      body.release();
      throw e;
    }
    state = State.STREAMING;
    write(body);
    end();
  }

  @Override
  public void start(int status, HttpHeaders headers) {
    if (state == State.GONE) {
      return;
    }
    requireOpen();
    long length = AnswerHead.lengthOf(headers);
    Body unknown = http10 ? Body.UNTIL_CLOSE : Body.CHUNKED;
    head(
        status, headers, bodyless(status) ? Body.NONE : length < 0 ? unknown : Body.LENGTH, length);
    state = State.STREAMING;
  }

  private void head(int status, HttpHeaders headers, Body body, long length) {
    boolean last = http10 || !connection.mayPersist();
    if (pending == null) {
      // With room for a small body that follows at once.
      int room = PENDING_FIRST + (int) Math.min(COPY_BYTES, Math.max(0, length));
      pending = channel.alloc().directBuffer(room);
    }
    AnswerHead.write(pending, status, headers, body, length, last);
    persistent = !last;
    framing = body;
    drop = headOnly || body == Body.NONE;
    lengthLeft = Math.max(0, length);
  }

  @Override
  public void write(ByteBuf part) {
    int length = part.readableBytes();
    if (state != State.STREAMING || drop || length == 0) {
      part.release();
      if (state == State.OPEN || state == State.ENDED) {
        throw new IllegalStateException("state: " + state + " (expected: STREAMING)");
      }
      return;
    }
    if (framing == Body.LENGTH) {
      lengthLeft -= length;
      if (lengthLeft < 0) {
        part.release();
        abort();
        return;
      }
    }
    if (length <= COPY_BYTES) {
      copy(part, length);
    } else {
      pass(part, length);
    }
  }

  private void copy(ByteBuf part, int length) {
    ByteBuf out = pending();
    if (framing == Body.CHUNKED && chunkStart == NONE) {
      chunkStart = out.writerIndex();
      out.writeZero(SIZE_LINE);
    }
    out.writeBytes(part, part.readerIndex(), length);
    part.release();
    if (out.readableBytes() >= PENDING_BYTES) {
      passPending();
    }
  }

  private void pass(ByteBuf part, int length) {
    if (framing == Body.CHUNKED) {
      closeChunk();
      ByteBuf out = pending();
      out.writeCharSequence(Integer.toHexString(length), StandardCharsets.US_ASCII);
      crlf(out);
    }
    passPending();
    channel.write(part, channel.voidPromise());
    if (framing == Body.CHUNKED) {
      crlf(pending());
    }
  }

  /** Writes the size of the open chunk into the room left for it. */
  private void closeChunk() {
    if (chunkStart == NONE) {
      return;
    }
    ByteBuf out = pending();
    int size = out.writerIndex() - chunkStart - SIZE_LINE;
    for (int i = 0; i < 4; i++) {
      out.setByte(chunkStart + i, HEX[size >> (12 - 4 * i) & 0xf]);
    }
    out.setByte(chunkStart + 4, '\r').setByte(chunkStart + 5, '\n');
    crlf(out);
    chunkStart = NONE;
  }

  private void passPending() {
    closeChunk();
    if (pending != null) {
      channel.write(pending, channel.voidPromise());
      pending = null;
    }
  }

  @Override
  public void flush() {
    if (state == State.STREAMING) {
      passPending();
      channel.flush();
      connection.flushed();
    }
  }

  @Override
  public void end() {
    if (state == State.GONE) {
      return;
    }
    if (state != State.STREAMING) {
      throw new IllegalStateException("state: " + state + " (expected: STREAMING)");
    }
    if (framing == Body.LENGTH && lengthLeft > 0 && !drop) {
      abort();
      return;
    }
    closeChunk();
    if (framing == Body.CHUNKED && !drop) {
      pending().writeBytes(LAST_CHUNK);
    }
    ByteBuf rest = pending();
    pending = null;
    state = State.ENDED;
    connection.end(this, rest);
  }

  @Override
  public void abort() {
    if (!over()) {
      state = State.ENDED;
      dropPending();
      connection.reset(this);
    }
  }

  @Override
  public boolean writable() {
    return !over() && channel.isWritable();
  }

  private ByteBuf pending() {
    if (pending == null) {
      pending = channel.alloc().directBuffer(PENDING_FIRST);
    }
    return pending;
  }

  private void dropPending() {
    if (pending != null) {
      pending.release();
      pending = null;
    }
    chunkStart = NONE;
  }

  private void requireOpen() {
    if (state != State.OPEN) {
      throw new IllegalStateException("state: " + state + " (expected: OPEN)");
    }
  }

  private static boolean bodyless(int status) {
    return status == NO_CONTENT || status == NOT_MODIFIED;
  }

  private static void crlf(ByteBuf out) {
    out.writeByte('\r').writeByte('\n');
  }
}
