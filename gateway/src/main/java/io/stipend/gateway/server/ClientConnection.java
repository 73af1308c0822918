package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import io.stipend.gateway.coding.ContentCoding;
import io.stipend.gateway.http.Fields;
import io.stipend.gateway.server.RequestHandler.Inbound;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection: takes one request after the other from its {@link RequestGate}, gives
 * each to the handler, keeps the time limits, and ends. Used on its event loop only, but for {@link
 * #drain} and {@link #close}.
 *
 * <p>The life of one request: {@code begin} → {@code requestOver}; its answer ends in {@code end}
 * or {@code reset}, or the client leaves first. When both are over, {@code next} or {@link
 * ConnectionEnd}.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter implements RequestGate.Receiver {
  private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);
  private static final int INTERNAL_ERROR = 500;
  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final ListenerState listener;
  private final ServerLimits limits;
  private final RequestGate gate;
  private final Channel channel;
  private final InetAddress source;
  private final boolean tls;
  private final Deadline phaseEnd;
  private final Deadline total;
  private final WriteStall stall;
  private Phase phase = Phase.NONE;

  // The request that is under way; all of it begins anew in next().
  private @Nullable ClientExchange exchange;
  private @Nullable Inbound inbound;
  private boolean bodyWanted;
  private boolean requestOver;
  private boolean wantsMore;

  /**
   * @param tls whether what is written here passes through TLS before the socket
   */
  ClientConnection(ListenerState listener, Channel channel, InetAddress source, boolean tls) {
    this.listener = listener;
    this.limits = listener.limits();
    this.channel = channel;
    this.source = source;
    this.tls = tls;
    this.gate = new RequestGate(limits, channel, this);
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
    if (msg instanceof ByteBuf bytes) {
      gate.read(bytes);
    } else {
      ReferenceCountUtil.release(msg);
    }
  }

  @Override
  public void headBegun() {
    if (phase == Phase.IDLE) {
      enter(Phase.HEADER, limits.header());
    }
  }

  @Override
  public void begin(ReadHead read) {
    RequestHead head;
    try {
      head = RequestRules.check(read, source);
    } catch (MalformedRequest e) {
      refuse(e, RequestRules.known(read, source));
      return;
    }
    boolean http10 = read.framing().http10();
    wantsMore = !http10 && !RequestRules.wantsClose(read);
    ClientExchange begun = open(head.method(), http10);
    if (gate.complete()) {
      enter(Phase.NONE);
    } else {
      enter(Phase.BODY, limits.body());
    }
    Inbound accepted = listener.handler().accept(head, begun);
    inbound = accepted;
    if (!begun.answered()) {
      awaitBody(read, accepted);
    }
  }

  private void awaitBody(ReadHead read, Inbound accepted) {
    Framing framing = read.framing();
    AsciiString encoding = read.marks().contentEncoding();
    if (framing.hasBody()
        && encoding != null
        && !HttpHeaderValues.IDENTITY.contentEqualsIgnoreCase(encoding)) {
      ContentCoding coding = ContentCoding.named(encoding);
      if (coding == null) {
        enter(Phase.NONE);
        accepted.badBody(0, Refusal.of(RefusalReason.UNSUPPORTED_ENCODING, CodedBody.NOT_ACCEPTED));
        return;
      }
      gate.decode(coding);
    }
    if (framing.contentLength() > limits.bodyBytes()) {
      tooLarge(accepted, "The body is larger than " + limits.bodyBytes() + " bytes.");
      return;
    }
    bodyWanted = true;
    CompletableFuture<?> awaited = accepted.awaited();
    if (awaited != null) {
      gate.await(awaited);
    }
    if (!gate.complete() && read.marks().expect() != null && !framing.http10()) {
      channel.writeAndFlush(Unpooled.wrappedBuffer(CONTINUE), channel.voidPromise());
    }
  }

  @Override
  public boolean bodyWanted() {
    return bodyWanted && exchange != null && !exchange.answered();
  }

  @Override
  public void bodyTooLarge(String problem) {
    if (inbound != null) {
      tooLarge(inbound, problem);
    }
  }

  private void tooLarge(Inbound accepted, String problem) {
    bodyWanted = false;
    enter(Phase.NONE);
    gate.discard();
    accepted.badBody(0, Refusal.of(RefusalReason.BODY_TOO_LARGE, problem));
  }

  @Override
  public void requestOver(ByteBuf body) {
    requestOver = true;
    enter(Phase.NONE);
    if (inbound != null && bodyWanted()) {
      bodyWanted = false;
      inbound.body(body);
    } else {
      body.release();
    }
    nextIfOver();
  }

  /** A fault in the bytes: of a head, or of a body whose request is already under way. */
  @Override
  public void malformed(MalformedRequest fault, String path) {
    try {
      refuse(fault, new RequestHead(HttpMethod.POST, path, "", new Fields(), source, false));
    } catch (RuntimeException e) {
      failed(e);
    }
  }

  private void refuse(MalformedRequest fault, RequestHead head) {
    gate.discard();
    enter(Phase.NONE);
    wantsMore = false;
    if (exchange == null) {
      listener
          .handler()
          .malformed(head, fault.status(), fault.refusal(), open(head.method(), false));
    } else if (bodyWanted() && inbound != null) {
      bodyWanted = false;
      int status = fault.status() == MalformedRequest.BAD_REQUEST ? 0 : fault.status();
      inbound.badBody(status, fault.refusal());
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

  /** The exchange's answer is complete with these last bytes. Takes ownership. */
  void end(ClientExchange over, ByteBuf rest) {
    total.clear();
    if (over.persistent()) {
      send(rest);
      nextIfOver();
      return;
    }
    ChannelFuture written = channel.writeAndFlush(rest);
    stall.watch();
    written.addListener(listener.answerSent());
    boolean wholeRequest = gate.complete();
    gate.discard();
    bodyWanted = false;
    enter(Phase.NONE);
    written.addListener(new ConnectionEnd(channel, wholeRequest));
  }

  /** Mostly the socket takes all at once: then no promise is needed to know that. */
  private void send(ByteBuf rest) {
    if (tls) {
      channel.writeAndFlush(rest).addListener(listener.answerSent());
      stall.watch();
      return;
    }
    channel.writeAndFlush(rest, channel.voidPromise());
    if (unsent()) {
      // Nothing, but behind what waits: it is written when that is.
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(listener.answerSent());
      stall.watch();
    } else {
      listener.exchangeEnded();
    }
  }

  /** Whether the socket has not taken all that was flushed. */
  private boolean unsent() {
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    return waiting != null && !waiting.isEmpty();
  }

  /** Ends the connection, on which no request is under way, after the end of the last answer. */
  private void closeWhenSent() {
    if (unsent()) {
      gate.discard();
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    } else {
      channel.close();
    }
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
    bodyWanted = false;
    enter(Phase.IDLE, limits.idle());
    gate.next();
    closeIfDrained();
  }

  private void closeIfDrained() {
    if (listener.draining() && exchange == null && gate.empty()) {
      closeWhenSent();
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
      case IDLE -> closeWhenSent();
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
    malformed(
        new MalformedRequest(
            MalformedRequest.TIMEOUT, what + " was not complete after " + time.toMillis() + " ms."),
        "/");
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
    gate.discard();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    gate.discard();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException || cause.getCause() instanceof IOException) {
      LOG.debug("A client's connection failed: {}", cause.getClass().getSimpleName());
    } else {
      LOG.warn("A client's connection is closed for a fault", cause);
    }
    channel.close();
  }

  @Override
  public void failed(RuntimeException e) {
    LOG.error("A request handler failed", e);
    wantsMore = false;
    bodyWanted = false;
    if (exchange == null || exchange.over()) {
      channel.close();
    } else if (exchange.answered()) {
      exchange.abort();
    } else {
      exchange.respond(INTERNAL_ERROR, new Fields(), Unpooled.EMPTY_BUFFER);
    }
  }
}
