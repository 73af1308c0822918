package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A request that is made ready first: whatever happens meanwhile, it is sent once or released. */
class PreparedAttemptTest {
  private final DefaultEventLoop loop = new DefaultEventLoop();
  private final ByteBuf body = Unpooled.buffer().writeBytes(new byte[8]);
  private final UpstreamRequest request =
      new UpstreamRequest(HttpMethod.POST, "/a", new DefaultHttpHeaders(), body);
  private final CompletableFuture<UpstreamRequest> ready = new CompletableFuture<>();
  private final List<String> heard = new ArrayList<>();
  private boolean opensBadly;

  private final PreparedAttempt attempt =
      new PreparedAttempt(loop, unready -> ready, request, this::opened, new Listener());

  @AfterEach
  void stop() {
    loop.shutdownGracefully();
  }

  private Attempt opened(UpstreamRequest sent) {
    heard.add("open");
    if (opensBadly) {
      sent.body().release();
      throw new IllegalArgumentException("a bad header");
    }
    return new Attempt() {
      @Override
      public void begin() {
        heard.add("begin");
        sent.body().release();
      }

      @Override
      public void pause() {
        heard.add("pause");
      }

      @Override
      public void resume() {
        heard.add("resume");
      }

      @Override
      public void cancel() {
        heard.add("cancel");
      }
    };
  }

  private void onLoop(Runnable step) {
    loop.submit(step).syncUninterruptibly();
  }

  private void settled() {
    onLoop(() -> {});
    assertThat(body.refCnt()).isZero();
  }

  @Test
  void whatIsReadyIsSentAndPausedIfItWasMeanwhile() {
    onLoop(attempt::begin);
    onLoop(attempt::pause);
    assertThat(heard).isEmpty();
    ready.complete(request);
    settled();
    onLoop(attempt::resume);
    onLoop(attempt::cancel);
    assertThat(heard).containsExactly("open", "pause", "begin", "resume", "cancel");
  }

  @Test
  void whatIsReadyAtOnceIsSentAtOnce() {
    ready.complete(request);
    onLoop(attempt::begin);
    assertThat(heard).containsExactly("open", "begin");
    settled();
  }

  @Test
  void whatIsCancelledMeanwhileIsNeverSentAndReleasedWhenItIsRead() {
    onLoop(attempt::begin);
    onLoop(attempt::cancel);
    assertThat(body.refCnt()).as("still read on another thread").isOne();
    ready.complete(request);
    settled();
    onLoop(attempt::begin);
    assertThat(heard).isEmpty();
  }

  @Test
  void whatNeverBeganIsReleased() {
    onLoop(attempt::cancel);
    onLoop(attempt::begin);
    settled();
    assertThat(heard).isEmpty();
  }

  @Test
  void whatCannotBeMadeReadyIsNotSent() {
    onLoop(attempt::begin);
    ready.completeExceptionally(new IllegalStateException("no token"));
    settled();
    onLoop(attempt::cancel);
    assertThat(heard).containsExactly("failed CONNECT");
  }

  @Test
  void whatCannotBeOpenedFails() {
    opensBadly = true;
    onLoop(attempt::begin);
    ready.complete(request);
    settled();
    assertThat(heard).containsExactly("open", "failed CONNECT");
  }

  private final class Listener implements AttemptListener {
    @Override
    public void sending() {}

    @Override
    public void head(int status, HttpHeaders headers) {}

    @Override
    public void data(ByteBuf part) {
      part.release();
    }

    @Override
    public void readComplete() {}

    @Override
    public void end() {}

    @Override
    public void failed(UpstreamFailure failure) {
      heard.add("failed " + failure);
    }
  }
}
