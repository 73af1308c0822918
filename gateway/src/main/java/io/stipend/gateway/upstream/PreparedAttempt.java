package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One try whose request is made ready first: getting ready → the attempt itself → over. Where that
 * fails nothing was sent. Used on its event loop only.
 */
final class PreparedAttempt implements Attempt {
  private static final Logger LOG = LoggerFactory.getLogger(PreparedAttempt.class);

  private final EventLoop loop;
  private final Preparation preparation;
  private final Function<UpstreamRequest, Attempt> opening;
  private final AttemptListener listener;
  private @Nullable UpstreamRequest request;
  private @Nullable Attempt attempt;
  private boolean paused;

  /**
   * @param request its body is released by this, or by the attempt
   * @param opening opens the attempt of the request that is ready
   */
  PreparedAttempt(
      EventLoop loop,
      Preparation preparation,
      UpstreamRequest request,
      Function<UpstreamRequest, Attempt> opening,
      AttemptListener listener) {
    this.loop = loop;
    this.preparation = preparation;
    this.request = request;
    this.opening = opening;
    this.listener = listener;
  }

  @Override
  public void begin() {
    UpstreamRequest unready = request;
    if (unready == null) {
      return;
    }
    // Who reads it elsewhere keeps it, even if the attempt is cancelled meanwhile.
    ByteBuf body = unready.body().retain();
    CompletableFuture<UpstreamRequest> ready = preparation.ready(unready);
    if (ready.isDone()) {
      body.release();
      ready.whenComplete(this::prepared);
      return;
    }
    ready.whenComplete(
        (result, failure) -> {
          body.release();
          try {
            loop.execute(() -> prepared(result, failure));
          } catch (RejectedExecutionException e) {
            LOG.debug("the event loop has ended before its request was ready");
          }
        });
  }

  private void prepared(@Nullable UpstreamRequest ready, @Nullable Throwable failure) {
    UpstreamRequest unready = request;
    if (unready == null) {
      return;
    }
    request = null;
    if (ready == null) {
      unready.body().release();
      Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
      LOG.warn("a request could not be made ready: {}", cause == null ? "" : cause.getMessage());
      listener.failed(UpstreamFailure.CONNECT);
      return;
    }
    try {
      Attempt opened = opening.apply(ready);
      attempt = opened;
      if (paused) {
        opened.pause();
      }
      opened.begin();
    } catch (RuntimeException e) {
      LOG.error("a request that was ready could not be begun", e);
      listener.failed(UpstreamFailure.CONNECT);
    }
  }

  @Override
  public void pause() {
    paused = true;
    if (attempt != null) {
      attempt.pause();
    }
  }

  @Override
  public void resume() {
    paused = false;
    if (attempt != null) {
      attempt.resume();
    }
  }

  @Override
  public void cancel() {
    if (request != null) {
      request.body().release();
      request = null;
    } else if (attempt != null) {
      attempt.cancel();
    }
  }
}
