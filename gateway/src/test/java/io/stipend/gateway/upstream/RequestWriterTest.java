package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.AsciiString;
import io.stipend.gateway.http.Fields;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestWriterTest {
  private final Upstreaming up = new Upstreaming();
  private final RequestWriter writer = new RequestWriter();

  @AfterEach
  void close() throws Exception {
    up.close();
  }

  private RequestBytes write(HttpMethod method, String prefix, HttpHeaders headers, ByteBuf body) {
    Target target = new Target(null, "api.example:8443", prefix, "Basic cHJveHk=");
    return writer.write(
        ByteBufAllocator.DEFAULT, target, new UpstreamRequest(method, "/v1/x?y=z", headers, body));
  }

  private String text(HttpHeaders headers, String body) {
    ByteBuf bytes = Unpooled.copiedBuffer(body, StandardCharsets.ISO_8859_1);
    RequestBytes written = write(HttpMethod.POST, "/p", headers, bytes);
    assertThat(written.rest()).isNull();
    assertThat(bytes.refCnt()).isZero();
    String text = written.first().toString(StandardCharsets.ISO_8859_1);
    written.release();
    return text;
  }

  @Test
  void fieldsStandInTheirOrderAndCaseAndOursBehindThem() {
    String expected =
        "POST /p/v1/x?y=z HTTP/1.1\r\n"
            + "X-One: 1\r\nx-two: \u00e9\t2\r\nX-One: 3\r\nempty: \r\n"
            + "host: api.example:8443\r\nproxy-authorization: Basic cHJveHk=\r\n"
            + "content-length: 4\r\n\r\nb\u00f6dy";
    for (HttpHeaders headers : new HttpHeaders[] {new Fields(), new DefaultHttpHeaders()}) {
      headers
          .add("X-One", "1")
          .add("Host", "evil.example")
          .add(AsciiString.of("x-two"), new AsciiString(new byte[] {(byte) 0xe9, '\t', '2'}))
          .add("Connection", "close, x-one")
          .add("TRANSFER-ENCODING", "chunked")
          .add("X-One", AsciiString.of("3"))
          .add("upgrade", "h2c")
          .add("expect", "100-continue")
          .add("te", "trailers")
          .add("trailer", "x")
          .add("content-length", "99")
          .add("content-length", "98")
          .add("proxy-authorization", "Basic x")
          .add("empty", "");
      assertThat(text(headers, "b\u00f6dy")).isEqualTo(expected);
    }
  }

  @Test
  void aHeadOfAnySizeIsWritten() {
    for (int size : new int[] {0, 1, 1_900, 2_030, 2_048, 5_000, 200_000}) {
      HttpHeaders headers = new Fields().append("x", "v".repeat(size)).append("y", "w");
      String text = text(headers, "");
      assertThat(text).contains("\r\nx: " + "v".repeat(size) + "\r\ny: w\r\nhost: ");
      assertThat(text).endsWith("\r\ncontent-length: 0\r\n\r\n");
    }
  }

  @Test
  void aLargeBodyGoesAsItIs() {
    ByteBuf small = Unpooled.buffer().writeZero(16 * 1_024);
    RequestBytes one = write(HttpMethod.PUT, "", new Fields(), small);
    assertThat(one.rest()).isNull();
    assertThat(one.first().toString(StandardCharsets.US_ASCII))
        .contains("content-length: 16384\r\n\r\n\0")
        .endsWith("\0");
    one.release();
    ByteBuf large = Unpooled.buffer().writeZero(16 * 1_024 + 1);
    RequestBytes two = write(HttpMethod.PUT, "", new Fields(), large);
    assertThat(two.rest()).isSameAs(large);
    assertThat(two.first().toString(StandardCharsets.US_ASCII))
        .endsWith("content-length: 16385\r\n\r\n");
    two.release();
    assertThat(large.refCnt()).isZero();
  }

  @Test
  void onlyAnAnswerToHeadIsOneToHead() {
    for (HttpMethod method : new HttpMethod[] {HttpMethod.HEAD, HttpMethod.GET}) {
      RequestBytes written = write(method, "", new Fields(), Unpooled.buffer());
      assertThat(written.toHead()).isEqualTo(method.equals(HttpMethod.HEAD));
      assertThat(written.first().toString(StandardCharsets.US_ASCII))
          .startsWith(method.name() + " /v1/x?y=z HTTP/1.1\r\nhost: ")
          .doesNotContain("content-length");
      written.release();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a\rb", "a\nb", "a\r\nx: y", "\0", "\u0001", "\u007f", "\u0100", "\u010a"})
  void aValueThatCouldEndItsLineIsRefused(String value) {
    refused(new Fields().append("x", value), "header x holds character");
    if (value.chars().allMatch(c -> c < 256)) {
      byte[] bytes = ("12345678" + value + "12345678").getBytes(StandardCharsets.ISO_8859_1);
      refused(new Fields().append("x", new AsciiString(bytes)), "header x holds character");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a:", "a\r\nb", "\u00e9", "\u0141", "a\0"})
  void aNameThatIsNoTokenIsRefused(String name) {
    refused(new Fields().append(name, "x"), "(expected: a token)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a b", "/a\r\nx: y", "/\u00e9", "/\u0141", "/\u007f"})
  void aPathThatIsNotVisibleIsRefused(String prefix) {
    ByteBuf body = Unpooled.buffer().writeByte(1);
    assertThatThrownBy(() -> write(HttpMethod.POST, prefix, new Fields(), body))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: visible ASCII)");
    assertThat(body.release()).isTrue();
  }

  private void refused(Fields headers, String message) {
    ByteBuf body = Unpooled.buffer().writeByte(1);
    assertThatThrownBy(() -> write(HttpMethod.POST, "", headers, body))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
    assertThat(body.release()).isTrue();
    assertThat(text(new Fields(), "next")).endsWith("\r\n\r\nnext");
  }

  @Test
  void aFieldThatIsRefusedFailsBeforeAnythingIsSent() throws Exception {
    try (var provider = RawProvider.keeping()) {
      Heard heard = new Heard();
      ByteBuf body = Unpooled.buffer().writeByte(1);
      var headers = new Fields().append("x", "secret\n");
      var request = new UpstreamRequest(HttpMethod.POST, "/", headers, body);
      assertThatThrownBy(
              () -> up.on(() -> up.upstreams.open(up.loop, provider.config(), request, heard)))
          .hasMessageContaining("header x holds character 10")
          .hasMessageNotContaining("secret");
      assertThat(body.refCnt()).isZero();
      assertThat(heard.events).isEmpty();
      assertThat(provider.accepted()).isZero();
    }
  }
}
