package io.stipend.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.stipend.gateway.server.RawClient.Answer;
import io.stipend.policy.RefusalReason;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How bodies come in, and what ends them early. */
class BodyTest {
  private static final String CHUNKED =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final int LIMIT = 1_000;

  @Test
  void chunksBecomeOneBodyAndTrailersAreDropped() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.send(CHUNKED + "3\r\nabc\r\nA\r\n0123456789\r\n000\r\nX-Trailer: a\r\n\r\n");
      assertThat(client.answer().body()).isEqualTo("abc0123456789");
      assertThat(served.handler.heads.get(0).headers().contains("X-Trailer")).isFalse();
      assertThat(served.handler.heads.get(0).hasBody()).isTrue();
      assertThat(client.post("/echo", "next").answer().body()).isEqualTo("next");
    }
  }

  @Test
  void itDoesNotMatterHowTheBytesAreCutIntoSegments() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    String all =
        CHUNKED
            + "3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n"
            + RawClient.request("/echo", "second")
            + RawClient.request("/echo", "");
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      for (int from = 0; from < all.length(); ) {
        int to = Math.min(all.length(), from + 1 + random.nextInt(3));
        client.send(all.substring(from, to));
        from = to;
      }
      assertThat(client.answer().body()).as("seed %d", seed).isEqualTo("abcde");
      assertThat(client.answer().body()).as("seed %d", seed).isEqualTo("second");
      assertThat(client.answer().body()).as("seed %d", seed).isEmpty();
    }
  }

  /** CL.0: a length is obeyed with every method, so that no body is read as a request. */
  @Test
  void aBodyIsABodyWhateverTheMethod() throws Exception {
    String smuggled = RawClient.request("/echo", "smuggled");
    for (String method : new String[] {"GET", "HEAD", "DELETE", "OPTIONS", "PURGE"}) {
      try (Served served = Served.withDefaults();
          RawClient client = served.client()) {
        client.send(RawClient.request("/hold", smuggled).replace("POST /hold", method + " /hold"));
        await().until(() -> served.handler.held.size() == 1);
        assertThat(served.handler.bodies).containsExactly("/hold " + smuggled);
        assertThat(served.handler.heads.get(0).method().name()).isEqualTo(method);
        Outbound held = served.handler.held.get(0);
        held.eventLoop().execute(() -> EchoHandler.answer(held, 204, ""));
        assertThat(client.answer().status()).isEqualTo(204);
        assertThat(client.post("/echo", "next").answer().body()).isEqualTo("next");
        assertThat(served.handler.heads).hasSize(2);
      }
    }
  }

  @Test
  void aLargeBodyComesWhole() throws Exception {
    String body = "0123456789abcdef".repeat(200_000);
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      assertThat(client.post("/echo", body).answer().body()).isEqualTo(body);
    }
  }

  @Test
  void aLengthAboveTheLimitIsRefusedBeforeTheBodyComes() throws Exception {
    try (Served served = limited();
        RawClient client = served.client()) {
      client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
      assertRefused(served, client, 413, RefusalReason.BODY_TOO_LARGE);
    }
  }

  @Test
  void aBodyAtTheLimitIsServed() throws Exception {
    try (Served served = limited();
        RawClient client = served.client()) {
      String body = "x".repeat(LIMIT);
      assertThat(client.post("/echo", body).answer().body()).isEqualTo(body);
    }
  }

  @Test
  void chunksAboveTheLimitAreRefusedAsSoonAsTheyPassIt() throws Exception {
    try (Served served = limited();
        RawClient client = served.client()) {
      client.send(CHUNKED + "3e8\r\n" + "x".repeat(LIMIT) + "\r\n1\r\nx");
      assertRefused(served, client, 413, RefusalReason.BODY_TOO_LARGE);
    }
  }

  @Test
  void theClientCanReadItsRefusalThoughItHasMuchMoreToSend() throws Exception {
    try (Served served = limited();
        RawClient client = served.client()) {
      client.post("/echo", "x".repeat(2 * 1_024 * 1_024));
      assertRefused(served, client, 413, RefusalReason.BODY_TOO_LARGE);
    }
  }

  @Test
  void aCodingThatIsNotAcceptedOrMoreThanOneIsRefusedUnread() throws Exception {
    for (String encoding :
        new String[] {"compress", "gzip, br", "gzip,gzip", "identity, gzip", ""}) {
      try (Served served = Served.withDefaults();
          RawClient client = served.client()) {
        client.send(
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: "
                + encoding
                + "\r\nContent-Length: 1000\r\n\r\n");
        assertRefused(served, client, 415, RefusalReason.UNSUPPORTED_ENCODING);
      }
    }
  }

  @Test
  void theIdentityEncodingIsNone() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.send(
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: Identity\r\nContent-Length: 1\r\n\r\nx");
      assertThat(client.answer().body()).isEqualTo("x");
    }
  }

  @Test
  void aFaultInALaterChunkIsABadBodyOfTheRequestThatIsUnderWay() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.send(CHUNKED + "3\r\nabc\r\n");
      served.handler.first.join();
      client.send("1;x\r\n");
      assertRefused(served, client, 400, RefusalReason.MALFORMED_REQUEST);
      assertThat(served.handler.malformed).isEmpty();
    }
  }

  @Test
  void trailersWithoutAnEndAreRefused() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.send(CHUNKED + "0\r\n" + "X: a\r\n".repeat(9_000));
      Answer answer = client.answer();
      assertThat(answer.status()).isEqualTo(431);
      assertThat(client.ended()).isTrue();
      assertThat(served.handler.bodies).isEmpty();
    }
  }

  @Test
  void aClientThatLeavesAmidItsBodyIsGone() throws Exception {
    String length = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
    for (String head : new String[] {CHUNKED + "ffff\r\n", length}) {
      try (Served served = Served.withDefaults();
          RawClient client = served.client()) {
        client.send(head + "x".repeat(50_000));
        served.handler.first.join();
        client.close();
        await().until(() -> served.handler.gone.get() == 1);
        assertThat(served.listener.openExchanges()).isZero();
        assertThat(served.handler.bodies).isEmpty();
      }
    }
  }

  @Test
  void continueIsSaidOnlyToARequestThatWasNotAnsweredAtOnce() throws Exception {
    String expect = " HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
    try (Served served = Served.withDefaults()) {
      try (RawClient client = served.client()) {
        assertThat(client.send("POST /echo" + expect).answer().status()).isEqualTo(100);
        assertThat(client.send("ok").answer().body()).isEqualTo("ok");
        assertThat(client.post("/echo", "next").answer().body()).isEqualTo("next");
      }
      try (RawClient client = served.client()) {
        assertThat(client.send("POST /early" + expect).answer().status()).isEqualTo(401);
        assertThat(client.ended()).isTrue();
      }
      try (RawClient client = served.client()) {
        assertThat(client.send("POST /echo" + expect + "ok").answer().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void anAnswerBeforeTheBodysEndClosesTheConnection() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nxxx");
      Answer answer = client.answer();
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.headers()).containsEntry("connection", "close");
      client.send(RawClient.request("/echo", "smuggled in the body"));
      assertThat(client.ended()).isTrue();
      assertThat(served.handler.bodies).isEmpty();
      assertThat(served.handler.heads).hasSize(1);
    }
  }

  @Test
  void anAnswerToARequestThatHasComeWholeKeepsTheConnection() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      for (int i = 0; i < 3; i++) {
        assertThat(client.post("/early", "body").answer().body()).isEqualTo("early");
      }
      assertThat(served.handler.bodies).isEmpty();
    }
  }

  private static Served limited() throws Exception {
    return new Served(Transport.Kind.best(), Served.counts(LIMIT, 10, 10));
  }

  private static void assertRefused(
      Served served, RawClient client, int status, RefusalReason reason) throws Exception {
    Answer answer = client.answer();
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.headers()).containsEntry("connection", "close");
    assertThat(client.ended()).isTrue();
    assertThat(served.handler.bodies).isEmpty();
    assertThat(served.handler.refusals).hasSize(1);
    assertThat(served.handler.refusals.get(0).reason()).isEqualTo(reason);
  }
}
