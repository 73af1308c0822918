package io.stipend.gateway.server;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.stipend.gateway.server.RawClient.Answer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that are slow, silent or gone. */
class TimesTest {
  private static final Duration SHORT = ofMillis(200);
  private static final Duration LONG = ofSeconds(60);

  private static Served served(Duration header, Duration body, Duration idle, Duration total)
      throws Exception {
    return new Served(Transport.Kind.best(), Served.times(header, body, idle, total, LONG));
  }

  @Test
  void aConnectionThatSaysNothingIsClosed() throws Exception {
    try (Served served = served(SHORT, LONG, LONG, LONG);
        RawClient client = served.client()) {
      assertThat(client.ended()).isTrue();
      assertThat(served.handler.malformed).isEmpty();
    }
  }

  @Test
  void aSlowHeadIsAnsweredWith408() throws Exception {
    try (Served served = served(SHORT, LONG, LONG, LONG);
        RawClient client = served.client()) {
      client.send("POST /echo HTTP/1.1\r\nHost:");
      assertThat(client.answer().status()).isEqualTo(408);
      assertThat(client.ended()).isTrue();
      assertThat(served.handler.heads).isEmpty();
    }
  }

  @Test
  void aSlowHeadOfALaterRequestIsTimedFromItsFirstByte() throws Exception {
    try (Served served = served(SHORT, LONG, LONG, LONG);
        RawClient client = served.client()) {
      assertThat(client.post("/echo", "a").answer().status()).isEqualTo(200);
      client.send("P");
      assertThat(client.answer().status()).isEqualTo(408);
      assertThat(client.ended()).isTrue();
    }
  }

  @Test
  void aSlowBodyIsABadBody() throws Exception {
    try (Served served = served(LONG, SHORT, LONG, LONG);
        RawClient client = served.client()) {
      client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
      Answer answer = client.answer();
      assertThat(answer.status()).isEqualTo(408);
      assertThat(answer.body()).contains("not complete after 200 ms");
      assertThat(client.ended()).isTrue();
      assertThat(served.handler.bodies).isEmpty();
    }
  }

  @Test
  void anIdleConnectionIsClosedWithoutAWord() throws Exception {
    try (Served served = served(LONG, LONG, SHORT, LONG);
        RawClient client = served.client()) {
      assertThat(client.post("/echo", "a").answer().status()).isEqualTo(200);
      assertThat(client.ended()).isTrue();
    }
  }

  @Test
  void theIdleTimeDoesNotCutAnAnswerThatTakesLong() throws Exception {
    try (Served served = served(SHORT, SHORT, SHORT, LONG);
        RawClient client = served.client()) {
      client.post("/hold", "a");
      await().until(() -> served.handler.held.size() == 1);
      await().pollDelay(ofMillis(500)).until(() -> true);
      Outbound held = served.handler.held.get(0);
      held.eventLoop().execute(() -> EchoHandler.answer(held, 200, "late"));
      assertThat(client.answer().body()).isEqualTo("late");
      assertThat(served.handler.gone).hasValue(0);
    }
  }

  @Test
  void anExchangeThatTakesLongerThanAllItsTimeIsCut() throws Exception {
    try (Served served = served(LONG, LONG, LONG, SHORT);
        RawClient client = served.client()) {
      client.post("/half", "a");
      assertThat(client.head().status()).isEqualTo(200);
      assertThat(new String(client.chunk())).isEqualTo("half");
      assertThat(client.ended()).isTrue();
      assertThat(served.handler.gone).hasValue(1);
      assertThat(served.listener.openExchanges()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.Kind.class)
  void aClientThatLeavesIsNoticedWhileNothingIsBeingWritten(Transport.Kind kind) throws Exception {
    for (boolean reset : new boolean[] {false, true}) {
      for (String path : new String[] {"/hold", "/half"}) {
        try (Served served = new Served(kind, ServerLimits.DEFAULTS);
            RawClient client = served.client()) {
          client.post(path, "a");
          await().until(() -> served.handler.held.size() == 1);
          if (reset) {
            client.socket().setSoLinger(true, 0);
          }
          client.close();
          await().atMost(ofSeconds(1)).until(() -> served.handler.gone.get() == 1);
          await().until(() -> served.listener.openConnections() == 0);
          assertThat(served.listener.openExchanges()).isZero();
          Outbound held = served.handler.held.get(0);
          held.eventLoop()
              .submit(
                  () -> {
                    if (path.equals("/hold")) {
                      EchoHandler.answer(held, 200, "nobody hears this");
                    } else {
                      held.write(EchoHandler.text("nobody hears this"));
                      held.flush();
                      held.end();
                    }
                    held.abort();
                  })
              .sync();
          assertThat(held.writable()).isFalse();
        }
      }
    }
  }

  @Test
  void aClientThatLeavesIsNoticedThoughItHasPipelinedARequest() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.send(RawClient.request("/hold", "a") + RawClient.request("/echo", "b"));
      await().until(() -> served.handler.held.size() == 1);
      client.close();
      await().atMost(ofSeconds(1)).until(() -> served.handler.gone.get() == 1);
      assertThat(served.handler.bodies).containsExactly("/hold a");
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.Kind.class)
  void aClientThatLeavesIsNoticedWhileItsStreamRuns(Transport.Kind kind) throws Exception {
    try (Served served = new Served(kind, ServerLimits.DEFAULTS);
        RawClient client = served.client()) {
      client.post("/flood", "a");
      assertThat(client.head().status()).isEqualTo(200);
      assertThat(client.chunk()).isNotEmpty();
      client.close();
      await().atMost(ofSeconds(1)).until(() -> served.handler.gone.get() == 1);
      assertThat(served.listener.openExchanges()).isZero();
    }
  }

  @Test
  void aReaderThatStopsHoldsTheStreamBackAndIsCutInTheEnd() throws Exception {
    ServerLimits limits = Served.times(LONG, LONG, LONG, LONG, ofMillis(700));
    try (Served served = new Served(Transport.Kind.best(), limits);
        RawClient client = new RawClient(RawClient.connect(served.listener.address(), 16_384))) {
      client.post("/flood", "a");
      await().until(() -> served.handler.waited.get() > 0);
      // What fits into the socket's buffers on both sides, and then no more.
      long[] before = {-1};
      await()
          .pollInterval(ofMillis(100))
          .until(
              () -> {
                long now = served.handler.flooded.get();
                boolean same = now == before[0];
                before[0] = now;
                return same;
              });
      assertThat(served.handler.flooded.get()).isLessThan(16L * 1_024 * 1_024);
      await().atMost(ofSeconds(5)).until(() -> served.handler.gone.get() == 1);
      assertThat(served.listener.openExchanges()).isZero();
    }
  }

  @Test
  void aReaderThatIsSlowButReadsIsNotCut() throws Exception {
    ServerLimits limits = Served.times(LONG, LONG, LONG, LONG, ofMillis(300));
    try (Served served = new Served(Transport.Kind.best(), limits);
        RawClient client = new RawClient(RawClient.connect(served.listener.address(), 16_384))) {
      client.post("/flood", "a");
      assertThat(client.head().status()).isEqualTo(200);
      long[] read = {0};
      await()
          .pollInterval(ofMillis(20))
          .atMost(ofSeconds(20))
          .until(
              () -> {
                for (int i = 0; i < 64; i++) {
                  read[0] += client.chunk().length;
                }
                return read[0] > 30L * 1_024 * 1_024;
              });
      assertThat(served.handler.gone).hasValue(0);
      assertThat(served.handler.waited.get()).isGreaterThan(1);
    }
  }

  @Test
  void aClientThatPipelinesWithoutReadingCannotFillTheMemory() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = new RawClient(RawClient.connect(served.listener.address(), 16_384))) {
      String body = "x".repeat(32 * 1_024);
      Thread sender =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 2_000; i++) {
                    client.post("/echo", body);
                  }
                } catch (java.io.IOException e) {
                  // the test closes the socket under it
                }
              });
      sender.start();
      int[] before = {-1};
      await()
          .pollInterval(ofMillis(200))
          .until(
              () -> {
                int now = served.handler.bodies.size();
                boolean same = now == before[0];
                before[0] = now;
                return now > 0 && same;
              });
      assertThat(served.handler.bodies.size()).isLessThan(1_000);
      client.close();
      sender.join();
    }
  }
}
