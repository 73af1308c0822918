package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswersTest {
  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String CHUNKED = OK + "transfer-encoding: chunked\r\n\r\n";

  private static Heard heard(String answer) throws Exception {
    try (var provider = RawProvider.saying(answer);
        var up = new Upstreaming()) {
      Heard heard = up.post(provider.config(), "hello");
      heard.outcome();
      await().until(() -> up.upstreams.idleConnections() == 0);
      assertThat(heard.requestBody.refCnt()).isZero();
      return heard;
    }
  }

  @Test
  void theRequestIsBuiltAnewWithTheProvidersAuthorityAndOurFraming() throws Exception {
    var got = new CompletableFuture<String>();
    var provider =
        new RawProvider(
            wire -> {
              String head = wire.head();
              got.complete(head + wire.readBody(head));
              wire.answer("ok");
            });
    try (provider;
        var up = new Upstreaming()) {
      Heard heard = new Heard();
      var headers =
          new DefaultHttpHeaders()
              .add("host", "evil.example")
              .add("content-length", "99")
              .add("transfer-encoding", "chunked")
              .add("connection", "close, x-one")
              .add("expect", "100-continue")
              .add("proxy-authorization", "Basic x")
              .add("x-one", "1");
      var request =
          new UpstreamRequest(
              HttpMethod.POST,
              "/v1/x?beta=true",
              headers,
              Unpooled.buffer().writeBytes("hi".getBytes()));
      String url = "http://127.0.0.1:" + provider.port() + "/prefix";
      up.on(() -> up.upstreams.open(up.loop, RawProvider.config(url), request, heard).begin());
      assertThat(heard.text()).isEqualTo("ok");
      assertThat(got.get().split("\r\n"))
          .containsExactlyInAnyOrder(
              "POST /prefix/v1/x?beta=true HTTP/1.1",
              "host: 127.0.0.1:" + provider.port(),
              "x-one: 1",
              "content-length: 2",
              "",
              "hi");
    }
  }

  @ParameterizedTest
  @CsvSource({"GET,false", "DELETE,false", "POST,true"})
  void anEmptyBodyHasALengthOnlyWhereABodyIsExpected(String method, boolean length)
      throws Exception {
    var got = new CompletableFuture<String>();
    var provider =
        new RawProvider(
            wire -> {
              got.complete(wire.request());
              wire.answer("ok");
            });
    try (provider;
        var up = new Upstreaming()) {
      Heard heard =
          up.send(provider.config(), HttpMethod.valueOf(method), "/v1/x", new byte[0], new Heard());
      assertThat(heard.text()).isEqualTo("ok");
      assertThat(got.get().contains("content-length: 0")).isEqualTo(length);
    }
  }

  @Test
  void aByteThatCannotStandInARequestLineIsRefusedBeforeAnythingIsSent() throws Exception {
    try (var provider = RawProvider.keeping();
        var up = new Upstreaming()) {
      Heard heard = new Heard();
      assertThatThrownBy(
              () -> up.send(provider.config(), HttpMethod.GET, "/a b", new byte[] {1}, heard))
          .hasMessageContaining("character 32 at 2");
      assertThat(heard.requestBody.refCnt()).isZero();
      assertThat(provider.accepted()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        OK + "content-length: 5\r\n\r\nhello",
        CHUNKED + "5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + "2\r\nhe\r\n3\r\nllo\r\n0\r\nx-trailer: 1\r\n\r\n",
        OK + "\r\nhello",
        "HTTP/1.0 200 OK\r\n\r\nhello",
        "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK + "content-length: 5\r\n\r\nhello",
        OK + "content-encoding: identity\r\ncontent-length: 5\r\n\r\nhello",
      })
  void aBodyIsReadByItsFraming(String answer) throws Exception {
    Heard heard = heard(answer);
    assertThat(heard.text()).isEqualTo("hello");
    assertThat(heard.events).containsExactly("sending", "head 200", "data", "end");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 204 No Content\r\n\r\n",
        OK + "content-length: 0\r\n\r\n",
        CHUNKED + "0\r\n\r\n",
        "HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n",
      })
  void anAnswerMayHaveNoBody(String answer) throws Exception {
    Heard heard = heard(answer);
    assertThat(heard.text()).isEmpty();
    assertThat(heard.events).hasSize(3);
  }

  @Test
  void anAnswerToHeadHasNoBodyWhateverItsLength() throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              while (wire.request() != null) {
                wire.write(OK + "content-length: 1000\r\n\r\n");
              }
            });
    try (provider;
        var up = new Upstreaming()) {
      for (int i = 0; i < 3; i++) {
        Heard heard =
            up.send(provider.config(), HttpMethod.HEAD, "/v1/x", new byte[0], new Heard());
        assertThat(heard.text()).isEmpty();
      }
      assertThat(provider.accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 20",
        OK + "content-len",
        OK + "content-length: 5\r\n\r\n",
        OK + "content-length: 5\r\n\r\nhell",
        CHUNKED,
        CHUNKED + "5\r\nhel",
        CHUNKED + "5\r\nhello\r\n",
        CHUNKED + "5\r\nhello\r\n0\r\n",
        CHUNKED + "5\r\nhello\r\n0\r\nx-trailer: ",
      })
  void anAnswerCutShortIsAReset(String answer) throws Exception {
    Heard heard = heard(answer);
    assertThat(heard.outcome()).isEqualTo("RESET");
    assertThat(heard.events).startsWith("sending").endsWith("failed RESET");
  }

  /** Also where the connection's end would be the body's: a reset is not an end. */
  @ParameterizedTest
  @ValueSource(strings = {"", OK + "content-length: 9\r\n\r\nhell", OK + "\r\nhell"})
  void aConnectionThatIsResetIsAReset(String answer) throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              wire.write(answer);
              wire.socket.setSoLinger(true, 0);
            });
    try (provider;
        var up = new Upstreaming()) {
      assertThat(up.get(provider.config()).outcome()).isEqualTo("RESET");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\n\r\n",
        "HTTP/1.1 700 X\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 99 X\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 abc X\r\ncontent-length: 0\r\n\r\n",
        "HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        "RTSP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        OK + "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        OK + "content-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        OK + "content-length: -5\r\n\r\nhello",
        OK + "content-length: 5x\r\n\r\nhello",
        OK + "transfer-encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        OK + "transfer-encoding: gzip\r\n\r\nhello",
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        OK + "content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello",
        OK + "x-evil: a\0b\r\ncontent-length: 5\r\n\r\nhello",
        CHUNKED + "xyz\r\nhello\r\n0\r\n\r\n",
        CHUNKED + "-5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
      })
  void anAnswerThatBreaksARuleIsAProtocolFailure(String answer) throws Exception {
    Heard heard = heard(answer);
    assertThat(heard.outcome()).isEqualTo("PROTOCOL");
    assertThat(heard.events).startsWith("sending").endsWith("failed PROTOCOL");
  }

  @Test
  void anErrorThatCameCompressedUnaskedIsPassedOnAsItIs() throws Exception {
    Heard heard =
        heard("HTTP/1.1 429 X\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello");
    assertThat(heard.text()).isEqualTo("hello");
    assertThat(heard.headers.get("content-encoding")).isEqualTo("gzip");
  }

  @Test
  void aFloodOfInterimAnswersIsAProtocolFailure() throws Exception {
    Heard few = heard("HTTP/1.1 103 Hints\r\n\r\n".repeat(8) + OK + "content-length: 1\r\n\r\nx");
    assertThat(few.text()).isEqualTo("x");
    Heard many = heard("HTTP/1.1 103 Hints\r\n\r\n".repeat(9) + OK + "content-length: 1\r\n\r\nx");
    assertThat(many.outcome()).isEqualTo("PROTOCOL");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x-many: 1\r\n", "one-long-line"})
  void endlessHeadersAreCutOff(String piece) throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              wire.request();
              wire.write(OK);
              byte[] block = piece.repeat(100).getBytes();
              for (int i = 0; i < 100_000; i++) {
                wire.write(block);
              }
            });
    try (provider;
        var up = new Upstreaming()) {
      assertThat(up.get(provider.config()).outcome()).isEqualTo("PROTOCOL");
      await().until(() -> !provider.faults.isEmpty());
    }
  }

  @Test
  void endlessTrailersAreCutOff() throws Exception {
    Heard heard = heard(CHUNKED + "0\r\n" + "x-many: 1\r\n".repeat(10_000) + "\r\n");
    assertThat(heard.outcome()).isEqualTo("PROTOCOL");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        OK + "content-length: 5\r\n\r\nhello",
        CHUNKED + "2\r\nhe\r\n3\r\nllo\r\n0\r\nx-t: 1\r\n\r\n",
        "HTTP/1.1 103 Hints\r\n\r\n" + OK + "content-length: 5\r\n\r\nhello",
      })
  void segmentsOfOneByteChangeNothing(String answer) throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              while (wire.request() != null) {
                for (int i = 0; i < answer.length(); i++) {
                  wire.write(answer.substring(i, i + 1));
                }
              }
            });
    try (provider;
        var up = new Upstreaming()) {
      for (int i = 0; i < 20; i++) {
        assertThat(up.get(provider.config()).text()).isEqualTo("hello");
      }
      assertThat(provider.accepted()).isEqualTo(1);
    }
  }

  @Test
  void aListenerThatFailsEndsItsOwnAttemptOnly() throws Exception {
    try (var provider = RawProvider.keeping();
        var up = new Upstreaming()) {
      var broken =
          new Heard() {
            @Override
            public void head(int code, io.netty.handler.codec.http.HttpHeaders with) {
              throw new IllegalStateException("a listener's own fault");
            }
          };
      up.send(provider.config(), HttpMethod.GET, "/", new byte[0], broken);
      assertThat(broken.outcome()).isEqualTo("RESET");
      assertThat(up.get(provider.config()).text()).isEqualTo("2");
    }
  }
}
