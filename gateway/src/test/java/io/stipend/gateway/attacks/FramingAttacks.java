package io.stipend.gateway.attacks;

import static io.stipend.gateway.attacks.Expected.admitted;
import static io.stipend.gateway.attacks.Expected.denied;
import static io.stipend.gateway.attacks.Expected.refused;
import static io.stipend.gateway.attacks.Expected.told;
import static io.stipend.gateway.attacks.Route.CHAT;
import static io.stipend.gateway.attacks.Route.GEMINI;
import static io.stipend.gateway.attacks.Route.KEY;
import static io.stipend.gateway.attacks.Route.MESSAGES;
import static io.stipend.gateway.attacks.Route.NOBODYS;
import static io.stipend.gateway.attacks.Route.RESPONSES;
import static io.stipend.gateway.attacks.Route.SMUGGLED;
import static io.stipend.gateway.attacks.Route.chunked;

import io.stipend.gateway.attacks.Expected.Speaks;
import java.util.ArrayList;
import java.util.List;

/** S4, S5 and S16: bodies where none is expected, HTTP/1.0, upgrades. */
final class FramingAttacks {
  private static final String HOST = "Host: gateway\r\nAuthorization: Bearer " + KEY + "\r\n";

  private FramingAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>();
    bodies(all);
    expectations(all);
    http10(all);
    upgrades(all);
    return all;
  }

  private static void s4(List<Attack> all, String name, String bytes, Expected expected) {
    all.add(new Attack(Section.S4, name, bytes, expected));
  }

  private static String request(String line, String fields, String body) {
    return line + " HTTP/1.1\r\n" + HOST + fields + "\r\n\r\n" + body;
  }

  private static void bodies(List<Attack> all) {
    String length = "Content-Length: " + SMUGGLED.length();
    s4(
        all,
        "CL.0: the body of a route is a request",
        CHAT.wire(length, SMUGGLED),
        denied(400, CHAT.speaks));
    s4(
        all,
        "CL.0: the body of an unknown route is a request",
        request("POST /v1/nothing", length, SMUGGLED),
        denied(404, Speaks.OPENAI));
    s4(
        all,
        "CL.0: the body of a refused key is a request",
        CHAT.wire(length, SMUGGLED).replaceFirst(KEY, NOBODYS),
        denied(401, CHAT.speaks));
    s4(
        all,
        "0.CL: GET whose body is a request",
        request("GET /v1/models", length, SMUGGLED),
        told());
    s4(
        all,
        "0.CL: GET with a chunked body that is a request",
        request("GET /v1/models", "Transfer-Encoding: chunked", chunked(SMUGGLED)),
        told());
    s4(
        all,
        "GET on a route of POST, with a good body",
        request("GET " + CHAT.path, "Content-Length: " + CHAT.body().length(), CHAT.body()),
        denied(405, CHAT.speaks));
    s4(all, "POST without any length", CHAT.wire("X: a", ""), denied(400, CHAT.speaks));
    s4(all, "POST with length 0", CHAT.sized("X: a", ""), denied(400, CHAT.speaks));
    for (String method : List.of("PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "M-SEARCH")) {
      boolean odd = method.contains("-");
      s4(
          all,
          method + " with a request as its body",
          request(method + " " + MESSAGES.path, length, SMUGGLED),
          odd ? refused(400, MESSAGES.speaks) : denied(405, MESSAGES.speaks));
    }
    s4(
        all,
        "a method of 25 letters",
        request("A".repeat(25) + " " + CHAT.path, length, SMUGGLED),
        refused(400, CHAT.speaks));
    s4(
        all,
        "X-HTTP-Method-Override changes nothing",
        CHAT.good("X-HTTP-Method-Override: DELETE", "X-Method-Override: GET"),
        admitted(CHAT.body()));
    s4(
        all,
        "more bytes than the length says, which are no request",
        CHAT.sized("X: a", CHAT.body()) + "\u0000",
        admitted(CHAT.body()).thenRefused());
  }

  private static void expectations(List<Attack> all) {
    for (String expect :
        List.of(
            "200-ok",
            "100-continue, x",
            "100-continue;x",
            "x",
            "",
            "100-Continuee",
            "1OO-continue")) {
      Route route = Route.turn(all.size());
      s4(
          all,
          "Expect <" + expect + ">",
          route.sized("Expect: " + expect, route.body()),
          refused(417, route.speaks));
    }
    s4(
        all,
        "Expect twice",
        RESPONSES.sized("Expect: 100-continue\r\nExpect: 100-continue", RESPONSES.body()),
        refused(400, RESPONSES.speaks));
    s4(
        all,
        "Expect with a refused key: no 100, and the body that comes all the same is dropped",
        CHAT.sized("Expect: 100-continue", SMUGGLED).replaceFirst(KEY, NOBODYS),
        denied(401, CHAT.speaks));
    s4(
        all,
        "Expect with the whole body at once: no 100",
        CHAT.good("Expect: 100-continue"),
        admitted(CHAT.body(), "100-continue", "Expect"));
    s4(
        all,
        "Expect of HTTP/1.0 is not answered",
        CHAT.begin("HTTP/1.0")
            + "Expect: 100-continue\r\nContent-Length: "
            + CHAT.body().length()
            + "\r\n\r\n"
            + CHAT.body(),
        admitted(CHAT.body(), "100-continue").thenCloses());
  }

  private static void s5(List<Attack> all, Route route, String name, String fields, String rest) {
    all.add(
        new Attack(
            Section.S5,
            name,
            route.begin("HTTP/1.0") + fields + "\r\n\r\n" + rest,
            refused(400, route.speaks)));
  }

  private static void http10(List<Attack> all) {
    s5(all, CHAT, "TE", "Transfer-Encoding: chunked", "0\r\n\r\n" + SMUGGLED);
    s5(
        all,
        MESSAGES,
        "keep-alive with TE",
        "Connection: keep-alive\r\nTransfer-Encoding: chunked",
        "0\r\n\r\n" + SMUGGLED);
    s5(
        all,
        GEMINI,
        "CL with TE",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "0\r\n\r\n" + SMUGGLED);
    s5(all, RESPONSES, "two CL", "Content-Length: 1\r\nContent-Length: 1", "x" + SMUGGLED);
    s5(all, CHAT, "TE identity", "Transfer-Encoding: identity\r\nContent-Length: 1", "x");
    s5(all, CHAT, "Host twice", "Host: gateway\r\nContent-Length: 1", "x");
    String body = CHAT.body();
    String length = "Content-Length: " + body.length() + "\r\n";
    all.add(
        new Attack(
            Section.S5,
            "keep-alive is not granted, and what follows is dropped",
            CHAT.begin("HTTP/1.0")
                + "Connection: keep-alive\r\n"
                + length
                + "\r\n"
                + body
                + SMUGGLED,
            admitted(body, "keep-alive").thenCloses()));
    all.add(
        new Attack(
            Section.S5,
            "without Host",
            "POST "
                + CHAT.path
                + " HTTP/1.0\r\nAuthorization: Bearer "
                + KEY
                + "\r\n"
                + length
                + "\r\n"
                + body,
            admitted(body).thenCloses()));
    all.add(
        new Attack(
            Section.S5,
            "without a length, the end as its end: no body",
            CHAT.begin("HTTP/1.0") + "X: a\r\n\r\n" + body,
            refused(400, CHAT.speaks)));
  }

  private static void s16(List<Attack> all, String name, String bytes, Expected expected) {
    all.add(new Attack(Section.S16, name, bytes, expected));
  }

  private static void upgrades(List<Attack> all) {
    String socket =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (String version : List.of("13", "1337", "13, 8", "")) {
      Route route = Route.turn(all.size());
      s16(
          all,
          "WebSocket of version <" + version + "> by GET, a request behind it",
          request("GET " + route.path, socket + "Sec-WebSocket-Version: " + version, SMUGGLED),
          refused(426, route.speaks));
    }
    s16(
        all,
        "WebSocket by POST, a request behind it",
        CHAT.wire(socket + "Content-Length: 0", SMUGGLED),
        refused(426, CHAT.speaks));
    s16(
        all,
        "WebSocket on an unknown path",
        request(
            "GET /v1/realtime?model=gpt-4o-mini", socket + "Sec-WebSocket-Version: 13", SMUGGLED),
        refused(426, Speaks.OPENAI));
    s16(
        all,
        "WebSocket in capitals, without Connection",
        request("GET " + CHAT.path, "Upgrade: WEBSOCKET", SMUGGLED),
        refused(426, CHAT.speaks));
    for (String to :
        List.of("H2C", "h2", "h2c, websocket", "websocket, h2c", "TLS/1.0", "HTTP/2.0", "x", "")) {
      Route route = Route.turn(all.size());
      s16(
          all,
          "upgrade to <" + to + ">",
          route.sized("Connection: Upgrade\r\nUpgrade: " + to, route.body()),
          refused(400, route.speaks));
    }
    s16(
        all,
        "Upgrade twice",
        CHAT.sized("Upgrade: h2c\r\nUpgrade: h2c", CHAT.body()),
        refused(400, CHAT.speaks));
    s16(
        all,
        "h2c is ignored, and its settings and Connection go no further",
        CHAT.good(
            "Connection: Upgrade, HTTP2-Settings",
            "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAAQAAP__"),
        admitted(CHAT.body(), "h2c", "HTTP2-Settings", "AAMAAABk", "Upgrade"));
    s16(
        all,
        "h2c with a request instead of the preface behind it",
        CHAT.sized("Connection: Upgrade\r\nUpgrade: h2c", CHAT.body())
            + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        admitted(CHAT.body(), "PRI *").thenRefused());
  }
}
