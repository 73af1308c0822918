package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.stipend.gateway.server.RequestHandler.Inbound;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection: takes one request after the other from the gate and the decoder, gives
 * each to the handler, keeps the time limits, and ends. Used on its event loop only, but for {@link
 * #drain}.
 *
 * <p>The life of one request: {@code begin} → {@code content}… → {@code requestOver}; its answer
 * ends in {@code ended} or {@code reset}, or the client leaves first. When both are over, {@code
 * next} or {@link ConnectionEnd}.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);
  private static final int FIRST_BODY_BYTES = 4 * 1_024;
  private static final int SURE_BODY_BYTES = 64 * 1_024;
  private static final int INTERNAL_ERROR = 500;
  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final ListenerState listener;
  private final ServerLimits limits;
  private final RequestGate gate;
  private final Channel channel;
  private final InetAddress source;
  private final Deadline phaseEnd;
  private final Deadline total;
  private final WriteStall stall;
  private Phase phase = Phase.NONE;

  // The request that is under way; all of it begins anew in next().
  private @Nullable ClientExchange exchange;
  private @Nullable Inbound inbound;
  private @Nullable ByteBuf body;
  private boolean requestOver;
  private boolean wantsMore;

  ClientConnection(ListenerState listener, RequestGate gate, Channel channel, InetAddress source) {
    this.listener = listener;
    this.limits = listener.limits();
    this.gate = gate;
    this.channel = channel;
    this.source = source;
    this.phaseEnd = new Deadline(channel.eventLoop(), this::phasePassed);
    this.total = new Deadline(channel.eventLoop(), this::cutOff);
    this.stall = new WriteStall(channel, limits.writeStall(), this::cutOff);
  }

  /** What the connection waits for within a time. */
  private enum Phase {
    NONE,
    IDLE,
    HEADER,
    BODY
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    listener.connections().add(this);
    enter(Phase.HEADER, limits.header());
    if (listener.draining()) {
      channel.close();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    try {
      if (msg instanceof HttpObject part && part.decoderResult().isFailure()) {
        malformed(new MalformedRequest("The request cannot be decoded."));
        return;
      }
      if (msg instanceof HttpRequest request) {
        begin(request);
      }
      if (msg instanceof HttpContent part) {
        content(part.content());
      }
      if (msg instanceof LastHttpContent) {
        requestOver();
      }
    } catch (RuntimeException e) {
      failed(e);
    } finally {
      ReferenceCountUtil.release(msg);
    }
  }

  private void begin(HttpRequest request) {
    Framing framing = gate.framing();
    RequestHead head;
    try {
      head = RequestRules.check(request, framing, source);
    } catch (MalformedRequest e) {
      refuse(e, RequestRules.known(request, source));
      return;
    }
    wantsMore =
        !framing.http10()
            && !request
                .headers()
                .containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true);
    ClientExchange begun = open(head.method(), framing.http10());
    if (gate.complete()) {
      enter(Phase.NONE);
    } else {
      enter(Phase.BODY, limits.body());
    }
    Inbound accepted = listener.handler().accept(head, begun);
    inbound = accepted;
    if (!begun.answered()) {
      awaitBody(head, framing, accepted);
    }
  }

  private void awaitBody(RequestHead head, Framing framing, Inbound accepted) {
    if (!head.hasBody()) {
      body = Unpooled.EMPTY_BUFFER;
      return;
    }
    String encoding = head.headers().get(HttpHeaderNames.CONTENT_ENCODING);
    if (encoding != null && !HttpHeaderValues.IDENTITY.contentEqualsIgnoreCase(encoding)) {
      enter(Phase.NONE);
      accepted.badBody(
          Refusal.of(
              RefusalReason.UNSUPPORTED_ENCODING,
              "The body has a content encoding; send it as it is."));
      return;
    }
    if (framing.contentLength() > limits.bodyBytes()) {
      tooLarge(accepted);
      return;
    }
    // What the client only promises is not allocated before it comes.
    int first =
        framing.chunked()
            ? FIRST_BODY_BYTES
            : (int) Math.min(SURE_BODY_BYTES, framing.contentLength());
    body = channel.alloc().heapBuffer(first);
    if (!gate.complete() && head.headers().contains(HttpHeaderNames.EXPECT) && !framing.http10()) {
      channel.writeAndFlush(Unpooled.wrappedBuffer(CONTINUE), channel.voidPromise());
    }
  }

  private void content(ByteBuf part) {
    if (body == null || exchange == null || inbound == null || !part.isReadable()) {
      return;
    }
    if (exchange.answered()) {
      dropBody();
    } else if (part.readableBytes() > limits.bodyBytes() - body.readableBytes()) {
      dropBody();
      tooLarge(inbound);
    } else {
      body.writeBytes(part);
    }
  }

  private void tooLarge(Inbound accepted) {
    enter(Phase.NONE);
    gate.discard();
    accepted.badBody(
        Refusal.of(
            RefusalReason.BODY_TOO_LARGE,
            "The body is larger than " + limits.bodyBytes() + " bytes."));
  }

  private void requestOver() {
    if (exchange == null) {
      return;
    }
    requestOver = true;
    enter(Phase.NONE);
    ByteBuf whole = body;
    body = null;
    if (whole != null && inbound != null && !exchange.answered()) {
      inbound.body(whole);
    } else if (whole != null) {
      whole.release();
    }
    nextIfOver();
  }

  /** A fault in the bytes: of a head, or of a body whose request is already under way. */
  private void malformed(MalformedRequest fault) {
    refuse(
        fault,
        new RequestHead(
            HttpMethod.POST, gate.guessedPath(), "", EmptyHttpHeaders.INSTANCE, source, false));
  }

  private void refuse(MalformedRequest fault, RequestHead head) {
    gate.discard();
    enter(Phase.NONE);
    wantsMore = false;
    if (exchange == null) {
      listener
          .handler()
          .malformed(head, fault.status(), fault.refusal(), open(head.method(), false));
    } else if (body != null && inbound != null && !exchange.answered()) {
      dropBody();
      inbound.badBody(fault.refusal());
    }
  }

  private ClientExchange open(HttpMethod method, boolean http10) {
    ClientExchange begun = new ClientExchange(this, channel, method, http10);
    exchange = begun;
    listener.exchangeBegan();
    total.in(limits.total());
    return begun;
  }

  /** Whether the connection may serve another request after the one that is under way. */
  boolean mayPersist() {
    return wantsMore && gate.complete() && !listener.draining();
  }

  /** The exchange has flushed: from now on the client has to take what is ready for it. */
  void flushed() {
    stall.watch();
  }

  /** The exchange's answer is complete, and sent when {@code written} is. */
  void ended(ClientExchange over, ChannelFuture written) {
    total.clear();
    written.addListener(sent -> listener.exchangeEnded());
    if (over.persistent()) {
      nextIfOver();
      return;
    }
    boolean wholeRequest = gate.complete();
    gate.discard();
    dropBody();
    enter(Phase.NONE);
    written.addListener(new ConnectionEnd(channel, wholeRequest));
  }

  /** The exchange gave its answer up. */
  void reset(ClientExchange over) {
    listener.exchangeEnded();
    ConnectionEnd.reset(channel);
  }

  private void nextIfOver() {
    if (exchange == null || !exchange.over() || !requestOver || !exchange.persistent()) {
      return;
    }
    // A client that sends on but does not read must not fill the memory with answers.
    if (!channel.isWritable() || !channel.isActive()) {
      return;
    }
    exchange = null;
    inbound = null;
    requestOver = false;
    enter(Phase.IDLE, limits.idle());
    gate.next(channel.pipeline());
    closeIfDrained();
  }

  private void closeIfDrained() {
    if (listener.draining() && exchange == null && gate.empty()) {
      channel.close();
    }
  }

  /** Ends the connection if no request is under way, else after its answer. For any thread. */
  void drain() {
    channel.eventLoop().execute(this::closeIfDrained);
  }

  /** Ends the connection, and with it the exchange that is under way. For any thread. */
  void close() {
    channel.close();
  }

  private void enter(Phase next) {
    phase = next;
    phaseEnd.clear();
  }

  private void enter(Phase next, Duration time) {
    phase = next;
    phaseEnd.in(time);
  }

  private void phasePassed() {
    switch (phase) {
      case IDLE -> channel.close();
      case HEADER -> {
        if (gate.empty()) {
          channel.close();
        } else {
          late("The head", limits.header());
        }
      }
      case BODY -> late("The body", limits.body());
      case NONE -> {}
    }
  }

  private void late(String what, Duration time) {
    try {
      malformed(
          new MalformedRequest(
              MalformedRequest.TIMEOUT,
              what + " was not complete after " + time.toMillis() + " ms."));
    } catch (RuntimeException e) {
      failed(e);
    }
  }

  /** The time of the exchange is over, or the client takes nothing: whatever is open ends. */
  private void cutOff() {
    clientGone();
    ConnectionEnd.reset(channel);
  }

  private void clientGone() {
    ClientExchange open = exchange;
    if (open == null || open.over()) {
      return;
    }
    open.gone();
    listener.exchangeEnded();
    if (inbound != null) {
      try {
        inbound.gone();
      } catch (RuntimeException e) {
        LOG.error("A handler failed on a client that left", e);
      }
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == RequestGate.Event.HEAD_BEGUN && phase == Phase.IDLE) {
      enter(Phase.HEADER, limits.header());
    }
    ReferenceCountUtil.release(event);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (!channel.isWritable()) {
      return;
    }
    try {
      if (exchange != null && inbound != null && !exchange.over()) {
        inbound.writable();
      }
      nextIfOver();
    } catch (RuntimeException e) {
      failed(e);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    listener.connections().remove(this);
    phaseEnd.cancel();
    total.cancel();
    stall.cancel();
    clientGone();
    dropBody();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof MalformedRequest fault) {
      try {
        malformed(fault);
      } catch (RuntimeException e) {
        failed(e);
      }
      return;
    }
    if (cause instanceof IOException || cause.getCause() instanceof IOException) {
      LOG.debug("A client's connection failed: {}", cause.getClass().getSimpleName());
    } else {
      LOG.warn("A client's connection is closed for a fault", cause);
    }
    channel.close();
  }

  private void failed(RuntimeException e) {
    LOG.error("A request handler failed", e);
    wantsMore = false;
    dropBody();
    if (exchange == null || exchange.over()) {
      channel.close();
    } else if (exchange.answered()) {
      exchange.abort();
    } else {
      exchange.respond(
          INTERNAL_ERROR,
          DefaultHttpHeadersFactory.headersFactory().newHeaders(),
          Unpooled.EMPTY_BUFFER);
    }
  }

  private void dropBody() {
    if (body != null) {
      body.release();
      body = null;
    }
  }
}
