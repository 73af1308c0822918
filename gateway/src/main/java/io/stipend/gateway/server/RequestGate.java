package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.stipend.gateway.coding.ContentCoding;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Makes requests of a connection's bytes, one at a time, by {@link HeadGrammar} and {@link
 * ChunkGrammar}: a head goes on when it is whole, with as much of its body as has come checked,
 * then the body when it is whole. Bytes after the request wait here until {@link #next}, within a
 * bound; reading goes on meanwhile, so that a client that leaves is noticed. A body with a content
 * coding is decoded as it comes, and reading waits where that takes longer than a moment. After a
 * fault all bytes are dropped. Used on the connection's event loop only.
 *
 * <pre>HEAD → (BODY →) HELD → next() → HEAD … ; any → DISCARD</pre>
 */
final class RequestGate {
  /** Pipelined bytes that may wait while a response is under way, before reading stops. */
  static final int MAX_HELD_BYTES = 64 * 1_024;

  /**
   * Bytes that are read and dropped so that the client can read its answer, before reading stops.
   */
  static final int MAX_DISCARDED_BYTES = 4 * 1_024 * 1_024;

  private static final int FIRST_BODY_BYTES = 4 * 1_024;
  private static final int SURE_BODY_BYTES = 64 * 1_024;

  /** The longest path that an idle connection keeps; those of routes are shorter. */
  private static final int MAX_KEPT_PATH = 64;

  private final ServerLimits limits;
  private final Channel channel;
  private final Receiver receiver;
  private State state = State.HEAD;
  private ByteBuf held = Unpooled.EMPTY_BUFFER;
  private String lastPath = "/";
  private boolean pumping;
  private boolean paused;
  private boolean waiting;
  private long discarded;

  // The head that is awaited; it begins anew in next().
  private int searched;
  private int lineStart;
  private boolean headBegun;

  // The request that is under way.
  private Framing framing = new Framing(-1, false, false);
  private @Nullable ChunkGrammar chunks;
  private long bodyLeft;
  private @Nullable ByteBuf body;
  private @Nullable CodedBody coded;

  RequestGate(ServerLimits limits, Channel channel, Receiver receiver) {
    this.limits = limits;
    this.channel = channel;
    this.receiver = receiver;
  }

  private enum State {
    HEAD,
    BODY,
    HELD,
    DISCARD
  }

  /** Takes requests. What it throws is told to {@link #failed}. */
  interface Receiver {
    /** Some bytes of a head came, the rest is awaited. */
    void headBegun();

    /** A head came. */
    void begin(ReadHead read);

    /** Whether to keep the body of the request that is under way. */
    boolean bodyWanted();

    /**
     * The body in chunks, or what it is decoded to, has become longer than its limit.
     *
     * @param problem which limit, as a sentence
     */
    void bodyTooLarge(String problem);

    /**
     * The request is whole. Takes ownership.
     *
     * @param body all of it, or as much as was wanted
     */
    void requestOver(ByteBuf body);

    /**
     * The bytes break a rule.
     *
     * @param path of the head that breaks it, as far as one can tell; {@code /} if not
     */
    void malformed(MalformedRequest fault, String path);

    /** Another method threw. */
    void failed(RuntimeException e);
  }

  /** Whether the request that is under way has come whole, though perhaps not yet gone on. */
  boolean complete() {
    return state == State.HELD;
  }

  /** Bytes of a next request that have come. */
  int heldBytes() {
    return held.readableBytes();
  }

  /** Whether no byte of a next request has come. */
  boolean empty() {
    return !held.isReadable();
  }

  /** The body of the request that has just begun has this coding: it goes on without it. */
  void decode(ContentCoding coding) {
    coded = new CodedBody(coding, limits, channel.alloc());
  }

  /** The request that was under way is over: the next one may pass. */
  void next() {
    if (state != State.HELD) {
      throw new IllegalStateException("state: " + state + " (expected: HELD)");
    }
    state = State.HEAD;
    searched = 0;
    lineStart = 0;
    headBegun = false;
    pump(false);
    if (paused && !waiting && held.readableBytes() <= MAX_HELD_BYTES) {
      paused = false;
      channel.config().setAutoRead(true);
    }
  }

  /**
   * The body of the request that has just begun waits for this; what comes of it meanwhile stays as
   * it came, within the bound of all that waits here.
   */
  void await(CompletableFuture<?> ready) {
    waiting = true;
    ready.whenComplete((done, never) -> channel.eventLoop().execute(this::resume));
  }

  /** Drops all that comes from now on. */
  void discard() {
    state = State.DISCARD;
    if (waiting) {
      waiting = false;
      channel.config().setAutoRead(true);
    }
    dropHeld();
    dropBody();
  }

  /** Bytes came. Takes ownership. */
  void read(ByteBuf bytes) {
    if (state == State.DISCARD) {
      discarded += bytes.readableBytes();
      bytes.release();
      if (discarded > MAX_DISCARDED_BYTES) {
        channel.config().setAutoRead(false);
      }
      return;
    }
    if (held.isReadable()) {
      held.discardSomeReadBytes();
      held = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(channel.alloc(), held, bytes);
    } else {
      held = bytes;
    }
    pump(false);
    if ((waiting || state == State.HELD) && held.readableBytes() > MAX_HELD_BYTES) {
      paused = true;
      channel.config().setAutoRead(false);
    }
  }

  /**
   * Passes on what is whole and good, request after request while they are answered at once.
   *
   * @param resumed whether to go on with what has come of a body first
   */
  private void pump(boolean resumed) {
    if (pumping || waiting) {
      return;
    }
    pumping = true;
    try {
      boolean more = !resumed || bodyGoesOn();
      while (more && held.isReadable()) {
        more =
            switch (state) {
              case HEAD -> head();
              case BODY -> body();
              case HELD, DISCARD -> false;
            };
      }
      if (state == State.HEAD && held.isReadable() && !headBegun) {
        headBegun = true;
        receiver.headBegun();
      }
    } catch (MalformedRequest e) {
      refuse(e, "/");
    } catch (RuntimeException e) {
      receiver.failed(e);
    } finally {
      pumping = false;
      if (!held.isReadable()) {
        dropHeld();
      }
    }
  }

  private void refuse(MalformedRequest fault, String path) {
    discard();
    receiver.malformed(fault, path);
  }

  /** Takes a head; false if more must come first. */
  private boolean head() throws MalformedRequest {
    int length = headLength(held.readerIndex());
    if (length == 0) {
      return false;
    }
    byte[] bytes = new byte[length];
    held.readBytes(bytes);
    ReadHead read;
    try {
      read = HeadGrammar.read(bytes, lastPath, limits);
      lastPath = read.path().length() > MAX_KEPT_PATH ? "/" : read.path();
      framing = read.framing();
      beginBody();
    } catch (MalformedRequest e) {
      refuse(e, RequestRules.guessPath(bytes));
      return false;
    }
    receiver.begin(read);
    return state != State.DISCARD && !waiting && bodyGoesOn();
  }

  /** What has come of a chunked body is read before its head goes on: a fault in it ends both. */
  private void beginBody() throws MalformedRequest {
    if (framing.chunked()) {
      state = State.BODY;
      chunks = new ChunkGrammar(limits.headerBytes());
      body = channel.alloc().heapBuffer(FIRST_BODY_BYTES);
      decode(chunks);
    } else {
      bodyLeft = Math.max(0, framing.contentLength());
      state = bodyLeft > held.readableBytes() ? State.BODY : State.HELD;
    }
  }

  /** Takes what has come of a body, unless that was done before its head went on. */
  private boolean bodyGoesOn() throws MalformedRequest {
    if (!framing.chunked()) {
      takeBody();
    }
    return bodyCame();
  }

  private boolean body() throws MalformedRequest {
    if (chunks == null) {
      takeBody();
    } else {
      decode(chunks);
    }
    return bodyCame();
  }

  private void decode(ChunkGrammar chunked) throws MalformedRequest {
    chunked.decode(held, body);
    if (chunked.done()) {
      chunks = null;
      state = State.HELD;
    }
  }

  /** Takes what has come of a body whose length is known. */
  private void takeBody() {
    int length = (int) Math.min(bodyLeft, held.readableBytes());
    if (length == 0) {
      return;
    }
    bodyLeft -= length;
    if (bodyLeft == 0) {
      state = State.HELD;
    }
    if (!receiver.bodyWanted()) {
      held.skipBytes(length);
      return;
    }
    if (body == null) {
      // What the client only promises is not allocated before it comes.
      int all = (int) framing.contentLength();
      int first = state == State.HELD ? all : Math.min(SURE_BODY_BYTES, all);
      body = channel.alloc().heapBuffer(first, all);
    }
    body.writeBytes(held, length);
  }

  /** Passes the body on if it is whole; whether to look for more. */
  private boolean bodyCame() throws MalformedRequest {
    if ((body != null || coded != null) && !receiver.bodyWanted()) {
      dropBody();
    }
    if (coded != null && !decoded(coded)) {
      return false;
    }
    String problem = tooLarge();
    if (problem != null) {
      dropBody();
      receiver.bodyTooLarge(problem);
      return false;
    }
    if (state == State.HELD) {
      receiver.requestOver(whole());
    }
    return true;
  }

  private @Nullable String tooLarge() {
    if (coded != null) {
      return coded.tooLarge();
    }
    return body != null && body.readableBytes() > limits.bodyBytes()
        ? "The body is larger than " + limits.bodyBytes() + " bytes."
        : null;
  }

  private ByteBuf whole() throws MalformedRequest {
    ByteBuf whole = coded != null ? coded.whole() : body == null ? Unpooled.EMPTY_BUFFER : body;
    if (coded != null) {
      coded = null;
      dropBody();
    }
    body = null;
    return whole;
  }

  /** Decodes what has come; false if that goes on later, and reading with it. */
  private boolean decoded(CodedBody coding) throws MalformedRequest {
    CompletableFuture<Void> ready = coding.ready();
    boolean more = !ready.isDone() || coding.step(body == null ? Unpooled.EMPTY_BUFFER : body);
    if (more) {
      waiting = true;
      channel.config().setAutoRead(false);
      ready.whenComplete((done, never) -> channel.eventLoop().execute(this::resume));
    } else if (body != null && !body.isReadable()) {
      body.clear();
    }
    return !more;
  }

  private void resume() {
    if (!waiting) {
      return;
    }
    waiting = false;
    pump(true);
    if (state == State.HELD && held.readableBytes() > MAX_HELD_BYTES) {
      paused = true;
    } else if (!waiting && channel.isOpen()) {
      channel.config().setAutoRead(true);
    }
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

  private void dropHeld() {
    held.release();
    held = Unpooled.EMPTY_BUFFER;
  }

  private void dropBody() {
    if (body != null) {
      body.release();
      body = null;
    }
    if (coded != null) {
      coded.drop();
      coded = null;
    }
  }
}
