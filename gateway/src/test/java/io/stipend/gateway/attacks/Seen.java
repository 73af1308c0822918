package io.stipend.gateway.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** One request as it came to the provider, read without any leniency. */
record Seen(String line, List<String> fields, String body) {
  private static final Set<String> NEVER =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "cookie",
          "expect",
          "proxy-authorization");

  /** The one request that these bytes are; more or less than one fails. */
  static Seen only(String bytes) {
    int end = bytes.indexOf("\r\n\r\n");
    assertThat(end).as("the end of the head of <%s>", bytes).isPositive();
    List<String> lines = List.of(bytes.substring(0, end).split("\r\n", -1));
    assertThat(lines).allMatch(line -> line.indexOf('\r') < 0 && line.indexOf('\n') < 0);
    assertThat(lines.get(0)).matches("POST /[!-~]* HTTP/1\\.1");
    Seen seen = new Seen(lines.get(0), lines.subList(1, lines.size()), bytes.substring(end + 4));
    List<String> lengths = seen.values("content-length");
    assertThat(lengths).as("Content-Length of <%s>", bytes).hasSize(1);
    assertThat(lengths.get(0)).isEqualTo("" + seen.body.length());
    assertThat(seen.values("host")).hasSize(1).allMatch(host -> host.startsWith("127.0.0.1:"));
    assertThat(seen.values("accept-encoding")).containsExactly("identity");
    for (String name : NEVER) {
      assertThat(seen.values(name)).as(name).isEmpty();
    }
    for (String name : List.of("authorization", "x-api-key", "api-key", "x-goog-api-key")) {
      assertThat(seen.values(name)).allMatch(v -> v.replace("Bearer ", "").equals("provider-key"));
    }
    return seen;
  }

  private List<String> values(String name) {
    return fields.stream()
        .filter(field -> field.toLowerCase(Locale.ROOT).startsWith(name + ":"))
        .map(field -> field.substring(name.length() + 1).strip())
        .toList();
  }

  void hasBody(String expected) {
    assertThat(body).isEqualTo(expected);
  }
}
