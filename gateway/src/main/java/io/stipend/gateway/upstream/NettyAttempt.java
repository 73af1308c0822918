package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * One try: waiting for its turn → dialing → on a connection → over. It guards the listener: after
 * its end, failure or cancellation the listener hears nothing. Used on its event loop only.
 */
final class NettyAttempt implements Attempt {
  private final OriginPool pool;
  private final AttemptListener listener;
  private final long deadlineNanos;
  private boolean over;
  private boolean paused;
  private @Nullable RequestBytes request;
  private @Nullable Dial dial;
  private @Nullable UpstreamConnection connection;

  NettyAttempt(
      OriginPool pool, RequestBytes request, AttemptListener listener, long deadlineNanos) {
    this.pool = pool;
    this.request = request;
    this.listener = listener;
    this.deadlineNanos = deadlineNanos;
  }

  /** When the whole attempt must be over, of {@link System#nanoTime}. */
  long deadlineNanos() {
    return deadlineNanos;
  }

  @Override
  public void begin() {
    if (over) {
      return;
    }
    try {
      pool.acquire(this);
    } catch (RuntimeException e) {
      cancel();
      throw e;
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
    RequestBytes bytes = request;
    if (over || bytes == null) {
      return;
    }
    request = null;
    stands.send(this, bytes);
    if (paused) {
      stands.pause();
    }
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
    if (request != null) {
      request.release();
      request = null;
    }
  }
}
