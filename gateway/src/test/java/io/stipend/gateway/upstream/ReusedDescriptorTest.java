package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.epoll.Epoll;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A connection that is closed while its own event waits to be handled leaves that event to whatever
 * takes its file descriptor: epoll names sockets by that number.
 */
class ReusedDescriptorTest {
  /** More than a process has free numbers below those of its newest sockets. */
  private static final int HOLES = 256;

  private static final byte[] NONE = {};

  private final CountDownLatch blocked = new CountDownLatch(1);
  private final CountDownLatch answered = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  @Test
  void anEventOfTheConnectionBeforeDoesNotEndOneThatIsBeingMade() throws Exception {
    assumeTrue(Epoll.isAvailable(), "skipped: needs epoll");
    List<InputStream> holes = new ArrayList<>();
    try (RawProvider provider = new RawProvider(this::serve);
        Upstreaming up = new Upstreaming()) {
      Heard closing = up.get(provider.config());
      closing.sent.get(10, TimeUnit.SECONDS);
      CompletableFuture<Heard> next = new CompletableFuture<>();
      Heard answering =
          new Heard() {
            @Override
            public void data(ByteBuf part) {
              super.data(part);
              closing.attempt.cancel();
              try {
                next.complete(up.get(provider.config()));
              } catch (Exception e) {
                next.completeExceptionally(e);
              }
            }
          };
      up.send(provider.config(), HttpMethod.GET, "/v1/x", NONE, answering);
      answering.sent.get(10, TimeUnit.SECONDS);
      // While the loop is here, the answer comes first and then the other connection's end.
      up.on(() -> blockUntilBothCame(holes));
      assertThat(answering.text()).isEqualTo("2");
      assertThat(next.get(10, TimeUnit.SECONDS).text()).isEqualTo("3");
    } finally {
      for (InputStream one : holes) {
        one.close();
      }
    }
  }

  private static void fill(List<InputStream> holes) throws IOException {
    for (int i = 0; i < HOLES; i++) {
      holes.add(Files.newInputStream(Path.of("/dev/null")));
    }
  }

  private void blockUntilBothCame(List<InputStream> holes) {
    blocked.countDown();
    try {
      RawProvider.Wire.await(closed);
      fill(holes);
    } catch (InterruptedException | IOException e) {
      throw new AssertionError(e);
    }
  }

  private void serve(RawProvider.Wire wire) throws Exception {
    wire.request();
    if (wire.number == 1) {
      RawProvider.Wire.await(answered);
      wire.socket.close();
      closed.countDown();
    } else if (wire.number == 2) {
      RawProvider.Wire.await(blocked);
      wire.answer("2");
      answered.countDown();
      wire.awaitClose();
    } else {
      wire.answer(String.valueOf(wire.number));
      wire.awaitClose();
    }
  }
}
