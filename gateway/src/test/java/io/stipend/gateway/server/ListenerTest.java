package io.stipend.gateway.server;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.stipend.policy.RefusalReason;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A listener begins, bounds its clients, and ends in good order. */
class ListenerTest {
  @Test
  void oneAddressHoldsNoMoreConnectionsThanItsLimit() throws Exception {
    try (Served served = new Served(Transport.Kind.best(), Served.counts(1_000, 10, 3))) {
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        clients.add(served.client());
        assertThat(clients.get(i).post("/echo", "a").answer().status()).isEqualTo(200);
      }
      try (RawClient fourth = served.client()) {
        assertThat(fourth.ended()).isTrue();
      }
      assertThat(clients.get(0).post("/echo", "b").answer().body()).isEqualTo("b");
      clients.get(2).close();
      await().until(() -> served.listener.openConnections() == 2);
      try (RawClient another = served.client()) {
        assertThat(another.post("/echo", "a").answer().status()).isEqualTo(200);
      }
      clients.get(0).close();
      clients.get(1).close();
    }
  }

  @Test
  void allAddressesTogetherHoldNoMoreConnectionsThanTheirLimit() throws Exception {
    try (Served served = new Served(Transport.Kind.best(), Served.counts(1_000, 1, 3));
        RawClient one = served.client()) {
      assertThat(one.post("/echo", "a").answer().status()).isEqualTo(200);
      try (RawClient two = served.client()) {
        assertThat(two.ended()).isTrue();
      }
    }
  }

  @Test
  void aPortThatIsTakenIsNamed() throws Exception {
    try (Served served = Served.withDefaults()) {
      int port = served.listener.address().getPort();
      assertThatThrownBy(
              () ->
                  Listener.start(
                      served.transport,
                      new ListenerOptions("127.0.0.1", port, null, ServerLimits.DEFAULTS),
                      served.handler))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("127.0.0.1:" + port);
    }
  }

  @Test
  void drainingClosesIdleConnectionsAndLetsAnswersEnd() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient idle = served.client();
        RawClient busy = served.client();
        RawClient streaming = served.client()) {
      assertThat(idle.post("/echo", "a").answer().status()).isEqualTo(200);
      busy.post("/hold", "a");
      await().until(() -> served.handler.held.size() == 1);
      streaming.post("/half", "a");
      await().until(() -> served.handler.held.size() == 2);
      assertThat(served.listener.openExchanges()).isEqualTo(2);

      CompletableFuture<Void> drained = served.listener.drain(ofSeconds(20)).toCompletableFuture();

      assertThat(idle.ended()).isTrue();
      assertThatThrownBy(served::client).isInstanceOf(ConnectException.class);
      assertThat(drained).isNotDone();
      Outbound hold = served.handler.held.get(0);
      hold.eventLoop().execute(() -> EchoHandler.answer(hold, 200, "whole"));
      Outbound half = served.handler.held.get(1);
      half.eventLoop().execute(half::end);
      RawClient.Answer answer = busy.answer();
      assertThat(answer.body()).isEqualTo("whole");
      assertThat(answer.headers()).containsEntry("connection", "close");
      assertThat(streaming.answer().body()).isEqualTo("half");
      assertThat(busy.ended()).isTrue();
      assertThat(streaming.ended()).isTrue();
      drained.get(10, TimeUnit.SECONDS);
      assertThat(served.listener.openExchanges()).isZero();
    }
  }

  @Test
  void anAnswerIsUnderWayUntilTheClientHasTakenAllOfIt() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = new RawClient(RawClient.connect(served.listener.address(), 16_384))) {
      client.post("/hold", "a");
      await().until(() -> served.handler.held.size() == 1);
      Outbound held = served.handler.held.get(0);
      String part = "0123456789abcdef".repeat(500);
      held.eventLoop()
          .submit(
              () -> {
                held.start(200, EchoHandler.headers());
                for (int i = 0; i < 1_500; i++) {
                  held.write(EchoHandler.text(part));
                }
                held.end();
              })
          .sync();
      assertThat(served.listener.openExchanges()).isEqualTo(1);

      CompletableFuture<Void> drained = served.listener.drain(ofSeconds(20)).toCompletableFuture();

      assertThat(drained).isNotDone();
      assertThat(client.answer().body()).isEqualTo(part.repeat(1_500));
      assertThat(client.ended()).isTrue();
      drained.get(10, TimeUnit.SECONDS);
      assertThat(served.listener.openExchanges()).isZero();
    }
  }

  @Test
  void drainingEndsAtItsBoundAndClosingTellsTheRest() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.post("/hold", "a");
      await().until(() -> served.handler.held.size() == 1);
      served.listener.drain(ofMillis(100)).toCompletableFuture().get(10, TimeUnit.SECONDS);
      assertThat(served.listener.openExchanges()).isEqualTo(1);
      assertThat(served.handler.gone).hasValue(0);
      served.listener.close();
      await().until(() -> served.handler.gone.get() == 1);
      assertThat(served.listener.openExchanges()).isZero();
    }
  }

  @Test
  void aRefusedRequestIsKnownByItsPathAndNeverByItsQuery() throws Exception {
    try (Served served = Served.withDefaults()) {
      String[] requests = {
        "POST /echo?key=secret HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "POST /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n",
        "\u0000\r\n\r\n"
      };
      String[] paths = {"/echo", "/echo", "/", "/"};
      for (int i = 0; i < requests.length; i++) {
        try (RawClient client = served.client()) {
          client.send(requests[i]).answer();
        }
        RequestHead head = served.handler.malformed.get(i);
        assertThat(head.path()).isEqualTo(paths[i]);
        assertThat(head.query()).isEmpty();
        assertThat(served.handler.refusals.get(i).message()).doesNotContain("secret");
      }
      assertThat(served.handler.refusals.get(0).reason())
          .isEqualTo(RefusalReason.CREDENTIAL_IN_QUERY);
      assertThat(served.handler.refusals.get(2).reason()).isEqualTo(RefusalReason.UNKNOWN_ROUTE);
    }
  }

  @Test
  void aQueryWithoutACredentialPasses() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.send("POST /echo?alt=sse&pageToken=1&keys=%20 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(200);
      assertThat(served.handler.heads.get(0).query()).isEqualTo("?alt=sse&pageToken=1&keys=%20");
      assertThat(served.handler.heads.get(0).source().isLoopbackAddress()).isTrue();
    }
  }
}
