package io.stipend.gateway.attacks;

import static io.stipend.gateway.attacks.Expected.denied;
import static io.stipend.gateway.attacks.Expected.refused;
import static io.stipend.gateway.attacks.Route.ADMIN;
import static io.stipend.gateway.attacks.Route.CHAT;
import static io.stipend.gateway.attacks.Route.KEY;
import static io.stipend.gateway.attacks.Route.SMUGGLED;

import io.stipend.gateway.attacks.Expected.Speaks;
import java.util.ArrayList;
import java.util.List;

/** S11 and S21: paths that lead elsewhere for some server, and the admin's paths. */
final class TargetAttacks {
  private static final String FIELDS =
      " HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer " + KEY + "\r\n";

  private TargetAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>();
    paths(all);
    slips(all);
    bytes(all);
    queries(all);
    lengths(all);
    admin(all);
    return all;
  }

  private static String post(String target) {
    return "POST "
        + target
        + FIELDS
        + "Content-Length: "
        + CHAT.body().length()
        + "\r\n\r\n"
        + CHAT.body()
        + SMUGGLED;
  }

  private static void s11(List<Attack> all, String target, int status, Speaks speaks) {
    all.add(
        new Attack(
            Section.S11,
            "<" + SmugglingAttacks.printable(target) + ">",
            post(target),
            refused(status, speaks)));
  }

  private static void paths(List<Attack> all) {
    for (String path :
        List.of(
            "/v1/../admin",
            "/v1/./chat/completions",
            "/v1/chat/completions/..",
            "/v1/chat/completions/.",
            "/..",
            "/.",
            "/../../etc/passwd",
            "/v1/%2e%2e/admin",
            "/v1/%2E%2E/admin",
            "/v1/.%2e/admin",
            "/v1/..%2fadmin",
            "/v1/%252e%252e/admin",
            "/v1;x/..;/admin",
            "/..;/admin",
            "/v1/chat/completions;x=1",
            "/v1;/chat/completions",
            "/v1%2Fchat%2Fcompletions",
            "/v1/chat%2fcompletions",
            "/%76%31/chat/completions",
            "/v1/chat/completions%00",
            "/v1/chat/completions%20",
            "/v1/chat/completions%0d%0aX:%20a",
            "/v1/chat/completions%3f",
            "/v1/chat/completions%23",
            "/%c0%ae%c0%ae/admin",
            "/%e0%80%ae/admin",
            "/v1/%u002e%u002e/admin",
            "/v1\\..\\admin",
            "/v1\\chat\\completions",
            "/v1/chat\"completions",
            "/v1/chat/completions<",
            "/v1/chat|completions",
            "/v1/chat^completions",
            "/v1/chat`completions",
            "/v1/{chat}/completions",
            "/v1/[chat]/completions",
            "/v1/chat/completions#x",
            "/v1/chat/completions%",
            "/v1beta/models/gemini-2.0-flash%3AgenerateContent",
            "/v1beta/models/../models/gemini-2.0-flash:generateContent",
            "/v1beta/models/gemini%2D2.0-flash:generateContent")) {
      s11(all, path, 404, Speaks.OPENAI);
    }
  }

  private static void slips(List<Attack> all) {
    s11(all, "//v1/chat/completions", 404, Speaks.OPENAI);
    s11(all, "/v1//messages", 404, Speaks.ANTHROPIC);
    s11(all, "///v1///messages", 404, Speaks.ANTHROPIC);
    s11(all, "/v1/messages//", 404, Speaks.ANTHROPIC);
    for (String path :
        List.of(
            "/v1/chat/completions/",
            "/V1/chat/completions",
            "/v1/chat/Completions",
            "/v1/chat/completionsx",
            "/v1/chat",
            "/chat/completions",
            "/v1/v1/chat/completions",
            "/v1/chat/completions/admin",
            "/v1:chat",
            "/v1/chat+completions",
            "/")) {
      String good =
          "POST "
              + path
              + FIELDS
              + "Content-Length: "
              + CHAT.body().length()
              + "\r\n\r\n"
              + CHAT.body();
      all.add(new Attack(Section.S11, "<" + path + ">", good, denied(404, Speaks.OPENAI)));
    }
    for (String path :
        List.of(
            "/v1beta/models/:generateContent",
            "/v1beta/models/a/b:generateContent",
            "/v1beta/models/gemini-2.0-flash:generateContent:generateContent",
            "/v1beta/models/gemini-2.0-flash:generatecontent")) {
      String good = "POST " + path + FIELDS + "Content-Length: 2\r\n\r\n{}";
      all.add(new Attack(Section.S11, "<" + path + ">", good, denied(405, Speaks.GEMINI)));
    }
  }

  private static void bytes(List<Attack> all) {
    s11(all, "/v1/\u00c3\u00a9", 400, Speaks.OPENAI);
    s11(all, "/\u00c0\u00ae\u00c0\u00ae/admin", 400, Speaks.OPENAI);
    s11(all, "/\u00e2\u0080\u00ae", 400, Speaks.OPENAI);
    s11(all, "/v1/chat/completions\u007f", 400, Speaks.OPENAI);
    s11(all, "/v1/chat/completions\u0001", 400, CHAT.speaks);
    s11(all, "/v1/chat/completions\u00a0", 400, Speaks.OPENAI);
    s11(all, "/v1/chat/completions\u0085", 400, Speaks.OPENAI);
  }

  private static void queries(List<Attack> all) {
    s11(all, CHAT.path + "?a#b", 400, CHAT.speaks);
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
            "%6b%65%79=s",
            "x-goog-api-key=s",
            "authorization=s",
            "key",
            "key[]=s",
            "password=s",
            "client_secret=s",
            "?key=s",
            "a=b&&key=s",
            "key=" + KEY)) {
      s11(all, CHAT.path + "?" + query, 400, CHAT.speaks);
    }
  }

  private static void lengths(List<Attack> all) {
    String line = "x".repeat(100 * 1_024);
    long_(all, "a path of 100 KiB", "/" + line, Speaks.OPENAI);
    long_(all, "a path of 9 KiB", "/" + line.substring(0, 9 * 1_024), Speaks.OPENAI);
    long_(all, "a query of 100 KiB", CHAT.path + "?" + line, Speaks.OPENAI);
    long_(all, "a path of dots", "/..".repeat(10_000), Speaks.OPENAI);
    long_(all, "a path of slashes", "/".repeat(10_000), Speaks.OPENAI);
    all.add(
        new Attack(
            Section.S11, "a line without an end", "POST /" + line, refused(414, Speaks.OPENAI)));
    s11(all, "/".repeat(4_000), 404, Speaks.OPENAI);
  }

  private static void long_(List<Attack> all, String name, String target, Speaks speaks) {
    all.add(new Attack(Section.S11, name, post(target), refused(414, speaks)));
  }

  private static void admin(List<Attack> all) {
    for (String path :
        List.of(
            "/metrics",
            "/healthz",
            "/readyz",
            "/v1/status",
            "/v1/keys",
            "/v1/balances",
            "/v1/balances/ada",
            "/v1/usage",
            "/v1/grants",
            "/v1/ledger",
            "/v1/export",
            "/admin",
            "/admin/v1/keys",
            "/stipend/v1/keys",
            "/stipend/v1/admin",
            "/stipend/v1/me/..",
            "/actuator/env",
            "/actuator/heapdump",
            "/debug/pprof/heap",
            "/jolokia",
            "/console",
            "/fake/tally",
            "/.env",
            "/.git/config",
            "/stipend.yaml",
            "/data/admin-key")) {
      all.add(
          new Attack(
              Section.S21,
              "GET " + path + " with the admin's key",
              "GET " + path + FIELDS.replace(KEY, ADMIN) + "\r\n",
              path.contains("..") ? refused(404, Speaks.OPENAI) : denied(404, Speaks.OPENAI)));
    }
    for (String path : List.of("/v1/keys", "/v1/grants", "/v1/freeze", "/v1/reload")) {
      all.add(
          new Attack(
              Section.S21,
              "POST " + path + " with the admin's key",
              "POST "
                  + path
                  + FIELDS.replace(KEY, ADMIN)
                  + "Content-Length: 16\r\n\r\n{\"person\":\"ada\"}",
              denied(404, Speaks.OPENAI)));
    }
    all.add(
        new Attack(
            Section.S21,
            "the admin's key is no gateway key",
            CHAT.good().replace(KEY, ADMIN),
            denied(401, CHAT.speaks)));
    all.add(
        new Attack(
            Section.S21,
            "the admin's key is nobody's balance",
            "GET /stipend/v1/me" + FIELDS.replace(KEY, ADMIN) + "\r\n",
            denied(401, Speaks.OPENAI)));
  }
}
