package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
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
final class UpstreamConnection extends ChannelInboundHandlerAdapter {
  /** The decoder's word that bytes arrived, whole messages or not. */
  static final Object BYTES_CAME = new Object();

  /** The decoder's word that bytes arrived while no answer was due. */
  static final Object BYTES_UNASKED = new Object();

  private static final Logger LOG = LoggerFactory.getLogger(UpstreamConnection.class);

  private final OriginPool pool;
  private final Watchdog watchdog;
  private final long firstByteNanos;
  private final long idleNanos;
  private final long pooledIdleNanos;
  private @Nullable Channel channel;
  private @Nullable ResponseDecoder decoder;
  private int index = -1;
  private boolean closing;
  private boolean closeNotified;

  // Of the exchange under way.
  private @Nullable NettyAttempt attempt;
  private AnswerRules rules = new AnswerRules(false);
  private boolean written;
  private boolean answering;
  private boolean reusable;
  private boolean paused;
  private boolean burst;

  UpstreamConnection(OriginPool pool) {
    this.pool = pool;
    this.watchdog = new Watchdog(pool.loop(), this::expired);
    this.firstByteNanos = pool.options().firstByteTime().toNanos();
    this.idleNanos = pool.options().idleTime().toNanos();
    this.pooledIdleNanos = pool.options().pooledIdleTime().toNanos();
  }

  void attach(Channel socket, ResponseDecoder decodes) {
    channel = socket;
    decoder = decodes;
  }

  private Channel channel() {
    return Objects.requireNonNull(channel);
  }

  private ResponseDecoder decoder() {
    return Objects.requireNonNull(decoder);
  }

  /** Where the pool keeps it; -1 if it does not. */
  int index() {
    return index;
  }

  void index(int place) {
    index = place;
  }

  boolean alive() {
    return !closing && channel().isActive() && decoder().unread() == 0;
  }

  /** TLS says goodbye first, so the channel may stay active for a while. */
  void close() {
    closing = true;
    channel().close();
  }

  /** Writes a request; its answer goes to the attempt. */
  void send(NettyAttempt by, FullHttpRequest request) {
    attempt = by;
    written = false;
    answering = false;
    reusable = true;
    paused = false;
    burst = false;
    boolean head = request.method().equals(HttpMethod.HEAD);
    rules = new AnswerRules(head);
    decoder().expect(head);
    expectWithin(firstByteNanos);
    ChannelFuture write = channel().writeAndFlush(request);
    if (write.isDone()) {
      requestWritten(write, by);
    } else {
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
    if (event == BYTES_CAME) {
      answering = true;
      if (!written) {
        reusable = false;
      }
      if (!paused) {
        expectWithin(idleNanos);
      }
    } else if (event == BYTES_UNASKED) {
      close();
    } else if (event instanceof SslCloseCompletionEvent closing) {
      closeNotified = closing.isSuccess();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (attempt == null) {
      ReferenceCountUtil.release(message);
      return;
    }
    Throwable fault = ((HttpObject) message).decoderResult().cause();
    if (fault != null) {
      ReferenceCountUtil.release(message);
      fail(
          fault instanceof PrematureChannelClosureException
              ? UpstreamFailure.RESET
              : UpstreamFailure.PROTOCOL);
    } else if (message instanceof HttpResponse response) {
      head(attempt, response);
    } else {
      content(attempt, (HttpContent) message);
    }
  }

  private void head(NettyAttempt to, HttpResponse response) {
    AnswerRules.Verdict verdict = rules.judge(response, decoder().ambiguous());
    switch (verdict) {
      case BROKEN -> fail(UpstreamFailure.PROTOCOL);
      case INTERIM_UNASKED -> reusable = false;
      case INTERIM -> {}
      case FINAL -> {
        reusable &= HttpUtil.isKeepAlive(response) && !rules.endsByClose();
        burst = true;
        to.head(response.status().code(), response.headers());
      }
    }
  }

  private void content(NettyAttempt to, HttpContent content) {
    ByteBuf part = content.content();
    if (part.isReadable()) {
      burst = true;
      to.data(part);
    } else {
      part.release();
    }
    // The listener may have cancelled; then the attempt is no longer ours.
    if (content instanceof LastHttpContent && rules.finished() && attempt == to) {
      complete(to);
    }
  }

  private void complete(NettyAttempt of) {
    if (rules.endsByClose() && pool.origin().tls() && !closeNotified) {
      // Without a closure alert anyone on the way may have cut it (RFC 9112, 9.8).
      fail(UpstreamFailure.RESET);
      return;
    }
    attempt = null;
    decoder().expectNothing();
    if (reusable && written && alive()) {
      watchdog.expect(System.nanoTime() + rules.keptNanos(pooledIdleNanos));
      if (paused) {
        paused = false;
        channel().config().setAutoRead(true);
      }
      pool.release(this);
    } else {
      close();
    }
    of.end();
  }

  private void fail(UpstreamFailure failure) {
    NettyAttempt of = attempt;
    attempt = null;
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
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    watchdog.stop();
    pool.gone(this);
    fail(UpstreamFailure.RESET);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException || cause instanceof DecoderException)) {
      LOG.warn("connection to {} failed", pool.origin(), cause);
    }
    fail(UpstreamFailure.RESET);
  }
}
