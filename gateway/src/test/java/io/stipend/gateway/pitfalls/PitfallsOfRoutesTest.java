package io.stipend.gateway.pitfalls;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialects;
import io.stipend.gateway.server.RawClient;
import io.stipend.policy.RefusalReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Rows of {@code docs/pitfalls.md} about ways past the meter, generated from the table of dialects:
 * a dialect that is added is tested here, or says here what a call of it looks like.
 */
class PitfallsOfRoutesTest {
  private static final String CALL =
      "{\"model\":\"%s\",%s\"max_tokens\":99,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}";
  private static final String INPUT = "{\"model\":\"gpt-4o-mini\",%s\"input\":\"a\"}";
  private static final String CONTENTS = "{%s\"contents\":[{\"parts\":[{\"text\":\"a\"}]}]}";

  /** A call of each dialect by its id; {@code %s} takes fields, each with a comma behind it. */
  private static final Map<String, String> CALLS =
      Map.ofEntries(
          Map.entry("openai-chat", CALL.replaceFirst("%s", "gpt-4o-mini")),
          Map.entry("openai-responses", INPUT),
          Map.entry("openai-input-tokens", INPUT),
          Map.entry("anthropic-messages", CALL.replaceFirst("%s", "claude-haiku-4-5")),
          Map.entry("anthropic-count-tokens", CALL.replaceFirst("%s", "claude-haiku-4-5")),
          Map.entry("gemini", CONTENTS),
          Map.entry("gemini-count-tokens", CONTENTS),
          Map.entry("openai-embeddings", INPUT.replace("gpt-4o-mini", "text-embedding-3-small")),
          Map.entry(
              "openai-completions", "{\"model\":\"gpt-3.5-turbo-instruct\",%s\"prompt\":\"a\"}"),
          Map.entry("openai-moderations", INPUT.replace("gpt-4o-mini", "omni-moderation-latest")));

  /** What says in its body whether it streams; Gemini says so in its path. */
  private static final Set<String> STREAMS =
      Set.of("openai-chat", "openai-responses", "anthropic-messages", "openai-completions");

  /** What is free of charge: it generates nothing. */
  private static final Set<String> FREE =
      Set.of(
          "openai-input-tokens",
          "anthropic-count-tokens",
          "gemini-count-tokens",
          "openai-moderations");

  private static final List<String> METHODS =
      List.of("POST", "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND");

  private static final Pattern NAMED = Pattern.compile("`(?:MODEL)?([/:][^`]+)`");

  private static Bench bench;

  @BeforeAll
  static void start() {
    bench =
        new Bench(
            """
            calendar: { timezone: UTC, currency: USD }
            providers:
              openai: { url: "PROVIDER", key: "provider-key" }
              anthropic: { url: "PROVIDER", key: "provider-key" }
              gemini: { url: "PROVIDER", key: "provider-key" }
            rate_cards: [builtin]
            allowances:
              rich: { amount: 400 USD, every: year }
              broke: { amount: 0.000000001 USD, every: year }
            people:
              p14: { allowance: rich }
              p15: { allowance: broke }
            """);
  }

  @AfterAll
  static void stop() {
    bench.close();
  }

  @BeforeEach
  void mark() {
    bench.mark();
  }

  private static String path(String shape) {
    return shape.replace("*", "gemini-2.5-flash");
  }

  @Test
  void p15EveryServedPathRefusesAnExhaustedCallerOrCostsNothing() throws IOException {
    for (Dialect dialect : Dialects.all()) {
      String call = CALLS.get(dialect.id());
      assertThat(call).as("a call of the dialect " + dialect.id()).isNotNull();
      List<String> kinds =
          STREAMS.contains(dialect.id())
              ? List.of("", "\"stream\":false,", "\"stream\":true,")
              : List.of("");
      for (String shape : dialect.paths()) {
        for (String kind : kinds) {
          p15(dialect, path(shape), call.formatted(kind));
        }
      }
    }
    assertThat(bench.agrees("p15")).isEmpty();
    assertThat(bench.gateway.balance("p15").used()).isEqualTo("0");
  }

  private static void p15(Dialect dialect, String path, String body) throws IOException {
    long before = bench.provider.requests();
    int billed = bench.provider.billed().size();
    String wire =
        "POST %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(path, bench.key("p15"), body.length(), body);
    try (RawClient client = new RawClient(bench.gateway.gateway().address())) {
      RawClient.Answer answer = client.send(wire).answer();
      if (FREE.contains(dialect.id())) {
        assertThat(answer.status()).as("%s: %s", path, answer.body()).isEqualTo(200);
        assertThat(bench.provider.requests()).as(path).isEqualTo(before + 1);
        assertThat(bench.provider.billed()).as(path).hasSize(billed);
      } else {
        Dialect.RefusalForm form = dialect.form(RefusalReason.BUDGET_EXHAUSTED);
        assertThat(answer.status()).as("%s: %s", path, answer.body()).isEqualTo(form.status());
        assertThat(answer.body()).as(path).contains(form.type()).contains("person/p15");
        assertThat(answer.headers()).containsEntry("x-should-retry", "false");
        assertThat(bench.provider.requests()).as(path).isEqualTo(before);
      }
    }
  }

  @Test
  void p14NoOtherSpellingAndNoOtherMethodReachesAProvider() throws IOException {
    Set<String> served = new LinkedHashSet<>();
    Dialects.all().forEach(one -> one.paths().forEach(shape -> served.add(path(shape))));
    Set<String> others = new LinkedHashSet<>();
    served.forEach(path -> others.addAll(spellings(path)));
    others.removeAll(served);
    assertThat(others).hasSizeGreaterThan(20 * served.size());
    long before = bench.provider.requests();
    for (String other : others) {
      assertThat(status("POST", other)).as(other).isIn(400, 404);
    }
    for (String method : METHODS.subList(1, METHODS.size())) {
      for (String path : served) {
        assertThat(status(method, path)).as(method + " " + path).isEqualTo(405);
        assertThat(status(method, path + "/x")).as(method + " " + path).isEqualTo(404);
        assertThat(status(method, "/" + path)).as(method + " " + path).isEqualTo(404);
      }
    }
    for (String method : List.of("CONNECT", "TRACE")) {
      served.forEach(path -> assertThat(status(method, path)).isEqualTo(400));
    }
    assertThat(bench.provider.requests()).isEqualTo(before);
    assertThat(bench.agrees("p14")).isEmpty();
  }

  @Test
  void p14NoNamedRouteIsServedByAnyMethod() throws IOException {
    List<String> named =
        NAMED
            .matcher(
                Files.readString(Path.of("..", "docs", "routes.md")).split("## Refused by name")[1])
            .results()
            .map((MatchResult found) -> found.group(1))
            .map(path -> path.startsWith(":") ? "/v1beta/models/gemini-2.5-flash" + path : path)
            .filter(path -> !Dialects.listsModels(path) && Dialects.at(path) == null)
            .toList();
    assertThat(named).hasSizeGreaterThan(40);
    long before = bench.provider.requests();
    for (String path : named) {
      for (String method : METHODS) {
        assertThat(status(method, path)).as(method + " " + path).isEqualTo(404);
        assertThat(status(method, path + "/x_1")).as(method + " " + path).isEqualTo(404);
      }
    }
    for (String path : List.of("/v1/responses", "/v1/realtime", "/ws/google.ai.Live", "/")) {
      assertThat(status("GET", path, "Connection: Upgrade\r\nUpgrade: websocket\r\n"))
          .isEqualTo(426);
    }
    assertThat(bench.provider.requests()).isEqualTo(before);
    assertThat(bench.agrees("p14")).isEmpty();
  }

  /** The same path as somebody could write it who hopes that two servers read it in two ways. */
  private static List<String> spellings(String path) {
    List<String> all = new ArrayList<>();
    for (String end :
        List.of(
            "/", "//", "/x", "/.", "/..", "/../x", "%2F", "%20", "%00", "%0a", ";a=b", ".json",
            ":x", "\\", "+", "~", "&a=b")) {
      all.add(path + end);
    }
    for (String begin :
        List.of(
            "/",
            "/.",
            "/..",
            "/x/..",
            "/%2e",
            "/%2F",
            "/v1",
            "/v1beta",
            "/openai",
            "/anthropic",
            "/pass/openai",
            "/proxy",
            "/\\",
            "/http://127.0.0.1")) {
      all.add(begin + path);
    }
    all.add(path.toUpperCase(Locale.ROOT));
    all.add(path.substring(1));
    all.add(path.substring(0, path.length() - 1));
    for (int i = 1; i < path.length(); i++) {
      char c = path.charAt(i);
      String before = path.substring(0, i);
      String after = path.substring(i + 1);
      if (c == '/') {
        for (String slash : List.of("//", "%2F", "%2f", "%5c", "\\", "/./", "/x/../", "/;/", ":")) {
          all.add(before + slash + after);
        }
        all.add(path.substring(i));
      } else if (before.endsWith("/") || c == ':') {
        all.add(before + Character.toUpperCase(c) + after);
        all.add(before + "%" + Integer.toHexString(c) + after);
        all.add(before + "%25" + Integer.toHexString(c) + after);
      }
    }
    return all;
  }

  private static int status(String method, String target) {
    return status(method, target, "");
  }

  private static int status(String method, String target, String headers) {
    String body = "{\"model\":\"gpt-4o-mini\",\"max_tokens\":9,\"messages\":[],\"input\":\"a\"}";
    String wire =
        "%s %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n%sContent-Length: %d\r\n\r\n%s"
            .formatted(method, target, bench.key("p14"), headers, body.length(), body);
    try (RawClient client = new RawClient(bench.gateway.gateway().address())) {
      return client.send(wire).head().status();
    } catch (IOException e) {
      throw new AssertionError(method + " " + target, e);
    }
  }
}
