package io.stipend.gateway.attacks;

import static io.stipend.gateway.attacks.Expected.admitted;
import static io.stipend.gateway.attacks.Expected.denied;
import static io.stipend.gateway.attacks.Expected.refused;
import static io.stipend.gateway.attacks.Route.CHAT;
import static io.stipend.gateway.attacks.Route.KEY;
import static io.stipend.gateway.attacks.Route.MESSAGES;
import static io.stipend.gateway.attacks.Route.RESPONSES;

import io.stipend.gateway.coding.Coded;
import io.stipend.gateway.coding.ContentCoding;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** S13 and S14: bodies and heads that are too large, too deep, ambiguous or bombs. */
final class BodyAttacks {
  /** The limit that the gateway of the tests has; so much for a decoded body, too. */
  static final int BODY_LIMIT = 256 * 1_024;

  private BodyAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>();
    heads(all);
    sizes(all);
    depths(all);
    ambiguous(all);
    texts(all);
    bombs(all);
    codings(all);
    return all;
  }

  private static void s13(List<Attack> all, String name, String bytes, Expected expected) {
    all.add(new Attack(Section.S13, name, bytes, expected));
  }

  private static void heads(List<Attack> all) {
    String field = "x".repeat(40 * 1_024);
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 201; i++) {
      many.append("x").append(i).append(": a\r\n");
    }
    s13(all, "a field of 40 KiB", CHAT.good("X: " + field), refused(431, CHAT.speaks));
    s13(all, "a name of 40 KiB", CHAT.good(field + ": a"), refused(431, CHAT.speaks));
    s13(all, "201 fields", CHAT.wire(many.toString().strip(), ""), refused(431, CHAT.speaks));
    s13(
        all,
        "a head without an end",
        CHAT.begin() + "X: a\r\n".repeat(10_000),
        refused(431, Expected.Speaks.OPENAI));
    s13(
        all,
        "a head of spaces",
        CHAT.begin() + "X:" + " ".repeat(100_000),
        refused(431, Expected.Speaks.OPENAI));
    s13(
        all,
        "a key of 1 MB",
        CHAT.good("X-Api-Key: " + "k".repeat(1_000_000)),
        refused(431, Expected.Speaks.OPENAI));
  }

  private static void sizes(List<Attack> all) {
    for (String length : List.of("262145", "1000000000", "4294967296", "999999999999999")) {
      Route route = Route.turn(all.size());
      s13(
          all,
          "a length of " + length,
          route.wire("Content-Length: " + length, "{"),
          refused(413, route.speaks));
    }
    s13(
        all,
        "a length of 1 GB that waits for 100",
        CHAT.wire("Expect: 100-continue\r\nContent-Length: 1000000000", ""),
        refused(413, CHAT.speaks));
    String large = CHAT.body("x".repeat(BODY_LIMIT));
    s13(
        all,
        "chunks of more than the limit",
        CHAT.wire("Transfer-Encoding: chunked", Route.chunked(large)),
        refused(413, CHAT.speaks));
    s13(
        all,
        "a chunk of 4 GB less one",
        CHAT.wire("Transfer-Encoding: chunked", "ffffffff\r\n" + large),
        refused(413, CHAT.speaks));
  }

  private static void json(List<Attack> all, String name, Route route, String body) {
    s13(all, name, route.sized("Content-Type: application/json", body), denied(400, route.speaks));
  }

  private static String with(Route route, String field) {
    return "{" + field + "," + route.body().substring(1);
  }

  private static void depths(List<Attack> all) {
    for (Route route : Route.values()) {
      json(
          all,
          "10,000 arrays deep, " + route.path,
          route,
          with(route, "\"x\":" + "[".repeat(10_000) + "]".repeat(10_000)));
    }
    json(all, "10,000 objects deep", CHAT, "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000));
    json(all, "10,000 arrays that never close", CHAT, "[".repeat(10_000));
    json(all, "a number of 200,000 digits", CHAT, with(CHAT, "\"seed\":" + "9".repeat(200_000)));
    json(all, "an output cap of 400 digits", CHAT, cap(CHAT, "9".repeat(400)));
    json(all, "an output cap of 1e999999999", MESSAGES, cap(MESSAGES, "1e999999999"));
    json(all, "an output cap of -1", CHAT, cap(CHAT, "-1"));
    json(all, "an output cap of 2^63", CHAT, cap(CHAT, "9223372036854775808"));
    json(all, "an output cap of 1.5", MESSAGES, cap(MESSAGES, "1.5"));
    json(all, "an output cap of \"16\"", MESSAGES, cap(MESSAGES, "\"16\""));
    json(all, "an output cap of NaN", CHAT, cap(CHAT, "NaN"));
    json(all, "an output cap of 0x10", CHAT, cap(CHAT, "0x10"));
    json(all, "an output cap of 016", CHAT, cap(CHAT, "016"));
    json(all, "an output cap of [16]", RESPONSES, cap(RESPONSES, "[16]"));
  }

  private static String cap(Route route, String cap) {
    return route.body().replaceFirst(":16", ":" + cap);
  }

  private static void ambiguous(List<Attack> all) {
    json(all, "two models", CHAT, with(CHAT, "\"model\":\"gpt-5\""));
    json(all, "two models, one in escapes", CHAT, with(CHAT, "\"m\\u006fdel\":\"gpt-5\""));
    json(all, "two models, one in capitals", CHAT, with(CHAT, "\"MODEL\":\"gpt-5\""));
    json(all, "two output caps", CHAT, with(CHAT, "\"max_tokens\":9"));
    json(all, "two output caps of other cases", MESSAGES, with(MESSAGES, "\"Max_Tokens\":9"));
    json(all, "stream twice", RESPONSES, with(RESPONSES, "\"stream\":false,\"stream\":true"));
    json(all, "a comment", CHAT, with(CHAT, "/**/\"x\":1"));
    json(all, "single quotes", CHAT, CHAT.body().replace('"', '\''));
    json(all, "a comma too many", CHAT, CHAT.body().replace("16,", "16,,"));
    json(all, "a comma at the end", CHAT, CHAT.body().replaceFirst("}$", ",}"));
    json(all, "two bodies", CHAT, CHAT.body() + CHAT.body());
    json(all, "text behind the body", CHAT, CHAT.body() + "x");
    json(all, "a NUL behind the body", CHAT, CHAT.body() + "\u0000");
    json(all, "an array", CHAT, "[" + CHAT.body() + "]");
    json(all, "a string", CHAT, "\"x\"");
    json(all, "null", CHAT, "null");
    json(all, "half of it", CHAT, CHAT.body().substring(0, 40));
    json(all, "an encoded form", CHAT, "model=gpt-4o-mini&max_tokens=16");
    json(
        all,
        "XML with an entity",
        CHAT,
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///x\">]><a>&b;</a>");
  }

  private static void texts(List<Attack> all) {
    json(all, "a byte order mark", CHAT, "\u00ef\u00bb\u00bf" + CHAT.body());
    json(all, "UTF-16, little-endian", CHAT, latin1(CHAT.body(), StandardCharsets.UTF_16LE));
    json(all, "UTF-16, big-endian", CHAT, latin1(CHAT.body(), StandardCharsets.UTF_16BE));
    json(all, "UTF-16 with its mark", CHAT, latin1(CHAT.body(), StandardCharsets.UTF_16));
    json(all, "UTF-32", CHAT, latin1(CHAT.body(), Charset.forName("UTF-32")));
    json(all, "bytes that are not UTF-8", CHAT, CHAT.body("\u00ff\u00fe"));
    json(all, "a surrogate in UTF-8", CHAT, CHAT.body("\u00ed\u00a0\u0080"));
    json(all, "an overlong quote", CHAT, CHAT.body("\u00c0\u00a2"));
    json(all, "half a character at the end of a string", CHAT, CHAT.body("\u00e2\u0082"));
    json(all, "a raw line end in a string", CHAT, CHAT.body("a\nb"));
    json(all, "a raw escape in a string", CHAT, CHAT.body("a\u001b[31m"));
    json(all, "an escape that is none", CHAT, CHAT.body("\\x41"));
    json(all, "a lone surrogate in the model's name", CHAT, CHAT.body().replace("gpt-", "\\ud800"));
    String lone = CHAT.body("\\ud800 alone");
    s13(
        all,
        "a lone surrogate in the text passes as it was written",
        CHAT.sized("X: a", lone),
        admitted(lone));
    String twice = with(CHAT, "\"x\":{\"a\":1,\"a\":2}");
    s13(
        all,
        "a key twice in an object of which policy reads nothing passes as it is",
        CHAT.sized("X: a", twice),
        admitted(twice));
    String odd = CHAT.body("\\u0000 \\uffff");
    s13(all, "escapes of NUL and U+FFFF in the text pass", CHAT.sized("X: a", odd), admitted(odd));
  }

  private static String latin1(String text, Charset charset) {
    return new String(text.getBytes(charset), StandardCharsets.ISO_8859_1);
  }

  private static String coded(ContentCoding coding, byte[] plain) {
    return new String(Coded.in(coding, plain), StandardCharsets.ISO_8859_1);
  }

  private static String name(ContentCoding coding) {
    return coding == ContentCoding.BROTLI ? "br" : coding.name().toLowerCase(Locale.ROOT);
  }

  private static void s14(List<Attack> all, String name, String bytes, Expected expected) {
    all.add(new Attack(Section.S14, name, bytes, expected));
  }

  private static void bombs(List<Attack> all) {
    byte[] zeros = new byte[32 * 1_024 * 1_024];
    for (ContentCoding coding : ContentCoding.values()) {
      String encoding = "Content-Encoding: " + name(coding);
      Route route = Route.turn(all.size());
      String bomb = coded(coding, zeros);
      // More than the limit as it is sent is refused for that already.
      String sent = bomb.substring(0, Math.min(bomb.length(), BODY_LIMIT));
      s14(
          all,
          "32 MiB of zeros in " + name(coding),
          route.sized(encoding, sent),
          refused(413, route.speaks));
      s14(
          all,
          "the same in chunks",
          route.wire(encoding + "\r\nTransfer-Encoding: chunked", Route.chunked(sent)),
          refused(413, route.speaks));
      String good = coded(coding, CHAT.body().getBytes(StandardCharsets.ISO_8859_1));
      s14(
          all,
          "a good body in " + name(coding) + " goes on plain",
          CHAT.sized(encoding, good),
          admitted(CHAT.body(), "Content-Encoding", "content-encoding"));
      s14(
          all,
          "half a body in " + name(coding),
          CHAT.sized(encoding, good.substring(0, good.length() / 2)),
          refused(400, CHAT.speaks));
      s14(
          all,
          "a body in " + name(coding) + " with bytes behind it",
          CHAT.sized(encoding, good + Route.SMUGGLED),
          refused(400, CHAT.speaks));
      s14(
          all,
          "plain text said to be " + name(coding),
          CHAT.sized(encoding, CHAT.body()),
          refused(400, CHAT.speaks));
    }
  }

  private static void codings(List<Attack> all) {
    for (String encoding :
        List.of(
            "gzip, gzip",
            "gzip, br",
            "identity, gzip",
            "compress",
            "x-unknown",
            "",
            "gzip;q=1",
            "exi",
            "aes128gcm",
            "\"gzip\"")) {
      Route route = Route.turn(all.size());
      s14(
          all,
          "Content-Encoding <" + encoding + ">",
          route.sized("Content-Encoding: " + encoding, route.body()),
          denied(415, route.speaks));
    }
    s14(
        all,
        "a bomb with a bad key is not decoded",
        CHAT.wire("Content-Encoding: gzip\r\nContent-Length: 100000", "x".repeat(100_000))
            .replace(KEY, "nobody"),
        refused(401, CHAT.speaks));
  }
}
