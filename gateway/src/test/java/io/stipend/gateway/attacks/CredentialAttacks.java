package io.stipend.gateway.attacks;

import static io.stipend.gateway.attacks.Expected.admitted;
import static io.stipend.gateway.attacks.Expected.denied;
import static io.stipend.gateway.attacks.Expected.refused;
import static io.stipend.gateway.attacks.Route.CHAT;
import static io.stipend.gateway.attacks.Route.EXPIRED;
import static io.stipend.gateway.attacks.Route.GEMINI;
import static io.stipend.gateway.attacks.Route.KEY;
import static io.stipend.gateway.attacks.Route.REVOKED;

import io.stipend.gateway.attacks.Expected.Speaks;
import java.util.ArrayList;
import java.util.List;

/** S20: keys. */
final class CredentialAttacks {
  private CredentialAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>();
    bearers(all);
    fields(all);
    good(all);
    return all;
  }

  private static void bad(List<Attack> all, String name, String fields) {
    Route route = Route.turn(all.size());
    all.add(
        new Attack(
            Section.S20,
            name,
            route.good().replace("Authorization: Bearer " + KEY + "\r\n", fields),
            denied(route == GEMINI ? 400 : 401, route.speaks)));
  }

  private static void bearers(List<Attack> all) {
    for (String value :
        List.of(
            "",
            " ",
            "Bearer",
            "Bearer ",
            "Bearer  ",
            KEY,
            "Basic YWRhOmFkYQ==",
            "Basic " + KEY,
            "Token " + KEY,
            "Bearer: " + KEY,
            "Bearer" + KEY,
            "Bearer\t" + KEY,
            "Bearer x" + KEY,
            "Bearer " + KEY + "x",
            "Bearer " + KEY + ",",
            "Bearer " + KEY + " " + KEY,
            "Bearer Bearer " + KEY,
            "Bearer \"" + KEY + "\"",
            "Bearer nobody",
            "Bearer null",
            "Bearer undefined",
            "Bearer ' OR 1=1 --",
            "Bearer '; DROP TABLE keys; --",
            "Bearer *",
            "Bearer %",
            "Bearer ../../data/admin-key",
            "Bearer ${KEY}",
            "Bearer " + REVOKED,
            "Bearer " + EXPIRED,
            "Bearer " + "k".repeat(513),
            "Bearer " + "k".repeat(20_000),
            "Bearer \u00e9\u00ff",
            "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.",
            "Digest username=\"ada\"",
            "Negotiate YII=",
            "AWS4-HMAC-SHA256 Credential=a",
            "Bearer sk-ant-api03-x",
            "Bearer provider-key")) {
      bad(all, "Authorization <" + shown(value) + ">", "Authorization: " + value + "\r\n");
    }
    bad(all, "no key", "");
    all.add(
        new Attack(
            Section.S20,
            "a NUL in the key",
            CHAT.good().replace(KEY, KEY + "\u0000"),
            refused(400, CHAT.speaks)));
    all.add(
        new Attack(
            Section.S20,
            "a key of 1 MB",
            CHAT.good().replace(KEY, "k".repeat(1_000_000)),
            refused(431, Speaks.OPENAI)));
  }

  private static String shown(String value) {
    return value.length() <= 64 ? value : value.length() + " bytes";
  }

  private static void fields(List<Attack> all) {
    for (String[] pair :
        new String[][] {
          {"two Authorization", "Authorization: Bearer " + KEY + "\r\nAuthorization: Bearer other"},
          {
            "two Authorization, the first bad",
            "Authorization: Bearer other\r\nAuthorization: Bearer " + KEY
          },
          {
            "two Authorization, one of another scheme",
            "Authorization: Bearer " + KEY + "\r\nAuthorization: Basic YTpi"
          },
          {"x-api-key beside it", "Authorization: Bearer " + KEY + "\r\nX-Api-Key: other"},
          {
            "x-goog-api-key beside it", "Authorization: Bearer " + KEY + "\r\nX-Goog-Api-Key: other"
          },
          {"api-key beside x-api-key", "Api-Key: " + KEY + "\r\nX-Api-Key: other"},
          {
            "a revoked key beside a good one",
            "Authorization: Bearer " + KEY + "\r\nApi-Key: " + REVOKED
          },
          {"the key in a cookie", "Cookie: key=" + KEY},
          {"the key in another field", "X-Auth-Token: " + KEY},
          {"the key in Proxy-Authorization", "Proxy-Authorization: Bearer " + KEY},
          {"x-api-key with Bearer", "X-Api-Key: Bearer " + KEY},
          {"an identity by assertion", "X-Forwarded-User: ada\r\nX-Remote-User: ada"},
        }) {
      bad(all, pair[0], pair[1] + "\r\n");
    }
  }

  private static void good(List<Attack> all) {
    for (String fields :
        List.of(
            "authorization: bearer " + KEY,
            "AUTHORIZATION: BEARER " + KEY,
            "X-Api-Key: " + KEY,
            "Api-Key: " + KEY,
            "X-Goog-Api-Key: " + KEY,
            "Authorization: Bearer " + KEY + "\r\nX-Api-Key: " + KEY,
            "Authorization: Bearer " + KEY + "\r\nAuthorization: Bearer " + KEY,
            "X-Api-Key:\r\nAuthorization: Bearer " + KEY)) {
      all.add(
          new Attack(
              Section.S20,
              "one key in <" + SmugglingAttacks.printable(fields) + "> goes no further",
              CHAT.good().replace("Authorization: Bearer " + KEY, fields),
              admitted(CHAT.body())));
    }
  }
}
