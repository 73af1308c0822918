package io.stipend.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.http.FieldNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is read of requests that are well-formed, with Netty's decoder for a judge. */
class RequestReadingTest {
  private static final int ROUNDS = Boolean.getBoolean("stipend.tests.full") ? 200_000 : 1_500;
  private static final String TOKEN =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final String[] METHODS = {
    "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "PURGE", "X"
  };
  private static final String[] PATHS = {
    "/", "/v1/chat/completions", "/v1/messages", "/v1/responses", "/a/%41;b", "/v1/chat/completionz"
  };
  private static final String[] NAMES = {
    "Content-Type",
    "authorization",
    "X-API-KEY",
    "x-stainless-Lang",
    "User-Agent",
    "ACCEPT",
    "Connection",
    "x_stainless_lang",
    "x-stainless-lanG",
    "x-stainless-land",
    "anthropic-version",
    "Cookie",
    "te"
  };

  @Test
  void methodPathQueryFieldsAndBodyAreThoseThatNettyReads() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      int count = 1 + random.nextInt(3);
      StringBuilder bytes = new StringBuilder();
      for (int i = 0; i < count; i++) {
        bytes.append(request(random));
      }
      String shown = "seed " + seed + " round " + round + ": " + bytes;
      ReadRequests ours = ReadRequests.all(cut(bytes.toString(), random));
      NettyReading theirs = NettyReading.of(bytes.toString());
      assertThat(ours.faults).as(shown).isEmpty();
      assertThat(theirs.fault).as(shown).isFalse();
      assertThat(ours.heads).as(shown).hasSize(count);
      assertSame(ours, theirs, shown);
    }
  }

  /** What both read is the same, request for request. */
  static void assertSame(ReadRequests ours, NettyReading theirs, String shown) {
    assertThat(theirs.requests).as(shown).hasSizeGreaterThanOrEqualTo(ours.heads.size());
    for (int i = 0; i < ours.heads.size(); i++) {
      ReadHead head = ours.heads.get(i);
      assertThat(head.method()).as(shown).isEqualTo(theirs.requests.get(i).method());
      assertThat(head.path() + head.query()).as(shown).isEqualTo(theirs.requests.get(i).uri());
      assertThat(head.path()).as(shown).doesNotContain("?");
      assertThat(head.query()).as(shown).matches("(?s)|\\?.*");
      assertThat(ours.fields(i)).as(shown).isEqualTo(theirs.fields(i));
      assertThat(ours.bodies.get(i)).as(shown).isEqualTo(theirs.bodies.get(i));
    }
  }

  private static String request(Random random) {
    StringBuilder bytes = new StringBuilder(METHODS[random.nextInt(METHODS.length)]);
    bytes.append(' ').append(PATHS[random.nextInt(PATHS.length)]);
    if (random.nextInt(4) == 0) {
      bytes.append('?').append("a=b?c/".repeat(random.nextInt(3)));
    }
    bytes.append(" HTTP/1.1\r\n");
    int host = random.nextInt(20);
    String body = values(random, 1 + random.nextInt(2) * random.nextInt(4_000));
    boolean chunked = random.nextBoolean();
    for (int i = 0; i < 30 && (i <= host || random.nextInt(8) > 0); i++) {
      if (i == host) {
        bytes.append(random.nextBoolean() ? "Host" : "hOST").append(": a\r\n");
      }
      field(bytes, random);
    }
    if (random.nextInt(4) == 0) {
      return bytes.append("\r\n").toString();
    }
    if (!chunked) {
      return bytes
          .append("Content-Length:" + " ".repeat(random.nextInt(2)) + body.length() + "\r\n\r\n")
          .append(body)
          .toString();
    }
    bytes.append("Transfer-Encoding: chunked\r\n\r\n");
    for (int from = 0; from < body.length(); ) {
      int to = Math.min(body.length(), from + 1 + random.nextInt(1_000));
      String size = Integer.toHexString(to - from);
      bytes.append("0".repeat(random.nextInt(2))).append(random.nextBoolean() ? size : upper(size));
      bytes.append("\r\n").append(body, from, to).append("\r\n");
      from = to;
    }
    return bytes.append("0\r\n").append(random.nextBoolean() ? "X-T: a\r\n" : "") + "\r\n";
  }

  private static String upper(String size) {
    return size.toUpperCase(Locale.ROOT);
  }

  private static void field(StringBuilder bytes, Random random) {
    if (random.nextBoolean()) {
      bytes.append(NAMES[random.nextInt(NAMES.length)]);
    } else {
      bytes.append("q");
      for (int i = random.nextInt(30); i > 0; i--) {
        bytes.append(TOKEN.charAt(random.nextInt(TOKEN.length())));
      }
    }
    bytes.append(':').append(random.nextBoolean() ? " " : random.nextBoolean() ? "" : " \t ");
    bytes.append(values(random, random.nextInt(40)));
    bytes.append(random.nextInt(4) == 0 ? " \t" : "").append("\r\n");
  }

  /** Text of any bytes that a field's value may hold, ISO 8859-1. */
  private static String values(Random random, int length) {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      char c = (char) random.nextInt(256);
      if (c == '\t' || (c >= ' ' && c != 0x7f)) {
        text.append(c);
      }
    }
    return text.toString();
  }

  private static List<String> cut(String bytes, Random random) {
    int longest = 1 + random.nextInt(random.nextInt(10) == 0 ? 4 : 3_000);
    List<String> segments = new ArrayList<>();
    for (int from = 0; from < bytes.length(); ) {
      int to = Math.min(bytes.length(), from + 1 + random.nextInt(longest));
      segments.add(bytes.substring(from, to));
      from = to;
    }
    return segments;
  }

  @Test
  void namesThatAreKnownAreTheConstantAndOthersAreKeptAsTheyCame() {
    ReadRequests read =
        ReadRequests.first(
            "POST /a HTTP/1.1\r\nhOsT: a\r\nX-Api-Key: b\r\nX-Own: c\r\nx_api-key: d\r\n\r\n", 99);
    ReadHead head = read.heads.get(0);
    assertThat(head.fields().name(0)).isSameAs(HttpHeaderNames.HOST);
    assertThat(head.fields().name(1)).isSameAs(FieldNames.X_API_KEY);
    assertThat(head.fields().name(2).toString()).isEqualTo("X-Own");
    assertThat(head.fields().name(3).toString()).isEqualTo("x_api-key");
    assertThat(head.marks().underscored()).isTrue();
    assertThat(head.method()).isSameAs(HttpMethod.POST);
  }

  @Test
  void thePathOfTheLastRequestIsUsedAgain() {
    String request = "POST /a/b?c HTTP/1.1\r\nHost: a\r\n\r\n";
    ReadRequests read = ReadRequests.all(List.of(request, request, request.replace("b?", "x?")));
    assertThat(read.heads.get(1).path()).isSameAs(read.heads.get(0).path()).isEqualTo("/a/b");
    assertThat(read.heads.get(2).path()).isEqualTo("/a/x");
  }
}
