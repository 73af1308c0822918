package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BackPressureTest {
  private static final int PIECE = 64 * 1_024;
  private static final int PIECES = 1_024;
  private static final long ALL = (long) PIECE * PIECES;

  /** More than both kernels' buffers of a loopback connection hold, less than all. */
  private static final long MOST_UNREAD = 24L << 20;

  /** What may still come after a pause: the rest of one read. */
  private static final long ONE_READ = 64 * 1_024;

  @TempDir static Path folder;
  private static TestTls tls;

  @BeforeAll
  static void makeCertificate() throws Exception {
    tls = TestTls.make(folder, "localhost");
  }

  static Stream<Arguments> ways() {
    return Stream.of(
        Arguments.of(true, false), Arguments.of(false, false), Arguments.of(true, true));
  }

  /** Pauses at the first part, and counts what still comes. */
  private static final class Pausing extends Heard {
    final AtomicLong afterPause = new AtomicLong();
    volatile boolean paused;

    @Override
    public void data(ByteBuf part) {
      if (paused) {
        afterPause.addAndGet(part.readableBytes());
      } else if (bytes.get() == 0) {
        attempt.pause();
        paused = true;
      }
      super.data(part);
    }
  }

  @ParameterizedTest(name = "epoll {0}, tls {1}")
  @MethodSource("ways")
  void aPausedAttemptStopsTheProviderAndAResumedOneMissesNothing(boolean epoll, boolean secure)
      throws Exception {
    var written = new AtomicLong();
    RawProvider.Script script =
        wire -> {
          wire.request();
          wire.write("HTTP/1.1 200 OK\r\ncontent-length: " + ALL + "\r\n\r\n");
          byte[] piece = new byte[PIECE];
          for (int i = 0; i < PIECES; i++) {
            wire.write(piece);
            written.addAndGet(PIECE);
          }
          wire.awaitClose();
        };
    try (var provider = secure ? new RawProvider(script, tls.sockets()) : new RawProvider(script);
        var up = new Upstreaming(Upstreaming.reached(null, tls.certificate()), epoll)) {
      String url = (secure ? "https" : "http") + "://localhost:" + provider.port();
      var heard = new Pausing();
      up.send(RawProvider.config(url), HttpMethod.GET, "/", new byte[0], heard);
      await().until(() -> heard.paused);
      var last = new AtomicLong(-1);
      await()
          .atMost(Duration.ofSeconds(10))
          .pollInterval(Duration.ofMillis(100))
          .until(() -> last.getAndSet(written.get()) == written.get());
      assertThat(written.get()).isLessThan(MOST_UNREAD);
      assertThat(heard.afterPause.get()).isLessThanOrEqualTo(ONE_READ);
      up.on(
          () -> {
            heard.paused = false;
            heard.attempt.resume();
          });
      assertThat(heard.outcome()).isEqualTo("end");
      assertThat(heard.bytes.get()).isEqualTo(ALL);
    }
  }

  /** The kernel holds all of it, and the end; a pause must neither lose it nor let it in. */
  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void anAnswerThatEndedWhilePausedIsStillReadWhole(boolean epoll, boolean withLength)
      throws Exception {
    int size = 1 << 20;
    var closed = new CountDownLatch(1);
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              String length = withLength ? "content-length: " + size + "\r\n" : "";
              wire.write("HTTP/1.1 200 OK\r\n" + length + "\r\n");
              wire.write(new byte[size]);
              wire.socket.close();
              closed.countDown();
            });
    try (provider;
        var up =
            new Upstreaming(
                Upstreaming.times(
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    Duration.ofMillis(200),
                    Duration.ofSeconds(8)),
                epoll)) {
      var heard = new Pausing();
      up.send(provider.config(), HttpMethod.GET, "/", new byte[0], heard);
      RawProvider.Wire.await(closed);
      await().during(Duration.ofMillis(500)).until(() -> !heard.over.isDone());
      assertThat(heard.afterPause.get()).isLessThanOrEqualTo(2 * ONE_READ);
      up.on(heard.attempt::resume);
      assertThat(heard.outcome()).isEqualTo("end");
      assertThat(heard.bytes.get()).isEqualTo(size);
    }
  }

  @Test
  void aConnectionPausedAtItsEndIsReadAgainWhenItIsIdle() throws Exception {
    try (var provider = RawProvider.keeping();
        var up = new Upstreaming()) {
      for (int i = 0; i < 5; i++) {
        var heard = new Pausing();
        up.send(provider.config(), HttpMethod.GET, "/", new byte[0], heard);
        assertThat(heard.text()).isEqualTo("1");
      }
      assertThat(provider.accepted()).isEqualTo(1);
    }
  }

  @Test
  void pausingBeforeTheConnectionStandsHolds() throws Exception {
    var sent = new CountDownLatch(1);
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              wire.answer("hello");
              sent.countDown();
              wire.awaitClose();
            });
    try (provider;
        var up = new Upstreaming()) {
      Heard heard = new Heard();
      up.send(provider.config(), HttpMethod.GET, "/", new byte[0], heard, Attempt::pause);
      RawProvider.Wire.await(sent);
      await().during(Duration.ofMillis(200)).until(() -> !heard.status.isDone());
      up.on(heard.attempt::resume);
      assertThat(heard.text()).isEqualTo("hello");
    }
  }

  @ParameterizedTest(name = "epoll {0}, tls {1}")
  @MethodSource("ways")
  void cancellingClosesTheConnectionAndTheListenerHearsNothingMore(boolean epoll, boolean secure)
      throws Exception {
    var ended = new CountDownLatch(1);
    RawProvider.Script script =
        wire -> {
          wire.request();
          wire.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nsome");
          wire.awaitClose();
          ended.countDown();
        };
    try (var provider = secure ? new RawProvider(script, tls.sockets()) : new RawProvider(script);
        var up = new Upstreaming(Upstreaming.reached(null, tls.certificate()), epoll)) {
      String url = (secure ? "https" : "http") + "://localhost:" + provider.port();
      Heard heard = up.get(RawProvider.config(url));
      await().until(() -> heard.events.contains("data"));
      up.on(
          () -> {
            heard.attempt.cancel();
            heard.attempt.cancel();
            heard.attempt.pause();
            heard.attempt.resume();
          });
      RawProvider.Wire.await(ended);
      await().until(() -> up.upstreams.openConnections() == 0);
      up.on(() -> {});
      assertThat(heard.events).containsExactly("sending", "head 200", "data");
    }
  }

  @Test
  void cancellingFromWithinAnyCallOfTheListenerWorks() throws Exception {
    for (String when : new String[] {"sending", "head", "data"}) {
      var ended = new CountDownLatch(1);
      var provider =
          new RawProvider(
              wire -> {
                if (wire.request() != null) {
                  wire.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nsome");
                }
                wire.awaitClose();
                ended.countDown();
              });
      var heard =
          new Heard() {
            @Override
            public void sending() {
              super.sending();
              cancelIf("sending");
            }

            @Override
            public void head(int code, io.netty.handler.codec.http.HttpHeaders with) {
              super.head(code, with);
              cancelIf("head");
            }

            @Override
            public void data(ByteBuf part) {
              super.data(part);
              cancelIf("data");
            }

            private void cancelIf(String call) {
              if (when.equals(call)) {
                attempt.cancel();
              }
            }
          };
      try (provider;
          var up = new Upstreaming()) {
        up.send(provider.config(), HttpMethod.GET, "/", new byte[0], heard);
        RawProvider.Wire.await(ended);
        up.on(() -> {});
        assertThat(heard.events.get(heard.events.size() - 1)).startsWith(when);
        assertThat(heard.requestBody.refCnt()).isZero();
        await().until(() -> up.upstreams.openConnections() == 0);
      }
    }
  }

  @Test
  void cancellingWhileDialingStopsTheDial() throws Exception {
    var accepted = new CountDownLatch(1);
    var ended = new CountDownLatch(1);
    var provider =
        new RawProvider(
            wire -> {
              accepted.countDown();
              wire.awaitClose();
              ended.countDown();
            });
    try (provider;
        var up = new Upstreaming(Upstreaming.pooled(Duration.ofSeconds(30), 1))) {
      Heard heard = up.get(RawProvider.config("https://127.0.0.1:" + provider.port()));
      RawProvider.Wire.await(accepted);
      up.on(heard.attempt::cancel);
      RawProvider.Wire.await(ended);
      assertThat(heard.events).isEmpty();
      assertThat(heard.requestBody.refCnt()).isZero();
      // Its place is free again.
      try (var other = RawProvider.keeping()) {
        assertThat(up.get(other.config()).text()).isEqualTo("1");
      }
    }
  }

  @Test
  void cancellingBeforeItBeganOpensNothing() throws Exception {
    try (var provider = RawProvider.keeping();
        var up = new Upstreaming()) {
      Heard heard = new Heard();
      up.send(provider.config(), HttpMethod.GET, "/", new byte[0], heard, Attempt::cancel);
      up.on(() -> {});
      assertThat(heard.events).isEmpty();
      assertThat(heard.requestBody.refCnt()).isZero();
      assertThat(provider.accepted()).isZero();
    }
  }
}
