package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.FastThreadLocal;

/**
 * Stands before the decoder and lets one request at a time through, and only bytes whose framing
 * {@link HeadGrammar} and {@link ChunkGrammar} have passed: a whole head at once, then the body as
 * it comes. It reads no body, it skips it. Bytes after the request wait here until {@link #next},
 * within a bound; reading goes on meanwhile, so that a client that leaves is noticed.
 *
 * <p>A fault goes down the pipeline as a {@link MalformedRequest}; from then on all bytes are
 * dropped. {@link Event#HEAD_BEGUN} tells that a head has begun but is not complete.
 *
 * <pre>HEAD → (BODY →) HELD → next() → HEAD … ; any → DISCARD</pre>
 */
final class RequestGate extends ChannelInboundHandlerAdapter {
  /** Pipelined bytes that may wait while a response is under way, before reading stops. */
  static final int MAX_HELD_BYTES = 64 * 1_024;

  /**
   * Bytes that are read and dropped so that the client can read its answer, before reading stops.
   */
  static final int MAX_DISCARDED_BYTES = 4 * 1_024 * 1_024;

  private static final FastThreadLocal<byte[]> SCRATCH =
      new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
          return new byte[4 * 1_024];
        }
      };

  private final ServerLimits limits;
  private State state = State.HEAD;
  private ByteBuf held = Unpooled.EMPTY_BUFFER;
  private Framing framing = new Framing(-1, false, false);
  private ChunkGrammar chunks;
  private long bodyLeft;
  private int searched;
  private int lineStart;
  private boolean headBegun;
  private boolean pumping;
  private boolean paused;
  private long discarded;
  private String guessedPath = "/";

  RequestGate(ServerLimits limits) {
    this.limits = limits;
    this.chunks = new ChunkGrammar(limits.headerBytes());
  }

  private enum State {
    HEAD,
    BODY,
    HELD,
    DISCARD
  }

  /** What it tells down the pipeline. */
  enum Event {
    /** Some bytes of a head came, the rest is awaited. */
    HEAD_BEGUN
  }

  /** How the request that is under way is framed. */
  Framing framing() {
    return framing;
  }

  /** Whether the request that is under way has come whole, though perhaps not yet gone down. */
  boolean complete() {
    return state == State.HELD;
  }

  /** Whether no byte of a next request has come. */
  boolean empty() {
    return !held.isReadable();
  }

  /** The path of the request that broke a rule here, as far as one can tell; {@code /} if not. */
  String guessedPath() {
    return guessedPath;
  }

  /** The request that was under way is over: the next one may pass. */
  void next(ChannelPipeline pipeline) {
    if (state != State.HELD) {
      throw new IllegalStateException("state: " + state + " (expected: HELD)");
    }
    state = State.HEAD;
    searched = 0;
    lineStart = 0;
    headBegun = false;
    pump(pipeline.context(this));
    if (paused && held.readableBytes() <= MAX_HELD_BYTES) {
      paused = false;
      pipeline.channel().config().setAutoRead(true);
    }
  }

  /** Drops all that comes from now on. */
  void discard() {
    state = State.DISCARD;
    dropHeld();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    if (!(msg instanceof ByteBuf bytes)) {
      ReferenceCountUtil.release(msg);
      return;
    }
    if (state == State.DISCARD) {
      discarded += bytes.readableBytes();
      bytes.release();
      if (discarded > MAX_DISCARDED_BYTES) {
        ctx.channel().config().setAutoRead(false);
      }
      return;
    }
    if (!bytes.isReadable()) {
      bytes.release();
      return;
    }
    held =
        held.isReadable()
            ? ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), held, bytes)
            : bytes;
    pump(ctx);
    if (state == State.HELD && held.readableBytes() > MAX_HELD_BYTES) {
      paused = true;
      ctx.channel().config().setAutoRead(false);
    }
  }

  /** Sends down what is whole and good, request after request while they are answered at once. */
  private void pump(ChannelHandlerContext ctx) {
    if (pumping) {
      return;
    }
    pumping = true;
    try {
      while ((state == State.HEAD || state == State.BODY) && held.isReadable()) {
        int good = check();
        if (good == 0) {
          break;
        }
        ctx.fireChannelRead(take(good));
      }
      if (state == State.HEAD && held.isReadable() && !headBegun) {
        headBegun = true;
        ctx.fireUserEventTriggered(Event.HEAD_BEGUN);
      }
    } catch (MalformedRequest e) {
      discard();
      ctx.fireExceptionCaught(e);
    } finally {
      pumping = false;
    }
  }

  private ByteBuf take(int length) {
    if (length < held.readableBytes()) {
      return held.readRetainedSlice(length);
    }
    ByteBuf all = held;
    held = Unpooled.EMPTY_BUFFER;
    return all;
  }

  /** How many of the held bytes may go down; 0 if more must come first. */
  private int check() throws MalformedRequest {
    int start = held.readerIndex();
    int at = start;
    if (state == State.HEAD) {
      int length = headLength(start);
      if (length == 0) {
        return 0;
      }
      byte[] head = scratch(length);
      held.getBytes(start, head, 0, length);
      guessedPath = RequestRules.guessPath(head, length);
      framing = HeadGrammar.check(head, length, limits);
      at += length;
      beginBody();
    }
    if (state == State.BODY) {
      at = checkBody(at);
    }
    return at - start;
  }

  private void beginBody() {
    state = framing.hasBody() ? State.BODY : State.HELD;
    bodyLeft = Math.max(0, framing.contentLength());
    if (framing.chunked()) {
      chunks = new ChunkGrammar(limits.headerBytes());
    }
  }

  private int checkBody(int from) throws MalformedRequest {
    int end = held.writerIndex();
    if (framing.chunked()) {
      int at = chunks.check(held, from, end);
      if (chunks.done()) {
        state = State.HELD;
      }
      return at;
    }
    int length = (int) Math.min(bodyLeft, end - from);
    bodyLeft -= length;
    if (bodyLeft == 0) {
      state = State.HELD;
    }
    return from + length;
  }

  /**
   * The length of the head that begins at {@code start}, its empty line included; 0 if it is not
   * complete. Each byte is searched once, however small the pieces are in which it comes.
   */
  private int headLength(int start) throws MalformedRequest {
    byte first = held.getByte(start);
    if (first < 'A' || first > 'Z') {
      throw new MalformedRequest("The request begins with no method.");
    }
    int end = held.writerIndex();
    for (int lf = held.indexOf(start + searched, end, (byte) '\n');
        lf >= 0;
        lf = held.indexOf(start + searched, end, (byte) '\n')) {
      int line = start + lineStart;
      searched = lf + 1 - start;
      lineStart = searched;
      if (lf == line || (lf == line + 1 && held.getByte(line) == '\r')) {
        within(searched);
        return searched;
      }
    }
    searched = end - start;
    if (lineStart == 0 && searched > limits.lineBytes()) {
      throw new MalformedRequest(
          MalformedRequest.LINE_TOO_LONG,
          "The request line is longer than " + limits.lineBytes() + " bytes.");
    }
    within(searched);
    return 0;
  }

  private void within(int length) throws MalformedRequest {
    if (length > limits.headerBytes()) {
      throw new MalformedRequest(
          MalformedRequest.HEADERS_TOO_LARGE,
          "The head is longer than " + limits.headerBytes() + " bytes.");
    }
  }

  private static byte[] scratch(int length) {
    byte[] scratch = SCRATCH.get();
    if (scratch.length < length) {
      scratch = new byte[length];
      SCRATCH.set(scratch);
    }
    return scratch;
  }

  private void dropHeld() {
    held.release();
    held = Unpooled.EMPTY_BUFFER;
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    discard();
    ctx.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    discard();
  }
}
