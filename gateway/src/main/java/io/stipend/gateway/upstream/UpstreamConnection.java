package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection, and the judge of what comes over it. It is idle, or carries exactly one attempt;
 * it returns to its pool only after an exchange without any doubt: the request was written before
 * the answer came, the answer ended by its own framing with no byte to spare, and both sides keep
 * the connection. Used on its event loop only.
 */
final class UpstreamConnection extends ChannelInboundHandlerAdapter implements ResponseParser.Sink {
  private static final Logger LOG = LoggerFactory.getLogger(UpstreamConnection.class);

  private final OriginPool pool;
  private final Watchdog watchdog;
  private final ResponseParser parser;
  private final AnswerRules rules = new AnswerRules();
  private final long firstByteNanos;
  private final long idleNanos;
  private final long pooledIdleNanos;
  private @Nullable Channel channel;
  private int index = -1;
  private boolean closing;
  private boolean closeNotified;

  // Of the exchange under way.
  private @Nullable NettyAttempt attempt;
  private boolean written;
  private boolean answering;
  private boolean reusable;
  private boolean paused;
  private boolean burst;

  /**
   * The answer is over and nothing came behind it so far. The pool has the connection only when the
   * read burst is over: what it still holds must not become the next attempt's answer.
   */
  private boolean resting;

  UpstreamConnection(OriginPool pool) {
    this.pool = pool;
    this.watchdog = new Watchdog(pool.loop(), this::expired);
    this.parser = new ResponseParser(this, pool.options().maxHeaderBytes());
    this.firstByteNanos = pool.options().firstByteTime().toNanos();
    this.idleNanos = pool.options().idleTime().toNanos();
    this.pooledIdleNanos = pool.options().pooledIdleTime().toNanos();
  }

  void attach(Channel socket) {
    channel = socket;
  }

  private Channel channel() {
    return Objects.requireNonNull(channel);
  }

  /** Where the pool keeps it; -1 if it does not. */
  int index() {
    return index;
  }

  void index(int place) {
    index = place;
  }

  boolean alive() {
    return !closing && channel().isActive();
  }

  /** TLS says goodbye first, so the channel may stay active for a while. */
  void close() {
    closing = true;
    channel().close();
  }

  /** Writes a request; its answer goes to the attempt. */
  void send(NettyAttempt by, RequestBytes request) {
    attempt = by;
    written = false;
    answering = false;
    reusable = true;
    paused = false;
    burst = false;
    rules.begin();
    parser.expect(request.toHead());
    ByteBuf last = request.first();
    if (request.rest() != null) {
      channel().write(last);
      last = request.rest();
    }
    ChannelFuture write = channel().writeAndFlush(last);
    if (write.isDone()) {
      requestWritten(write, by);
    } else {
      expectWithin(firstByteNanos);
      write.addListener(done -> requestWritten(done, by));
    }
  }

  private void requestWritten(Future<?> write, NettyAttempt by) {
    if (attempt != by) {
      return;
    }
    if (!write.isSuccess()) {
      fail(UpstreamFailure.RESET);
      return;
    }
    written = true;
    if (!answering) {
      expectWithin(firstByteNanos);
    }
  }

  void pause() {
    if (!paused) {
      paused = true;
      channel().config().setAutoRead(false);
      if (attempt != null) {
        watchdog.expect(attempt.deadlineNanos());
      }
    }
  }

  void resume() {
    if (paused) {
      paused = false;
      expectWithin(answering ? idleNanos : firstByteNanos);
      channel().config().setAutoRead(true);
    }
  }

  /** The attempt was cancelled: what is under way is of no use to anyone. */
  void abandon() {
    attempt = null;
    parser.stop();
    close();
  }

  private void expectWithin(long nanos) {
    if (attempt != null) {
      long until = System.nanoTime() + nanos;
      long total = attempt.deadlineNanos();
      watchdog.expect(total - until < 0 ? total : until);
    }
  }

  private void expired() {
    if (attempt == null) {
      close();
    } else {
      fail(UpstreamFailure.TIMEOUT);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslCloseCompletionEvent closure) {
      closeNotified = closure.isSuccess();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    NettyAttempt of = attempt;
    if (of == null) {
      // No answer is due: whatever this is, the next attempt must not take it for its own.
      in.release();
      close();
      return;
    }
    answering = true;
    if (!written) {
      reusable = false;
    }
    try {
      parser.read(in);
      if (attempt == of && !paused) {
        expectWithin(idleNanos);
      }
    } catch (MalformedResponse e) {
      LOG.debug("{} sent what is not HTTP: {}", pool.origin(), e.getMessage());
      fail(UpstreamFailure.PROTOCOL);
    }
  }

  @Override
  public void head(ResponseHead head) {
    NettyAttempt to = attempt;
    switch (rules.judge(head)) {
      case BROKEN -> fail(UpstreamFailure.PROTOCOL);
      case INTERIM_UNASKED -> reusable = false;
      case INTERIM -> {}
      case FINAL -> {
        reusable &= rules.kept(head) && !parser.toClose();
        burst = true;
        if (to != null) {
          to.head(head.status(), head.fields());
        }
      }
    }
  }

  @Override
  public void data(ByteBuf part) {
    burst = true;
    if (attempt == null) {
      part.release();
    } else {
      attempt.data(part);
    }
  }

  @Override
  public void end(boolean surplus) {
    NettyAttempt of = attempt;
    attempt = null;
    if (reusable && written && !surplus && alive()) {
      watchdog.expect(System.nanoTime() + rules.keptNanos(pooledIdleNanos));
      if (paused) {
        paused = false;
        channel().config().setAutoRead(true);
      }
      resting = true;
    } else {
      close();
    }
    if (of != null) {
      of.end();
    }
  }

  private void fail(UpstreamFailure failure) {
    NettyAttempt of = attempt;
    attempt = null;
    parser.stop();
    close();
    if (of != null) {
      of.failed(failure);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (burst && attempt != null) {
      burst = false;
      attempt.readComplete();
    }
    if (resting && !closing) {
      resting = false;
      pool.release(this);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    watchdog.stop();
    pool.gone(this);
    // Without a closure alert of TLS anyone on the way may have cut it (RFC 9112, 9.8).
    if (parser.toClose() && (closeNotified || !pool.origin().tls())) {
      parser.stop();
      end(false);
    } else {
      fail(UpstreamFailure.RESET);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // One that does not stand yet tells its dial, and nobody else.
    boolean stands = index >= 0;
    if (stands && !(cause instanceof IOException || cause instanceof DecoderException)) {
      LOG.warn("connection to {} failed", pool.origin(), cause);
    }
    fail(UpstreamFailure.RESET);
  }
}
