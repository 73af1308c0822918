package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.handler.codec.http.HttpMethod;
import io.stipend.policy.config.ProviderConfig;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TimeLimitsTest {
  private static final Duration SHORT = Duration.ofMillis(250);
  private static final Duration LONG = Duration.ofSeconds(8);
  private static final String HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n";

  private static Heard heard(UpstreamOptions options, RawProvider.Script script) throws Exception {
    try (var provider = new RawProvider(script);
        var up = new Upstreaming(options)) {
      Heard heard = up.get(provider.config());
      heard.outcome();
      await().until(() -> up.upstreams.openConnections() == 0);
      return heard;
    }
  }

  @Test
  void noFirstByteInItsTimeIsATimeout() throws Exception {
    Heard heard =
        heard(
            Upstreaming.times(LONG, SHORT, LONG, LONG),
            wire -> {
              wire.request();
              wire.awaitClose();
            });
    assertThat(heard.events).containsExactly("sending", "failed TIMEOUT");
  }

  @Test
  void theTimeOfTheFirstByteHoldsOnAReusedConnectionToo() throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              wire.answer("ok");
              wire.request();
              wire.awaitClose();
            });
    try (provider;
        var up = new Upstreaming(Upstreaming.times(LONG, SHORT, LONG, LONG))) {
      assertThat(up.get(provider.config()).text()).isEqualTo("ok");
      Heard heard = up.get(provider.config());
      assertThat(heard.outcome()).isEqualTo("TIMEOUT");
      assertThat(provider.accepted()).isEqualTo(1);
    }
  }

  @Test
  void noNextByteInItsTimeIsATimeout() throws Exception {
    Heard heard =
        heard(
            Upstreaming.times(LONG, LONG, SHORT, LONG),
            wire -> {
              wire.request();
              wire.write(HEAD + "some");
              wire.awaitClose();
            });
    assertThat(heard.events).containsExactly("sending", "head 200", "data", "failed TIMEOUT");
  }

  @Test
  void bytesThatTrickleEndWithTheTotalTime() throws Exception {
    var never = new CountDownLatch(1);
    Heard heard =
        heard(
            Upstreaming.times(LONG, SHORT, SHORT, Duration.ofMillis(600)),
            wire -> {
              wire.request();
              wire.write(HEAD);
              while (!never.await(50, TimeUnit.MILLISECONDS)) {
                wire.write("x");
              }
            });
    assertThat(heard.outcome()).isEqualTo("TIMEOUT");
    assertThat(heard.bytes.get()).isBetween(3L, 99L);
  }

  @Test
  void aPausedAttemptIsNotIdle() throws Exception {
    var more = new CountDownLatch(1);
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              wire.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst");
              RawProvider.Wire.await(more);
              wire.write("later");
            });
    try (provider;
        var up = new Upstreaming(Upstreaming.times(LONG, LONG, SHORT, LONG))) {
      var heard =
          new Heard() {
            @Override
            public void data(io.netty.buffer.ByteBuf part) {
              attempt.pause();
              super.data(part);
            }
          };
      up.send(provider.config(), HttpMethod.GET, "/", new byte[0], heard);
      heard.status.get();
      await().during(SHORT.multipliedBy(3)).until(() -> !heard.over.isDone());
      up.on(heard.attempt::resume);
      more.countDown();
      await().until(() -> heard.bytes.get() == 10);
      up.on(heard.attempt::resume);
      assertThat(heard.text()).isEqualTo("firstlater");
    }
  }

  @Test
  void aPausedAttemptStillEndsWithItsTotalTime() throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              wire.awaitClose();
            });
    try (provider;
        var up = new Upstreaming(Upstreaming.times(LONG, LONG, LONG, SHORT))) {
      Heard heard = up.get(provider.config());
      heard.sent.get();
      up.on(heard.attempt::pause);
      assertThat(heard.outcome()).isEqualTo("TIMEOUT");
    }
  }

  @Test
  void aConnectionThatDoesNotStandInItsTimeIsAConnectFailure() throws Exception {
    var provider = new RawProvider(RawProvider.Wire::awaitClose);
    try (provider;
        var up = new Upstreaming(Upstreaming.times(SHORT, LONG, LONG, LONG))) {
      ProviderConfig silentTls = RawProvider.config("https://127.0.0.1:" + provider.port());
      Heard heard = up.get(silentTls);
      assertThat(heard.outcome()).isEqualTo("CONNECT");
      assertThat(heard.events).containsExactly("failed CONNECT");
      assertThat(heard.requestBody.refCnt()).isZero();
      assertThat(up.upstreams.openConnections()).isZero();
    }
  }

  @Test
  void aRefusedConnectionIsAConnectFailureAndNothingWasSent() throws Exception {
    int free;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    try (var up = new Upstreaming()) {
      Heard heard = up.get(RawProvider.config("http://127.0.0.1:" + free));
      assertThat(heard.outcome()).isEqualTo("CONNECT");
      assertThat(heard.events).containsExactly("failed CONNECT");
      assertThat(heard.requestBody.refCnt()).isZero();
    }
  }

  @Test
  void aNameThatDoesNotResolveIsAConnectFailure() throws Exception {
    try (var up = new Upstreaming()) {
      Heard heard = up.get(RawProvider.config("http://nowhere.invalid"));
      assertThat(heard.outcome()).isEqualTo("CONNECT");
      assertThat(heard.events).containsExactly("failed CONNECT");
    }
  }

  @Test
  void aNameThatResolvesIsReached() throws Exception {
    try (var provider = RawProvider.keeping();
        var up = new Upstreaming()) {
      assertThat(up.get(RawProvider.config("http://localhost:" + provider.port())).text())
          .isEqualTo("1");
    }
  }
}
