package io.stipend.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.server.RawClient.Answer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests that two servers could read in two ways, one per row: each gets exactly one answer with
 * the status of its row, the connection ends, and no request reaches the handler.
 */
class AttackTableTest {
  private static final String POST = "POST /echo HTTP/1.1\r\n";
  private static final String HOST = "Host: a\r\n";
  private static final String END = "\r\n";
  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  private static Served served;

  @BeforeAll
  static void serve() throws IOException {
    served = Served.withDefaults();
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  /** A row: what it is, the status that refuses it, its bytes. */
  record Row(String name, int status, String bytes) {
    @Override
    public String toString() {
      return name;
    }
  }

  @ParameterizedTest
  @MethodSource({"smuggling", "lengths", "chunks", "heads", "targets", "fields", "sizes"})
  void isRefusedOnceAndReachesNobody(Row row) throws Exception {
    served.handler.bodies.clear();
    served.handler.heads.clear();
    try (RawClient client = served.client()) {
      client.send(row.bytes());
      Answer answer = client.answer();
      assertThat(answer.status()).as(answer.body()).isEqualTo(row.status());
      assertThat(answer.headers()).containsEntry("connection", "close");
      assertThat(client.ended()).as("one answer, then the end").isTrue();
    }
    assertThat(served.handler.bodies).isEmpty();
    assertThat(served.handler.heads).isEmpty();
  }

  /** The gate alone refuses what concerns framing: it does not lean on the rules behind it. */
  @ParameterizedTest
  @MethodSource({"smuggling", "lengths", "chunks"})
  void isStoppedByTheGateAlone(Row row) {
    ReadRequests read = ReadRequests.first(row.bytes(), row.bytes().length());
    assertThat(read.faults).hasSize(1);
    assertThat(read.heads).isEmpty();
    assertThat(read.bodies).isEmpty();
  }

  static Stream<Row> smuggling() {
    List<Row> rows = new ArrayList<>();
    rows.add(bad("CL.TE", with("Content-Length: 6\r\nTransfer-Encoding: chunked", "0\r\n\r\nG")));
    rows.add(bad("TE.CL", with("Transfer-Encoding: chunked\r\nContent-Length: 4", "0\r\n\r\n")));
    for (String te :
        List.of(
            "xchunked",
            "chunkedx",
            "chunked, identity",
            "identity, chunked",
            "identity",
            "gzip",
            "chunked,chunked",
            "\"chunked\"",
            "Chunked",
            "CHUNKED",
            "chunked;q=1",
            "chunked ,",
            ",chunked",
            "\u000bchunked",
            "chunked\u000b",
            "",
            "\u00a0chunked",
            "chun ked",
            "cow")) {
      rows.add(bad("TE <" + te + ">", with("Transfer-Encoding: " + te, "0\r\n\r\n" + SMUGGLED)));
    }
    rows.add(
        bad(
            "TE twice",
            with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")));
    rows.add(
        bad(
            "TE twice, the second odd",
            with("Transfer-Encoding: chunked\r\nTransfer-Encoding: cow", "0\r\n\r\n")));
    rows.add(
        bad(
            "TE twice, in other cases",
            with("tRANSFER-eNCODING: chunked\r\nTRANSFER-ENCODING: chunked", "0\r\n\r\n")));
    rows.add(
        bad(
            "CL.TE, in other cases",
            with("CONTENT-LENGTH: 6\r\ntransfer-encoding: chunked", "0\r\n\r\nG")));
    rows.add(bad("TE, space before colon", with("Transfer-Encoding : chunked", "0\r\n\r\n")));
    rows.add(bad("TE, tab before colon", with("Transfer-Encoding\t: chunked", "0\r\n\r\n")));
    rows.add(bad("TE folded", with("Transfer-Encoding:\r\n chunked", "0\r\n\r\n")));
    rows.add(bad("TE folded after a field", with("X: a\r\n Transfer-Encoding: chunked", "")));
    rows.add(bad("TE behind a bare CR", with("X: a\rTransfer-Encoding: chunked", "")));
    rows.add(bad("TE behind a bare LF", with("X: a\nTransfer-Encoding: chunked", "")));
    rows.add(
        bad(
            "HTTP/1.0 with TE",
            "POST /echo HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                + SMUGGLED));
    return rows.stream();
  }

  static Stream<Row> lengths() {
    List<Row> rows = new ArrayList<>();
    for (String length :
        List.of(
            "+1",
            "-1",
            "0x1",
            "1_0",
            "1,1",
            "\"1\"",
            "1 1",
            "",
            " ",
            "9223372036854775808",
            "18446744073709551617",
            "1000000000000000",
            "01",
            "00",
            "1e1",
            "1.0",
            "\u00b9",
            "1\u000b",
            "1;",
            "NaN",
            "\u0661")) {
      rows.add(bad("CL <" + length + ">", with("Content-Length: " + length, "x" + SMUGGLED)));
    }
    rows.add(bad("two equal CL", with("Content-Length: 1\r\nContent-Length: 1", "x")));
    rows.add(bad("two different CL", with("Content-Length: 1\r\nContent-Length: 9", "x")));
    rows.add(bad("two CL, in other cases", with("cONTENT-lENGTH: 1\r\nCONTENT-LENGTH: 1", "x")));
    rows.add(bad("CL with NUL", with("Content-Length: 1\u0000", "x")));
    rows.add(bad("CL name with NUL", with("Content-Length\u0000: 1", "x")));
    return rows.stream();
  }

  static Stream<Row> chunks() {
    List<Row> rows = new ArrayList<>();
    for (String size :
        List.of(
            "0x1\r\nx\r\n",
            "1_0\r\nx\r\n",
            "+1\r\nx\r\n",
            "-1\r\nx\r\n",
            "\r\nx\r\n",
            " 1\r\nx\r\n",
            "1 \r\nx\r\n",
            "1\t\r\nx\r\n",
            "1;a=b\r\nx\r\n",
            "1;\r\nx\r\n",
            "1;a=\"\r\n\"\r\nx\r\n",
            "1\nx\r\n",
            "1\r\nx\n",
            "1\rx\r\n",
            "1\r\nxyz",
            "1\r\nx\rx",
            "00000000000000001\r\nx\r\n",
            "000000001\r\nx\r\n",
            "fffffffff\r\nx\r\n",
            "g\r\nx\r\n",
            "1,\r\nx\r\n",
            "\u0661\r\nx\r\n",
            "1\u0000\r\nx\r\n",
            "1\r\nxx\r\n",
            "2\r\nx\r\n0")) {
      rows.add(
          bad(
              "chunk <" + size.replace("\r", "\\r").replace("\n", "\\n") + ">",
              with("Transfer-Encoding: chunked", size + "0\r\n\r\n" + SMUGGLED)));
    }
    for (String trailer :
        List.of(
            "Content-Length: 5\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Host: b\r\n",
            "no colon\r\n",
            "X : a\r\n",
            " folded: a\r\n",
            "X: a\n",
            "X: \u0000\r\n",
            "X: a\rb\r\n")) {
      rows.add(
          bad(
              "trailer <" + trailer.trim() + ">",
              with("Transfer-Encoding: chunked", "1\r\nx\r\n0\r\n" + trailer + "\r\n")));
    }
    rows.add(bad("no final CRLF", with("Transfer-Encoding: chunked", "0\r\n" + SMUGGLED)));
    rows.add(bad("last chunk, bare LF", with("Transfer-Encoding: chunked", "0\r\n\n" + SMUGGLED)));
    return rows.stream();
  }

  static Stream<Row> heads() {
    return Stream.of(
        bad("leading NUL", "\u0000" + POST + HOST + END),
        bad("leading SOH", "\u0001" + POST + HOST + END),
        bad("leading CRLF", "\r\n" + POST + HOST + END),
        bad("leading space", " " + POST + HOST + END),
        bad("LF in the request line", "GET /\nHTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("bare LF lines", "GET /echo HTTP/1.1\nHost: a\n\n"),
        bad("HTTP/0.9", "GET /echo\r\n\r\n"),
        bad("HTTP/0.9 with space", "GET /echo \r\n\r\n"),
        bad("two spaces", "GET  /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("a tab", "GET\t/echo\tHTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("space at the end", "GET /echo HTTP/1.1 \r\nHost: a\r\n\r\n"),
        bad("four words", "GET /echo x HTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("lower-case version", "GET /echo http/1.1\r\nHost: a\r\n\r\n"),
        bad("version 1.10", "GET /echo HTTP/1.10\r\nHost: a\r\n\r\n"),
        new Row("version 2.0", 505, "GET /echo HTTP/2.0\r\nHost: a\r\n\r\n"),
        new Row("version 1.2", 505, "GET /echo HTTP/1.2\r\nHost: a\r\n\r\n"),
        bad("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        bad("TLS hello", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001"),
        bad("lower-case method", "post /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("method with colon", "POST: /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("CONNECT to a path", "CONNECT /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("TRACE", "TRACE /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("absolute form", "POST http://a/echo HTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("authority form", "POST a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("backslash first", "POST \\echo HTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("Host missing", POST + END),
        bad("Host twice", POST + HOST + HOST + END),
        bad("Host twice, in other cases", POST + "HOST: a\r\nhOST: a\r\n" + END),
        bad("Host empty", POST + "Host:\r\n\r\n"),
        bad("Host a@b", POST + "Host: a@b\r\n\r\n"),
        bad("Host with path", POST + "Host: a/b\r\n\r\n"),
        bad("Host with space", POST + "Host: a b\r\n\r\n"),
        bad("Host with port overflow", POST + "Host: a:65536\r\n\r\n"),
        bad("Host with long port", POST + "Host: a:4294967376\r\n\r\n"),
        bad("Host with empty port", POST + "Host: a:\r\n\r\n"),
        bad("Host with odd port", POST + "Host: a:8o\r\n\r\n"),
        bad("Host list", POST + "Host: a,b\r\n\r\n"),
        bad("Host open bracket", POST + "Host: [::1\r\n\r\n"),
        new Row("odd Expect", 417, with("Content-Length: 1\r\nExpect: 200-ok", "x")),
        new Row("odd Expect list", 417, with("Content-Length: 1\r\nExpect: 100-continue, x", "x")),
        bad("Expect twice", with("Expect: 100-continue\r\nExpect: 100-continue", "")));
  }

  static Stream<Row> targets() {
    List<Row> rows = new ArrayList<>();
    for (String path :
        List.of(
            "/v1/../admin",
            "/v1/./echo",
            "/echo/..",
            "/echo/.",
            "/..",
            "/.",
            "/v1/%2e%2e/admin",
            "/v1/..%2fadmin",
            "/v1;x/..;/admin",
            "/echo;x=1",
            "//echo",
            "/v1//echo",
            "/echo//",
            "/v1%2Fecho",
            "/echo%00",
            "/%c0%ae%c0%ae/admin",
            "/v1\\..\\admin",
            "/echo%20",
            "/e\"cho",
            "/echo<",
            "/echo|x",
            "/echo^",
            "/echo`",
            "/{echo}",
            "/[echo]",
            "/echo#x")) {
      rows.add(new Row("path " + path, 404, "POST " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    rows.add(bad("path in UTF-8", "POST /\u00c3\u00a9cho HTTP/1.1\r\nHost: a\r\n\r\n"));
    rows.add(bad("overlong UTF-8", "POST /\u00c0\u00ae/admin HTTP/1.1\r\nHost: a\r\n\r\n"));
    rows.add(bad("path with DEL", "POST /echo\u007f HTTP/1.1\r\nHost: a\r\n\r\n"));
    rows.add(bad("fragment in the query", "POST /echo?a#b HTTP/1.1\r\nHost: a\r\n\r\n"));
    for (String query :
        List.of(
            "key=s",
            "KEY=s",
            "api_key=s",
            "api-key=s",
            "apiKey=s",
            "access_token=s",
            "token=s",
            "x=1&key=s",
            "x=1;key=s",
            "k%65y=s",
            "x-goog-api-key=s",
            "authorization=s",
            "key",
            "key[]=s",
            "password=s",
            "client_secret=s",
            "?key=s")) {
      rows.add(
          bad("credential in ?" + query, "POST /echo?" + query + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    return rows.stream();
  }

  static Stream<Row> fields() {
    List<Row> rows = new ArrayList<>();
    for (String field :
        List.of(
            "X_API_Key: s",
            "api_key: s",
            "X-Goog_Api-Key: s",
            "content_encoding: gzip",
            "\u00e9: a",
            "X\u00e9: a",
            "\u212aey: a",
            "X(: a",
            "X\": a",
            ": a",
            " X: a",
            "X",
            "X: a\u0000b",
            "X: a\u0001",
            "X: a\u007f",
            "X: a\u001b[31m",
            "X: a\u000cb",
            "Connection: authorization, content-length",
            "Connection: close, x-api-key",
            "Connection: Host",
            "Connection: keep-alive\r\nConnection: Transfer-Encoding",
            "Content-Type: a/b\r\nContent-Type: a/c",
            "Content-Encoding: identity\r\ncontent-encoding: gzip")) {
      rows.add(bad("field <" + field + ">", with(field + "\r\nContent-Length: 1", "x")));
    }
    rows.add(bad("CL_ with underscore", with("Content_Length: 5", SMUGGLED)));
    rows.add(bad("TE_ with underscore", with("Transfer_Encoding: chunked", "0\r\n\r\n")));
    rows.add(
        new Row(
            "WebSocket upgrade",
            426,
            with(
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
                SMUGGLED)));
    rows.add(bad("upgrade by another case", with("Connection: Upgrade\r\nUpgrade: H2C", "")));
    return rows.stream();
  }

  static Stream<Row> sizes() {
    String line = "x".repeat(100 * 1_024);
    String field = "x".repeat(40 * 1_024);
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 201; i++) {
      many.append("x").append(i).append(": a\r\n");
    }
    return Stream.of(
        new Row("100 KiB path", 414, "POST /" + line + " HTTP/1.1\r\nHost: a\r\n\r\n"),
        new Row(
            "9 KiB path", 414, "GET /" + line.substring(0, 9_000) + " HTTP/1.1\r\n" + HOST + END),
        new Row("100 KiB query", 414, "POST /echo?" + line + " HTTP/1.1\r\nHost: a\r\n\r\n"),
        new Row("endless line", 414, "GET /" + line),
        new Row("40 KiB field", 431, POST + HOST + "X: " + field + "\r\n\r\n"),
        new Row("endless head", 431, POST + HOST + "X: a\r\n".repeat(10_000)),
        new Row("201 fields", 431, POST + many + END));
  }

  private static Row bad(String name, String bytes) {
    return new Row(name, 400, bytes);
  }

  private static String with(String fields, String body) {
    return POST + HOST + fields + END + END + body;
  }
}
