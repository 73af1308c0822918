package io.stipend.gateway.attacks;

import static io.stipend.gateway.attacks.Expected.denied;
import static io.stipend.gateway.attacks.Expected.refused;
import static io.stipend.gateway.attacks.Route.CHAT;
import static io.stipend.gateway.attacks.Route.KEY;
import static io.stipend.gateway.attacks.Route.SMUGGLED;

import io.stipend.gateway.attacks.Expected.Speaks;
import java.util.ArrayList;
import java.util.List;

/** S6 and S10: request lines, and whom they are addressed to. */
final class LineAttacks {
  private static final String FIELDS = "Host: gateway\r\nAuthorization: Bearer " + KEY + "\r\n\r\n";

  private LineAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>();
    leading(all);
    lines(all);
    hosts(all);
    targets(all);
    return all;
  }

  private static void s6(List<Attack> all, String name, int status, Speaks speaks, String bytes) {
    all.add(new Attack(Section.S6, name, bytes, refused(status, speaks)));
  }

  private static void leading(List<Attack> all) {
    for (String first :
        List.of(
            "\u0000",
            "\u0001",
            "\r\n",
            "\n",
            "\r",
            " ",
            "\t",
            "\u007f",
            "\u00ef\u00bb\u00bf",
            "\u00ff\u00fe",
            ":",
            "0\r\n\r\n",
            "\u001b[2J",
            "\"")) {
      s6(
          all,
          "first <" + SmugglingAttacks.printable(first) + ">",
          400,
          Speaks.OPENAI,
          first + Route.turn(all.size()).good());
    }
    s6(all, "a TLS hello", 400, Speaks.OPENAI, "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001");
    s6(all, "the HTTP/2 preface", 400, Speaks.OPENAI, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    s6(
        all,
        "the PROXY protocol",
        400,
        Speaks.OPENAI,
        "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + CHAT.good());
    s6(
        all,
        "the PROXY protocol, version 2",
        400,
        Speaks.OPENAI,
        "\r\n\r\n\u0000\r\nQUIT\n!\u0011\u0000\u000c" + CHAT.good());
  }

  private static void lines(List<Attack> all) {
    String path = CHAT.path;
    Object[][] lines = {
      {"LF within the request line", 400, "GET /\nHTTP/1.1\r\n"},
      {"CR within the request line", 400, "GET /\rHTTP/1.1\r\n"},
      {"NUL within the request line", 400, "GET " + path + "\u0000 HTTP/1.1\r\n"},
      {"bare LF at its end", 400, "POST " + path + " HTTP/1.1\n"},
      {"HTTP/0.9", 400, "GET " + path + "\r\n"},
      {"HTTP/0.9 with a space", 400, "GET " + path + " \r\n"},
      {"two spaces before the target", 400, "POST  " + path + " HTTP/1.1\r\n"},
      {"two spaces after the target", 400, "POST " + path + "  HTTP/1.1\r\n"},
      {"tabs", 400, "POST\t" + path + "\tHTTP/1.1\r\n"},
      {"a vertical tab", 400, "POST\u000b" + path + "\u000bHTTP/1.1\r\n"},
      {"a space at the end", 400, "POST " + path + " HTTP/1.1 \r\n"},
      {"four words", 400, "POST " + path + " x HTTP/1.1\r\n"},
      {"two versions", 400, "POST " + path + " HTTP/1.1 HTTP/1.0\r\n"},
      {"version in lower case", 400, "POST " + path + " http/1.1\r\n"},
      {"version 1.10", 400, "POST " + path + " HTTP/1.10\r\n"},
      {"version 01.1", 400, "POST " + path + " HTTP/01.1\r\n"},
      {"version 1,1", 505, "POST " + path + " HTTP/1,1\r\n"},
      {"version 1.1 with a letter", 400, "POST " + path + " HTTP/1.1x\r\n"},
      {"version of another protocol", 400, "POST " + path + " ICAP/1.0\r\n"},
      {"no version", 400, "POST " + path + " HTTP/\r\n"},
      {"version 2.0", 505, "POST " + path + " HTTP/2.0\r\n"},
      {"version 3.0", 505, "POST " + path + " HTTP/3.0\r\n"},
      {"version 1.2", 505, "POST " + path + " HTTP/1.2\r\n"},
      {"version 0.9", 505, "POST " + path + " HTTP/0.9\r\n"},
      {"method in lower case", 400, "post " + path + " HTTP/1.1\r\n"},
      {"method with a colon", 400, "POST: " + path + " HTTP/1.1\r\n"},
      {"method with a high byte", 400, "P\u00d6ST " + path + " HTTP/1.1\r\n"},
      {"method with a NUL", 400, "PO\u0000ST " + path + " HTTP/1.1\r\n"},
      {"CONNECT to a host", 400, "CONNECT provider:443 HTTP/1.1\r\n"},
      {"CONNECT to a path", 400, "CONNECT " + path + " HTTP/1.1\r\n"},
      {"TRACE", 400, "TRACE " + path + " HTTP/1.1\r\n"},
      {"OPTIONS *", 400, "OPTIONS * HTTP/1.1\r\n"},
      {"no target", 400, "POST HTTP/1.1\r\n"},
      {"only a method", 400, "POST\r\n"},
      {"a request line of nothing", 400, "\r\n\r\n"},
    };
    for (Object[] line : lines) {
      String bytes = line[2] + FIELDS + SMUGGLED;
      all.add(
          new Attack(
              Section.S6,
              (String) line[0],
              bytes,
              refused(
                  (int) line[1], bytes.startsWith("POST " + path) ? CHAT.speaks : Speaks.OPENAI)));
    }
    all.add(
        new Attack(
            Section.S6,
            "bare LF at the end of every line",
            CHAT.good().replace("\r\n", "\n"),
            refused(400, CHAT.speaks)));
    all.add(
        new Attack(
                Section.S6,
                "bare CR at the end of every line, then the client's end",
                CHAT.good().replace("\r\n", "\r"),
                Expected.silence())
            .thenEnds());
  }

  private static void s10(List<Attack> all, String name, String hostFields) {
    Route route = Route.turn(all.size());
    String bytes =
        "POST "
            + route.path
            + " HTTP/1.1\r\n"
            + hostFields
            + "Authorization: Bearer "
            + KEY
            + "\r\nContent-Length: "
            + route.body().length()
            + "\r\n\r\n"
            + route.body();
    all.add(new Attack(Section.S10, name, bytes, refused(400, route.speaks)));
  }

  private static void hosts(List<Attack> all) {
    s10(all, "no Host", "");
    s10(all, "Host twice, equal", "Host: gateway\r\nHost: gateway\r\n");
    s10(all, "Host twice, different", "Host: gateway\r\nHost: provider\r\n");
    s10(all, "Host twice, in other cases", "HOST: gateway\r\nhOST: gateway\r\n");
    s10(all, "Host folded", "Host:\r\n gateway\r\n");
    s10(all, "Host before a space and a colon", "Host : gateway\r\n");
    for (String host :
        List.of(
            "",
            "a@b",
            "user:password@gateway",
            "gateway/admin",
            "/",
            "gateway?x",
            "gateway#x",
            "a b",
            "a\tb",
            "a,b",
            "gateway:65536",
            "gateway:4294967376",
            "gateway:",
            "gateway:-1",
            "gateway:+80",
            "gateway:8o",
            "gateway:80:80",
            "gateway:80 ",
            ":80",
            "[::1",
            "::1",
            "[]",
            "[::1]x",
            "[::1]:65536",
            "http://gateway",
            "gateway\\",
            "%67ateway",
            "gatew\u00e4y",
            "gateway\u0000",
            "<gateway>",
            "\"gateway\"",
            "gateway;x",
            "$(gateway)",
            "${gateway}")) {
      if (!host.equals("gateway:80 ")) {
        s10(all, "Host <" + SmugglingAttacks.printable(host) + ">", "Host: " + host + "\r\n");
      }
    }
    for (String host :
        List.of("provider.example", "127.0.0.1:1", "[::1]:443", "localhost:8081", "a_b")) {
      String bytes =
          CHAT.good("X-Forwarded-Host: elsewhere", "X-Host: elsewhere", "Forwarded: host=elsewhere")
              .replace("Host: gateway\r\n", "Host: " + host + "\r\n");
      all.add(
          new Attack(
              Section.S10,
              "Host <" + host + "> decides nothing: the provider is the configured one",
              bytes,
              Expected.admitted(CHAT.body(), "Host: " + host, "host: " + host, "Forwarded: ")));
    }
  }

  private static void targets(List<Attack> all) {
    for (String target :
        List.of(
            "http://gateway" + CHAT.path,
            "https://provider" + CHAT.path,
            "HTTP://a" + CHAT.path,
            "http:" + CHAT.path,
            "gateway:80",
            "gateway" + CHAT.path,
            "*",
            "\\v1\\messages",
            "?x=1",
            "#",
            "@provider" + CHAT.path,
            ":80" + CHAT.path,
            "file:///etc/passwd")) {
      all.add(
          new Attack(
              Section.S10,
              "target <" + target + ">",
              "POST " + target + " HTTP/1.1\r\n" + FIELDS + SMUGGLED,
              refused(400, Speaks.OPENAI)));
    }
    all.add(
        new Attack(
            Section.S10,
            "target //provider/path",
            "POST //provider" + CHAT.path + " HTTP/1.1\r\n" + FIELDS,
            refused(404, Speaks.OPENAI)));
    all.add(
        new Attack(
            Section.S10,
            "X-Original-URL and X-Rewrite-URL lead nowhere",
            "POST /v1/nothing HTTP/1.1\r\nX-Original-URL: "
                + CHAT.path
                + "\r\nX-Rewrite-URL: "
                + CHAT.path
                + "\r\n"
                + FIELDS,
            denied(404, Speaks.OPENAI)));
  }
}
