package io.stipend.gateway.attacks;

import static io.stipend.gateway.attacks.Expected.admitted;
import static io.stipend.gateway.attacks.Expected.denied;
import static io.stipend.gateway.attacks.Expected.refused;
import static io.stipend.gateway.attacks.Route.CHAT;
import static io.stipend.gateway.attacks.Route.GEMINI;
import static io.stipend.gateway.attacks.Route.MESSAGES;
import static io.stipend.gateway.attacks.Route.RESPONSES;

import java.util.ArrayList;
import java.util.List;

/** S7, S8 and S9: what stands in fields, and what JSON values would put there. */
final class FieldAttacks {
  /** As JSON writes CR LF and a request: two characters for each of its line ends. */
  private static final String SPLIT =
      "\\r\\nContent-Length: 0\\r\\n\\r\\nPOST /v1/messages HTTP/1.1\\r\\nX-Forged: 1";

  private FieldAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>();
    splitting(all);
    nominated(all);
    forbiddenNominations(all);
    names(all);
    values(all);
    doubled(all);
    dropped(all);
    return all;
  }

  private static void splitting(List<Attack> all) {
    for (Route route : List.of(CHAT, MESSAGES, RESPONSES)) {
      String model = route == MESSAGES ? "claude-haiku-4-5" : "gpt-4o-mini";
      for (String value :
          List.of(
              model + SPLIT,
              model + "\\u000d\\u000aX-Forged: 1",
              model + "\\u0000",
              model + "\\n",
              model + "\\u2028X-Forged: 1",
              "\\r\\n" + model)) {
        all.add(
            new Attack(
                Section.S7,
                "model <" + value.replace(SPLIT, "CR LF and a request") + "> of " + route.path,
                route.sized("X: a", route.body().replace(model, value)),
                denied(400, route.speaks)));
      }
    }
    String user = CHAT.body().replace("\"messages\"", "\"user\":\"a" + SPLIT + "\",\"messages\"");
    all.add(split("CR LF and a request in `user`", CHAT, user));
    String metadata =
        MESSAGES
            .body()
            .replace("\"messages\"", "\"metadata\":{\"user_id\":\"a" + SPLIT + "\"},\"messages\"");
    all.add(split("CR LF and a request in `metadata.user_id`", MESSAGES, metadata));
    all.add(split("CR LF and a request in the text", GEMINI, GEMINI.body("a" + SPLIT)));
    String tier =
        CHAT.body().replace("\"messages\"", "\"service_tier\":\"a" + SPLIT + "\",\"messages\"");
    all.add(split("CR LF and a request in `service_tier`", CHAT, tier));
  }

  private static Attack split(String name, Route route, String body) {
    return new Attack(
        Section.S7,
        name + " stay in the body",
        route.sized("X: a", body),
        admitted(body, "\r\nX-Forged: 1"));
  }

  private static void nominated(List<Attack> all) {
    for (String names :
        List.of("X-Secret", "close-not, X-Secret", "x-secret", "X-SECRET,", " X-Secret ,,")) {
      all.add(
          new Attack(
              Section.S8,
              "Connection <" + names + ">: the field it names is not passed on",
              CHAT.good("X-Secret: of-this-hop", "Connection: " + names),
              admitted(CHAT.body(), "of-this-hop", "X-Secret", "x-secret")));
    }
    all.add(
        new Attack(
            Section.S8,
            "two Connection fields name one each",
            CHAT.good("Connection: X-One", "X-One: first", "X-Two: second", "Connection: X-Two"),
            admitted(CHAT.body(), "first", "second")));
    all.add(
        new Attack(
            Section.S8,
            "close beside a name",
            CHAT.good("Connection: X-Secret, close", "X-Secret: of-this-hop"),
            admitted(CHAT.body(), "of-this-hop").thenCloses()));
    all.add(
        new Attack(
            Section.S8,
            "Keep-Alive and Proxy-Connection stay on their hop",
            CHAT.good("Keep-Alive: timeout=5", "Proxy-Connection: keep-alive"),
            admitted(CHAT.body(), "timeout=5", "Proxy-Connection")));
  }

  private static void forbiddenNominations(List<Attack> all) {
    for (String names :
        List.of(
            "authorization",
            "Authorization, content-length",
            "close, x-api-key",
            "api-key",
            "X-Goog-Api-Key",
            "Cookie",
            "Host",
            "content-length",
            "Content-Encoding",
            "content-type",
            "keep-alive, Transfer-Encoding",
            "expect",
            "close,Host",
            "close\r\nConnection: Authorization",
            "\tauthorization\t",
            "x,\tcontent-length,y")) {
      Route route = Route.turn(all.size());
      all.add(
          new Attack(
              Section.S8,
              "Connection <" + SmugglingAttacks.printable(names) + ">",
              route.good("Connection: " + names),
              refused(400, route.speaks)));
    }
  }

  private static void names(List<Attack> all) {
    for (String field :
        List.of(
            "X_Api_Key: s",
            "x_api-key: s",
            "api_key: s",
            "X-Goog_Api-Key: s",
            "Content_Length: 5",
            "content_length: 0",
            "Transfer_Encoding: chunked",
            "content_encoding: gzip",
            "Content_Type: text/plain",
            "proxy_authorization: Basic YTpi",
            "anthropic_version: 1",
            "openai_organization: other",
            "stipend_exchange_id: x")) {
      s9(all, "an imitation <" + field + ">", field);
    }
    for (String field :
        List.of(
            "\u00e9: a",
            "X\u00e9: a",
            "\u00e2\u0084\u00aaey: a",
            "X(: a",
            "X\": a",
            "X,Y: a",
            "X/Y: a",
            "X[0]: a",
            "X{: a",
            "X@: a",
            "X;: a",
            "X=: a",
            "X\\: a",
            "X?: a",
            "<X>: a",
            ": a",
            "X",
            "X a: b",
            " X: a",
            "X : a",
            "X\u0000: a",
            "X\u007f: a",
            "X\u000b: a",
            "X\r: a",
            "=: \u0001")) {
      s9(all, "a name <" + SmugglingAttacks.printable(field) + ">", field);
    }
  }

  private static void values(List<Attack> all) {
    for (String value :
        List.of(
            "a\u0000b",
            "\u0000",
            "a\u0001",
            "a\u007f",
            "a\u001b[31m",
            "a\u000cb",
            "a\u000bb",
            "a\u0008",
            "a\rb",
            "a\nb",
            "a\r\n b",
            "a\r\n\tb",
            "a\r\r\n")) {
      s9(all, "a value <" + SmugglingAttacks.printable(value) + ">", "X: " + value);
    }
  }

  private static void s9(List<Attack> all, String name, String field) {
    Route route = Route.turn(all.size());
    all.add(new Attack(Section.S9, name, route.good(field), refused(400, route.speaks)));
  }

  private static void doubled(List<Attack> all) {
    for (String field :
        List.of(
            "Content-Type: text/plain",
            "Content-Encoding: identity\r\ncontent-encoding: gzip",
            "Content-Encoding: gzip\r\nContent-Encoding: gzip")) {
      s9(all, "twice <" + SmugglingAttacks.printable(field) + ">", field);
    }
    String body = CHAT.body();
    all.add(
        new Attack(
            Section.S9,
            "other fields may stand twice and pass in their order",
            CHAT.good("X-Many: one", "X-Many: two"),
            admitted(body)));
    all.add(
        new Attack(
            Section.S9,
            "an underscore in a name that imitates nothing passes",
            CHAT.good("x_team: one"),
            admitted(body)));
  }

  private static void dropped(List<Attack> all) {
    for (String field :
        List.of(
            "Cookie: session=secret-value",
            "X-Forwarded-For: secret-value",
            "X-Forwarded-Host: secret-value",
            "Forwarded: for=secret-value",
            "Via: secret-value",
            "X-Real-IP: secret-value",
            "Proxy-Authorization: secret-value",
            "OpenAI-Organization: secret-value",
            "OpenAI-Project: secret-value",
            "Stipend-Exchange-Id: secret-value",
            "Trailer: secret-value",
            "TE: secret-value",
            "Accept-Encoding: gzip, secret-value",
            "Content-MD5: secret-value")) {
      String name = field.substring(0, field.indexOf(':'));
      all.add(
          new Attack(
              Section.S9,
              "the field " + name + " is not passed on",
              CHAT.good(field),
              admitted(CHAT.body(), "secret-value")));
    }
  }
}
