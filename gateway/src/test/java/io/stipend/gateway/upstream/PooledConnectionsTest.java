package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.http.Fields;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PooledConnectionsTest {
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void exchangesInTurnShareOneConnection(boolean epoll) throws Exception {
    try (var provider = RawProvider.keeping();
        var up = new Upstreaming(Upstreaming.OPTIONS, epoll)) {
      for (int i = 0; i < 50; i++) {
        Heard heard = up.post(provider.config(), "hello " + i);
        assertThat(heard.text()).isEqualTo("1");
        assertThat(heard.events).containsExactly("sending", "head 200", "data", "end");
        assertThat(heard.requestBody.refCnt()).isZero();
      }
      assertThat(provider.accepted()).isEqualTo(1);
      assertThat(up.upstreams.openConnections()).isEqualTo(1);
      up.on(() -> {});
      assertThat(up.upstreams.idleConnections()).isEqualTo(1);
    }
  }

  @Test
  void theConnectionUsedLastIsUsedFirst() throws Exception {
    // The first is answered when the second has come: else that would go on the first's connection.
    var first = new CountDownLatch(1);
    var second = new CountDownLatch(1);
    var provider =
        new RawProvider(
            wire -> {
              while (wire.request() != null) {
                if (wire.number == 2) {
                  first.countDown();
                  RawProvider.Wire.await(second);
                } else {
                  RawProvider.Wire.await(first);
                }
                wire.answer(String.valueOf(wire.number));
              }
            });
    try (provider;
        var up = new Upstreaming()) {
      Heard one = up.get(provider.config());
      Heard two = up.get(provider.config());
      assertThat(one.text()).isEqualTo("1");
      second.countDown();
      assertThat(two.text()).isEqualTo("2");
      for (int i = 0; i < 5; i++) {
        assertThat(up.get(provider.config()).text()).isEqualTo("2");
      }
      assertThat(provider.accepted()).isEqualTo(2);
    }
  }

  @Test
  void aConnectionThatTheProviderClosedWhileIdleIsNotUsed() throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              wire.answer(String.valueOf(wire.number));
            });
    try (provider;
        var up = new Upstreaming()) {
      for (int i = 1; i <= 5; i++) {
        assertThat(up.get(provider.config()).text()).isEqualTo(String.valueOf(i));
        await().until(() -> up.upstreams.openConnections() == 0);
        assertThat(up.upstreams.idleConnections()).isZero();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"H", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nother", "\r\n"})
  void bytesOnAnIdleConnectionEndIt(String early) throws Exception {
    var speak = new CountDownLatch(1);
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              wire.answer(String.valueOf(wire.number));
              if (wire.number == 1) {
                RawProvider.Wire.await(speak);
                wire.write(early);
              }
              wire.awaitClose();
            });
    try (provider;
        var up = new Upstreaming()) {
      assertThat(up.get(provider.config()).text()).isEqualTo("1");
      up.on(() -> {});
      assertThat(up.upstreams.idleConnections()).isEqualTo(1);
      speak.countDown();
      await().until(() -> up.upstreams.openConnections() == 0);
      assertThat(up.get(provider.config()).text()).isEqualTo("2");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"X", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nother"})
  void aConnectionWithBytesToSpareAfterAnAnswerIsNotUsedAgain(String surplus) throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              wire.answer(wire.number + "!");
              if (wire.number == 1) {
                wire.write(surplus);
              }
              wire.awaitClose();
            });
    var together =
        new RawProvider(
            wire -> {
              wire.request();
              wire.write(
                  "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" + wire.number + "!" + surplus);
              wire.awaitClose();
            });
    try (provider;
        together;
        var up = new Upstreaming()) {
      assertThat(up.get(together.config()).text()).isEqualTo("1!");
      assertThat(up.get(together.config()).text()).isEqualTo("2!");
      assertThat(up.get(provider.config()).text()).isEqualTo("1!");
      await().until(() -> up.upstreams.openConnections() == 0);
      assertThat(up.get(provider.config()).text()).isEqualTo("2!");
    }
  }

  /** What a read burst still holds belongs to no attempt that begins within it. */
  @Test
  void bytesBehindAnAnswerAreNotTheAnswerOfAnAttemptThatItsEndBegins() throws Exception {
    String head = "HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n";
    int oneRead = 8 * 1_024;
    String first = head.formatted(oneRead - head.formatted(1_000).length());
    String body = "a".repeat(oneRead - first.length());
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              if (wire.number == 1) {
                wire.write(first + body + head.formatted(5) + "other");
              } else {
                wire.answer(String.valueOf(wire.number));
              }
              wire.awaitClose();
            });
    try (provider;
        var up = new Upstreaming()) {
      Heard second = new Heard();
      Heard heard =
          up.send(
              provider.config(),
              HttpMethod.GET,
              "/v1/models",
              new byte[0],
              new Heard() {
                @Override
                public void end() {
                  super.end();
                  try {
                    up.send(provider.config(), HttpMethod.GET, "/", new byte[0], second);
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                }
              });
      assertThat(heard.text()).isEqualTo(body);
      assertThat(second.text()).isEqualTo("2");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx",
        "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 1\r\n\r\nx"
      })
  void aConnectionThatWillNotBeKeptIsClosed(String answer) throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              wire.write(answer);
              wire.awaitClose();
            });
    try (provider;
        var up = new Upstreaming()) {
      assertThat(up.get(provider.config()).text()).isEqualTo("x");
      await().until(() -> up.upstreams.openConnections() == 0);
      assertThat(up.get(provider.config()).text()).isEqualTo("x");
      assertThat(provider.accepted()).isEqualTo(2);
    }
  }

  @Test
  void anAnswerBeforeTheRequestWasWrittenIsPassedOnAndItsConnectionNotKept() throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              String head = wire.head();
              wire.write("HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig");
              wire.readBody(head);
              wire.awaitClose();
            });
    try (provider;
        var up = new Upstreaming()) {
      Heard heard = up.post(provider.config(), "x".repeat(24 << 20));
      assertThat(heard.status.get()).isEqualTo(413);
      assertThat(heard.text()).isEqualTo("big");
      await().until(() -> up.upstreams.openConnections() == 0);
      await().until(() -> heard.requestBody.refCnt() == 0);
    }
  }

  @Test
  void aHeadBeforeTheRequestWasWrittenIsEnoughForItsConnectionNotToBeKept() throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              String head = wire.head();
              wire.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
              wire.readBody(head);
              wire.write("ok");
              wire.awaitClose();
            });
    try (provider;
        var up = new Upstreaming()) {
      assertThat(up.post(provider.config(), "x".repeat(24 << 20)).text()).isEqualTo("ok");
      await().until(() -> up.upstreams.openConnections() == 0);
    }
  }

  @Test
  void anIdleConnectionIsClosedAfterItsTime() throws Exception {
    try (var provider = RawProvider.keeping();
        var up = new Upstreaming(Upstreaming.pooled(Duration.ofMillis(200), 16))) {
      assertThat(up.get(provider.config()).text()).isEqualTo("1");
      up.on(() -> {});
      assertThat(up.upstreams.idleConnections()).isEqualTo(1);
      await().atMost(Duration.ofSeconds(5)).until(() -> up.upstreams.openConnections() == 0);
      assertThat(up.get(provider.config()).text()).isEqualTo("2");
    }
  }

  @Test
  void moreConnectionsThanTheLimitAreNotOpened() throws Exception {
    var go = new CountDownLatch(1);
    var provider =
        new RawProvider(
            wire -> {
              while (wire.request() != null) {
                RawProvider.Wire.await(go);
                wire.answer("ok");
              }
            });
    try (provider;
        var up = new Upstreaming(Upstreaming.pooled(Duration.ofSeconds(30), 2))) {
      Heard one = up.get(provider.config());
      Heard two = up.get(provider.config());
      Heard three = up.get(provider.config());
      assertThat(three.outcome()).isEqualTo("CONNECT");
      assertThat(three.events).doesNotContain("sending");
      go.countDown();
      assertThat(one.text() + two.text()).isEqualTo("okok");
      assertThat(up.get(provider.config()).text()).isEqualTo("ok");
      assertThat(provider.accepted()).isEqualTo(2);
    }
  }

  @Test
  void closingFailsWhatIsUnderWay() throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              wire.awaitClose();
            });
    try (provider;
        var up = new Upstreaming()) {
      Heard heard = up.get(provider.config());
      heard.sent.get();
      up.upstreams.close();
      assertThat(heard.outcome()).isEqualTo("RESET");
      assertThat(up.upstreams.openConnections()).isZero();
      Heard after = up.get(provider.config());
      assertThat(after.outcome()).isEqualTo("CONNECT");
    }
  }

  @Test
  void anAttemptGoesOutAtOnceIfAConnectionIsIdle() throws Exception {
    try (var provider = RawProvider.keeping();
        var up = new Upstreaming()) {
      assertThat(up.get(provider.config()).text()).isEqualTo("1");
      var next = new Heard();
      up.on(
          () -> {
            var request = new UpstreamRequest(HttpMethod.GET, "/", new Fields(), Unpooled.buffer());
            Attempt attempt = up.upstreams.open(up.loop, provider.config(), request, next);
            assertThat(next.events).isEmpty();
            attempt.begin();
            assertThat(next.events).containsExactly("sending");
          });
      assertThat(next.text()).isEqualTo("1");
    }
  }

  /** As a client does that has its next request ready: the connection is free after the burst. */
  @Test
  void anAttemptFromWithinTheEndOfAnotherHasAConnectionOfItsOwn() throws Exception {
    try (var provider = RawProvider.keeping();
        var up = new Upstreaming()) {
      var last = new Heard();
      var first =
          new Heard() {
            @Override
            public void end() {
              var request =
                  new UpstreamRequest(HttpMethod.GET, "/", new Fields(), Unpooled.buffer());
              up.upstreams.open(up.loop, provider.config(), request, last).begin();
              super.end();
            }
          };
      up.send(provider.config(), HttpMethod.GET, "/", new byte[0], first);
      assertThat(first.text()).isEqualTo("1");
      assertThat(last.text()).isEqualTo("2");
      assertThat(last.events).containsExactly("sending", "head 200", "data", "end");
      assertThat(up.get(provider.config()).text()).isIn("1", "2");
      assertThat(provider.accepted()).isEqualTo(2);
    }
  }
}
