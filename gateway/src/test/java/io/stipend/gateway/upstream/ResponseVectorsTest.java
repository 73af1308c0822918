package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.upstream.AnswerReading.Result;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The attack table, as far as a provider can be the attacker: whatever two parsers could read in
 * two ways is refused, whole or byte by byte; and what is only odd is not.
 */
class ResponseVectorsTest {
  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String HELLO = "content-length: 5\r\n\r\nhello";
  private static final String CHUNKED = OK + "transfer-encoding: chunked\r\n\r\n";
  private static final String LAST = "5\r\nhello\r\n0\r\n\r\n";

  private static String length(String value) {
    return OK + "content-length:" + value + "\r\n\r\nhello";
  }

  private static String coding(String line) {
    return OK + line + "\r\n\r\n" + LAST;
  }

  private static String field(String line) {
    return OK + line + "\r\n" + HELLO;
  }

  private static Stream<String> each(UnaryOperator<String> in, String... parts) {
    return Stream.of(parts).map(in);
  }

  /** S1: both framings, and codings that are not exactly chunked. */
  static Stream<String> codings() {
    return Stream.concat(
        Stream.of(
            OK + "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n" + LAST,
            OK + "transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n" + LAST,
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + LAST),
        each(
            ResponseVectorsTest::coding,
            "transfer-encoding: \u000bchunked",
            "transfer-encoding: chunked\u000b",
            "transfer-encoding: \"chunked\"",
            "transfer-encoding: chunked, chunked",
            "transfer-encoding: chunked,",
            "transfer-encoding: gzip, chunked",
            "transfer-encoding: chunked, identity",
            "transfer-encoding: identity",
            "transfer-encoding: xchunked",
            "transfer-encoding: chunkedx",
            "transfer-encoding:",
            "transfer-encoding : chunked",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
            "transfer-encoding: chunked\r\ntransfer-encoding: identity",
            "transfer-encoding:\r\n chunked"));
  }

  /** S2: lengths. */
  static Stream<String> lengths() {
    return each(
        ResponseVectorsTest::length,
        " +5",
        " -5",
        " 0x5",
        " 5_0",
        " 5,5",
        " 5, 5",
        " 5 5",
        " \"5\"",
        "",
        " ",
        " 05",
        " 5.0",
        " 5x",
        " 9223372036854775808",
        " 1000000000000000",
        " \u0665",
        " 5\r\ncontent-length: 5",
        " 5\r\ncontent-length: 6",
        " 5\r\nContent-Length: 5");
  }

  /** S3: chunks. */
  static Stream<String> chunks() {
    return each(
        chunks -> CHUNKED + chunks,
        "0x5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "_5\r\nhello\r\n0\r\n\r\n",
        "5_\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5 ;a\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        ";a\r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhellox\r\n0\r\n\r\n",
        "5\r\nhello\r\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\n\r\n",
        "5\r\nhello\r\n0\r\n\n",
        "5\rhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "5;a=\r\nhello\r\n0\r\n\r\n",
        "5;a=\"b\r\nc\"\r\nhello\r\n0\r\n\r\n",
        "5;" + "a".repeat(2_000) + "\r\nhello\r\n0\r\n\r\n",
        "80000000\r\nhello",
        "fffffffffffffffff\r\nhello",
        "0000000000000005\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n",
        "5\r\nhello\r\n0\r\ntransfer-encoding: chunked\r\n\r\n",
        "5\r\nhello\r\n0\r\nx y: z\r\n\r\n",
        "5\r\nhello\r\n0\r\nx\r\n\r\n",
        "5\r\nhello\r\n0\r\nx: y\r\n folded\r\n\r\n",
        "5\r\nhello\r\n0\r\nx: \u0000\r\n\r\n",
        "5\r\nhello\r\n0\r\n" + "x: y\r\n".repeat(2_000) + "\r\n");
  }

  /** S6, S9: the head's bytes. */
  static Stream<String> fields() {
    return each(
        ResponseVectorsTest::field,
        "x: a\r b",
        "x: a\nb",
        "x: a\r\n b",
        "x: a\r\n\tb",
        " x: a",
        "x : a",
        "x\t: a",
        "x y: a",
        "x",
        ": a",
        "\u0000x: a",
        "x\u0000: a",
        "x: \u0000",
        "x: \u0001",
        "x: \u007f",
        "x\u00e9: a",
        "x(: a",
        "x: a\r\r",
        "x: " + "a".repeat(9_000),
        "x: a\r\n".repeat(2_000) + "x: a");
  }

  /** The first line of it. */
  static Stream<String> statusLines() {
    return each(
        line -> line + "\r\n" + HELLO,
        "",
        " HTTP/1.1 200 OK",
        "\u0000HTTP/1.1 200 OK",
        "\r\nHTTP/1.1 200 OK",
        "http/1.1 200 OK",
        "HTTP/1.2 200 OK",
        "HTTP/2 200 OK",
        "HTTP/0.9 200 OK",
        "HTTP/11 200 OK",
        "ICY 200 OK",
        "HTTP/1.1",
        "HTTP/1.1 ",
        "HTTP/1.1 20",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 200OK",
        "HTTP/1.1  200 OK",
        "HTTP/1.1\t200 OK",
        "HTTP/1.1 +20 OK",
        "HTTP/1.1 2 0 OK",
        "HTTP/1.1 200\tOK",
        "HTTP/1.1 200 O\u0000K",
        "HTTP/1.1 200 O\nK",
        "HTTP/1.1 200 O\rK",
        "HTTP/1.1 200 " + "K".repeat(4_100),
        "HTTP/1.1 000 OK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 600 OK");
  }

  /** S4, S18: statuses that change the framing, or the place. */
  static Stream<String> statuses() {
    return Stream.of(
        "HTTP/1.1 101 Switching\r\n\r\n" + OK + HELLO,
        "HTTP/1.1 205 Reset\r\n" + HELLO,
        "HTTP/1.1 205 Reset\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\n" + HELLO,
        "HTTP/1.1 399 X\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n".repeat(9) + OK + HELLO,
        "HTTP/1.1 100 Continue\r\ncontent-length: x\r\n\r\n" + OK + HELLO,
        OK + "content-encoding: gzip\r\n" + HELLO,
        OK + "content-encoding: identity\r\ncontent-encoding: gzip\r\n" + HELLO);
  }

  @ParameterizedTest
  @MethodSource({"codings", "lengths", "chunks", "fields", "statusLines", "statuses"})
  void whatIsAmbiguousIsRefused(String bytes) {
    for (int part : new int[] {bytes.length(), 1, 7}) {
      Result result = AnswerReading.of(bytes, false, part);
      assertThat(result.end()).isEqualTo("PROTOCOL");
      assertThat(result.body()).isIn("", "hello");
    }
  }

  static List<String> taken() {
    return List.of(
        OK + HELLO,
        "HTTP/1.1 200\r\n" + HELLO,
        "HTTP/1.1 200 \r\n" + HELLO,
        "HTTP/1.0 200 \u00e9t\u00e9\r\n" + HELLO,
        length("5"),
        length("\t5 \t"),
        coding("Transfer-Encoding: Chunked"),
        coding("transfer-encoding:\tchunked "),
        CHUNKED + "05;a;b=c\r\nhello\r\n000;d=e\r\nx: y\r\n\r\n",
        CHUNKED + "1\r\nh\r\n4\r\nello\r\n0\r\n\r\n",
        field("x:"),
        field("x: \u00e9\t:"),
        OK + "\r\nhello",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nlink: a\r\n\r\n" + OK + HELLO);
  }

  @ParameterizedTest
  @MethodSource("taken")
  void whatIsOnlyOddIsTaken(String bytes) {
    for (int part : new int[] {bytes.length(), 1, 7}) {
      Result result = AnswerReading.of(bytes, false, part);
      assertThat(result.end()).isEqualTo("END");
      assertThat(result.status()).isEqualTo(200);
      assertThat(result.body()).isEqualTo("hello");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        OK + HELLO + "x",
        OK + HELLO + "\r\n",
        OK + "connection: close\r\n" + HELLO,
        OK + "Connection: x, CLOSE\r\n" + HELLO,
        OK + "connection: keep-alive\r\nconnection: close\r\n" + HELLO,
        "HTTP/1.0 200 OK\r\n" + HELLO,
        OK + "\r\nhello",
        "HTTP/1.1 100 Continue\r\n\r\n" + OK + HELLO,
        "HTTP/1.1 103 Hints\r\ncontent-length: 2\r\n\r\n" + OK + HELLO,
        "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n",
        "HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 205 Reset\r\n\r\nx",
      })
  void aConnectionInDoubtIsNotKept(String bytes) {
    AnswerReading reading = new AnswerReading(false);
    assertThat(reading.read(bytes, bytes.length()).end()).isEqualTo("END");
    assertThat(reading.kept).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        OK + HELLO,
        OK + "connection: disclose\r\n" + HELLO,
        "HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\n" + HELLO,
        "HTTP/1.1 103 Hints\r\n\r\n" + OK + HELLO,
        "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 205 Reset\r\ncontent-length: 0\r\n\r\n",
        CHUNKED + LAST,
      })
  void aConnectionWithoutDoubtIsKept(String bytes) {
    AnswerReading reading = new AnswerReading(false);
    assertThat(reading.read(bytes, 3).end()).isEqualTo("END");
    assertThat(reading.kept).isTrue();
  }

  @Test
  void anAnswerCutShortAnywhereIsAReset() {
    for (String bytes : List.of(OK + HELLO, CHUNKED + "5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n")) {
      for (int length = 0; length < bytes.length(); length++) {
        String cut = bytes.substring(0, length);
        assertThat(AnswerReading.of(cut, false, 4).end()).as(cut).isEqualTo("RESET");
      }
    }
  }

  /** Slow and without end: what is kept of it is bounded, and nothing is looked for twice. */
  @Test
  void whatNeverEndsIsCutOff() {
    for (String bytes :
        List.of(
            "HTTP/1.1 200 " + "K".repeat(100_000),
            OK + "x: " + "y".repeat(100_000),
            OK + "x".repeat(100_000),
            CHUNKED + "0\r\nx: " + "y".repeat(100_000),
            CHUNKED + "5;" + "y".repeat(100_000))) {
      for (int part : new int[] {1, bytes.length()}) {
        assertThat(AnswerReading.of(bytes, false, part).end()).isEqualTo("PROTOCOL");
      }
    }
  }
}
