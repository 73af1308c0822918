package io.stipend.gateway.attacks;

import static io.stipend.gateway.attacks.Expected.admitted;
import static io.stipend.gateway.attacks.Expected.denied;
import static io.stipend.gateway.attacks.Expected.refused;
import static io.stipend.gateway.attacks.Route.CHAT;
import static io.stipend.gateway.attacks.Route.KEY;

import io.stipend.gateway.attacks.Expected.Speaks;
import java.util.ArrayList;
import java.util.List;

/** S22: what would forge a line of a log, colour a terminal or be looked up. */
final class LogAttacks {
  /** In every text that could reach a log. */
  static final String FORGED = "FORGED";

  private static final List<String> LOOKUPS =
      List.of(
          "${jndi:ldap://127.0.0.1/" + FORGED + "}",
          "${${lower:j}ndi:dns://127.0.0.1/" + FORGED + "}",
          "%X{" + FORGED + "}%n",
          "{} {} " + FORGED);

  private LogAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>();
    models(all);
    fields(all);
    paths(all);
    return all;
  }

  private static void models(List<Attack> all) {
    for (String text :
        List.of(
            "a\\r\\n2026-01-01T00:00:00Z ERROR " + FORGED,
            "a\\n" + FORGED,
            "a\\u001b[2J\\u001b[31m" + FORGED,
            "a\\u009b31m" + FORGED,
            "a\\u0000" + FORGED,
            "a\\u0085" + FORGED,
            "a\\u2028" + FORGED,
            "a\\u202e" + FORGED,
            "a\\b\\b\\f\\t" + FORGED,
            "\\u001b]8;;http://a\\u0007" + FORGED)) {
      all.add(
          new Attack(
              Section.S22,
              "model <" + text + ">",
              CHAT.sized("X: a", CHAT.body().replace("gpt-4o-mini", text)),
              denied(400, CHAT.speaks)));
      String body = CHAT.body().replace("\"messages\"", "\"user\":\"" + text + "\",\"messages\"");
      all.add(
          new Attack(Section.S22, "user <" + text + ">", CHAT.sized("X: a", body), admitted(body)));
    }
    for (String text : LOOKUPS) {
      all.add(
          new Attack(
              Section.S22,
              "model <" + text + ">",
              CHAT.sized("X: a", CHAT.body().replace("gpt-4o-mini", text)),
              denied(404, CHAT.speaks)));
      all.add(
          new Attack(
              Section.S22,
              "session and client <" + text + ">",
              CHAT.good("User-Agent: " + text, "Session-Id: " + text, "X-Request-Id: " + text),
              admitted(CHAT.body())));
      all.add(
          new Attack(
              Section.S22,
              "key <" + text + ">",
              CHAT.good().replace(KEY, text),
              denied(401, CHAT.speaks)));
    }
  }

  private static void fields(List<Attack> all) {
    for (String name :
        List.of("User-Agent", "Session-Id", "X-Request-Id", "X-Claude-Code-Session-Id")) {
      for (String value :
          List.of("a\u001b[31m" + FORGED, "a\n" + FORGED + ": x", "a\u0000" + FORGED)) {
        all.add(
            new Attack(
                Section.S22,
                name + " <" + SmugglingAttacks.printable(value) + ">",
                CHAT.good(name + ": " + value),
                refused(400, CHAT.speaks)));
      }
      all.add(
          new Attack(
              Section.S22,
              name + " with bytes that some terminals obey",
              CHAT.good(name + ": a\u009b31m\u0085" + FORGED),
              admitted(CHAT.body())));
    }
  }

  private static void paths(List<Attack> all) {
    for (String path :
        List.of(
            "/v1/%0d%0a" + FORGED,
            "/v1/${jndi:ldap://127.0.0.1/" + FORGED + "}",
            "/v1/%1b[31m" + FORGED,
            "/v1/\"" + FORGED)) {
      all.add(
          new Attack(
              Section.S22,
              "path <" + path + ">",
              "POST " + path + " HTTP/1.1\r\nHost: gateway\r\n\r\n",
              refused(404, Speaks.OPENAI)));
    }
    for (String path :
        List.of("/v1/\u001b[31m" + FORGED, "/v1/\u0085" + FORGED, "/v1/\n" + FORGED)) {
      all.add(
          new Attack(
              Section.S22,
              "path <" + SmugglingAttacks.printable(path) + ">",
              "POST " + path + " HTTP/1.1\r\nHost: gateway\r\n\r\n",
              refused(400, Speaks.OPENAI)));
    }
  }
}
