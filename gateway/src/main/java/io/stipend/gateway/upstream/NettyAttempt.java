package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * One try: waiting for its turn → dialing → on a connection → over. It guards the listener: after
 * its end, failure or cancellation the listener hears nothing. Used on its event loop only.
 */
final class NettyAttempt implements Attempt {
  private final Target target;
  private final UpstreamRequest request;
  private final AttemptListener listener;
  private final long deadlineNanos;
  private boolean over;
  private boolean paused;
  private boolean bodyTaken;
  private @Nullable Dial dial;
  private @Nullable UpstreamConnection connection;

  NettyAttempt(
      Target target, UpstreamRequest request, AttemptListener listener, long deadlineNanos) {
    this.target = target;
    this.request = request;
    this.listener = listener;
    this.deadlineNanos = deadlineNanos;
  }

  /** When the whole attempt must be over, of {@link System#nanoTime}. */
  long deadlineNanos() {
    return deadlineNanos;
  }

  void begin() {
    if (!over) {
      target.pool().acquire(this);
    }
  }

  void dialing(Dial begun) {
    // A literal address that cannot be reached may fail before this is called.
    if (!over && connection == null) {
      dial = begun;
    }
  }

  void connected(UpstreamConnection stands) {
    dial = null;
    if (over) {
      stands.close();
      return;
    }
    connection = stands;
    try {
      listener.sending();
    } catch (RuntimeException e) {
      stands.close();
      failed(UpstreamFailure.RESET);
      throw e;
    }
    if (over) {
      return;
    }
    bodyTaken = true;
    stands.send(this, message());
    if (paused) {
      stands.pause();
    }
  }

  /** Built anew: the provider's authority, our framing, no hop-by-hop header. */
  private FullHttpRequest message() {
    HttpHeaders headers = request.headers();
    headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    headers.remove(HttpHeaderNames.CONNECTION);
    headers.remove(HttpHeaderNames.UPGRADE);
    headers.remove(HttpHeaderNames.EXPECT);
    headers.remove(HttpHeaderNames.TE);
    headers.remove(HttpHeaderNames.TRAILER);
    headers.set(HttpHeaderNames.HOST, target.authority());
    String proxyAuthorization = target.proxyAuthorization();
    if (proxyAuthorization == null) {
      headers.remove(HttpHeaderNames.PROXY_AUTHORIZATION);
    } else {
      headers.set(HttpHeaderNames.PROXY_AUTHORIZATION, proxyAuthorization);
    }
    ByteBuf body = request.body();
    if (body.isReadable() || expectsBody(request.method())) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
    } else {
      headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    }
    return new DefaultFullHttpRequest(
        HttpVersion.HTTP_1_1,
        request.method(),
        target.prefix() + request.pathAndQuery(),
        body,
        headers,
        EmptyHttpHeaders.INSTANCE);
  }

  private static boolean expectsBody(HttpMethod method) {
    return method.equals(HttpMethod.POST)
        || method.equals(HttpMethod.PUT)
        || method.equals(HttpMethod.PATCH);
  }

  void head(int status, HttpHeaders headers) {
    if (!over) {
      listener.head(status, headers);
    }
  }

  void data(ByteBuf part) {
    if (over) {
      part.release();
    } else {
      listener.data(part);
    }
  }

  void readComplete() {
    if (!over) {
      listener.readComplete();
    }
  }

  void end() {
    if (!over) {
      finish();
      listener.end();
    }
  }

  void failed(UpstreamFailure failure) {
    if (!over) {
      finish();
      listener.failed(failure);
    }
  }

  @Override
  public void pause() {
    paused = true;
    if (!over && connection != null) {
      connection.pause();
    }
  }

  @Override
  public void resume() {
    paused = false;
    if (!over && connection != null) {
      connection.resume();
    }
  }

  @Override
  public void cancel() {
    if (over) {
      return;
    }
    Dial dialing = dial;
    UpstreamConnection used = connection;
    finish();
    if (dialing != null) {
      dialing.cancel();
    }
    if (used != null) {
      used.abandon();
    }
  }

  private void finish() {
    over = true;
    dial = null;
    connection = null;
    if (!bodyTaken) {
      bodyTaken = true;
      request.body().release();
    }
  }
}
