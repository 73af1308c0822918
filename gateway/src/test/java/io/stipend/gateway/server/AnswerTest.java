package io.stipend.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.server.RawClient.Answer;
import java.io.IOException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** How answers go out. */
class AnswerTest {
  @Test
  void whatIsWrittenBetweenTwoFlushesIsOneChunk() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.post("/events", "");
      assertThat(client.head().headers()).containsEntry("transfer-encoding", "chunked");
      for (int i = 0; i < 3; i++) {
        assertThat(new String(client.chunk())).isEqualTo("data: " + i + "\n\n");
      }
      assertThat(client.chunk()).isEmpty();
      assertThat(client.post("/echo", "next").answer().body()).isEqualTo("next");
    }
  }

  @Test
  void largeAndSmallPartsKeepTheirOrder() throws Exception {
    StringBuilder expected = new StringBuilder();
    String body =
        answer(
                out -> {
                  out.start(200, new DefaultHttpHeaders());
                  for (int i = 0; i < 40; i++) {
                    String part = (i + ",").repeat(1 + i * i * 7);
                    expected.append(part);
                    out.write(EchoHandler.text(part));
                    out.write(Unpooled.EMPTY_BUFFER);
                    if (i % 5 == 0) {
                      out.flush();
                    }
                  }
                  out.end();
                })
            .body();
    assertThat(body).isEqualTo(expected.toString());
  }

  @Test
  void aLengthThatIsGivenFramesTheAnswer() throws Exception {
    Answer answer =
        answer(
            out -> {
              out.start(200, new DefaultHttpHeaders().add("content-length", "6"));
              out.write(EchoHandler.text("abc"));
              out.flush();
              out.write(EchoHandler.text("def"));
              out.end();
            });
    assertThat(answer.headers()).containsEntry("content-length", "6");
    assertThat(answer.headers()).doesNotContainKey("transfer-encoding");
    assertThat(answer.body()).isEqualTo("abcdef");
  }

  @Test
  void anAnswerShorterThanItsLengthIsReset() {
    assertThatThrownBy(
            () ->
                answer(
                    out -> {
                      out.start(200, new DefaultHttpHeaders().add("content-length", "6"));
                      out.write(EchoHandler.text("abc"));
                      out.end();
                    }))
        .isInstanceOf(IOException.class);
  }

  @Test
  void anAbortedAnswerIsResetAndNeverLooksWhole() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.post("/half", "");
      assertThat(client.head().status()).isEqualTo(200);
      assertThat(new String(client.chunk())).isEqualTo("half");
      await().until(() -> served.handler.held.size() == 1);
      Outbound held = served.handler.held.get(0);
      held.eventLoop().execute(held::abort);
      assertThatThrownBy(client::readOne).isInstanceOf(IOException.class);
      assertThat(served.handler.gone).hasValue(0);
      await().until(() -> served.listener.openExchanges() == 0);
    }
  }

  @Test
  void headersCannotSplitTheAnswerNorChangeItsFraming() throws Exception {
    HttpHeaders unchecked =
        DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    for (String value :
        new String[] {"a\r\nset-cookie: b", "a\nb", "a\rb", "a\u0000b", "a\u010db", "a\u560ab"}) {
      Answer answer =
          answer(
              out -> {
                assertThatThrownBy(
                        () -> out.respond(200, unchecked.set("x", value), EchoHandler.text("no")))
                    .isInstanceOf(IllegalArgumentException.class);
                EchoHandler.answer(out, 502, "refused");
              });
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.headers()).doesNotContainKeys("x", "set-cookie");
    }
    Answer answer =
        answer(
            out ->
                out.respond(
                    200,
                    new DefaultHttpHeaders()
                        .add("Connection", "keep-alive, x")
                        .add("Transfer-Encoding", "gzip")
                        .add("Content-Length", "999")
                        .add("Trailer", "x")
                        .add("Upgrade", "h2c")
                        .add("X-Kept", "yes"),
                    EchoHandler.text("body")));
    assertThat(answer.body()).isEqualTo("body");
    assertThat(answer.headers()).containsOnlyKeys("x-kept", "content-length");
  }

  @Test
  void headAnd204And304HaveNoBody() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.send("HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.head().headers()).containsEntry("transfer-encoding", "chunked");
      client.send("HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.head().headers()).containsEntry("content-length", "7");
      for (int status : new int[] {204, 304}) {
        client.post("/hold", "");
        await().until(() -> !served.handler.held.isEmpty());
        Outbound held = served.handler.held.remove(0);
        held.eventLoop().execute(() -> EchoHandler.answer(held, status, "body"));
        Answer answer = client.answer();
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.headers()).containsOnlyKeys("content-type");
      }
      assertThat(client.post("/echo", "next").answer().body()).isEqualTo("next");
    }
  }

  @Test
  void http10IsAnsweredAndClosed() throws Exception {
    try (Served served = Served.withDefaults()) {
      try (RawClient client = served.client()) {
        client.send("POST /echo HTTP/1.0\r\nContent-Length: 2\r\n\r\nok");
        Answer answer = client.answer();
        assertThat(answer.body()).isEqualTo("ok");
        assertThat(answer.headers()).containsEntry("connection", "close");
        assertThat(client.ended()).isTrue();
      }
      try (RawClient client = served.client()) {
        client.send("POST /events HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
        Answer answer = client.answer();
        assertThat(answer.headers()).doesNotContainKey("transfer-encoding");
        assertThat(answer.body()).isEqualTo("data: 0\n\ndata: 1\n\ndata: 2\n\n");
      }
    }
  }

  @Test
  void aClientThatWantsToCloseIsObeyed() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.send(
          "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok"
              + RawClient.request("/echo", "not served"));
      Answer answer = client.answer();
      assertThat(answer.headers()).containsEntry("connection", "close");
      assertThat(client.ended()).isTrue();
      assertThat(served.handler.bodies).containsExactly("/echo ok");
    }
  }

  @Test
  void anOfferOfHttp2IsIgnored() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.send(
          "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
              + "HTTP2-Settings: AAEAAEAAAAIAAAAB\r\nContent-Length: 2\r\n\r\nok");
      assertThat(client.answer().body()).isEqualTo("ok");
      assertThat(client.post("/echo", "next").answer().body()).isEqualTo("next");
    }
  }

  @Test
  void anAnswerLongerThanItsLengthIsReset() {
    assertThatThrownBy(
            () ->
                answer(
                    out -> {
                      out.start(200, new DefaultHttpHeaders().add("content-length", "6"));
                      out.write(EchoHandler.text("abc"));
                      out.write(EchoHandler.text("defg"));
                      out.flush();
                    }))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aHandlerThatBreaksIsA500OrAResetAndNeverASilence() throws Exception {
    try (Served served = Served.withDefaults()) {
      try (RawClient client = served.client()) {
        Answer answer = client.post("/throw", "a").answer();
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.body()).isEmpty();
        assertThat(client.ended()).isTrue();
      }
      try (RawClient client = served.client()) {
        client.post("/throw-late", "a");
        assertThatThrownBy(client::answer).isInstanceOf(IOException.class);
      }
      await().until(() -> served.listener.openExchanges() == 0);
      await().until(() -> served.listener.openConnections() == 0);
    }
  }

  /** What a client reads when a held request is answered so. */
  private static Answer answer(Consumer<Outbound> how) throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      client.post("/hold", "");
      await().until(() -> served.handler.held.size() == 1);
      Outbound held = served.handler.held.get(0);
      var done = held.eventLoop().submit(() -> how.accept(held));
      Answer answer = client.answer();
      done.sync();
      return answer;
    }
  }
}
