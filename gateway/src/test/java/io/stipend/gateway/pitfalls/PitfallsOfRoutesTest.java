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
  /** What is free of charge: it generates nothing. */
  private static final Set<String> FREE =
      Set.of(
          "openai-input-tokens",
          "anthropic-count-tokens",
          "gemini-count-tokens",
          "vertex-gemini-count-tokens",
          "openai-moderations");

  /** Whose models have a gateway of their own here. */
  private static final Set<String> CLOUDS = Set.of("azure", "bedrock", "vertex");

  private static final List<String> METHODS =
      List.of("POST", "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND");

  private static final Pattern NAMED = Pattern.compile("`(?:MODEL)?([/:][^`]+)`");

  private static final String PEOPLE =
      """
      rate_cards: [builtin]
      allowances:
        rich: { amount: 400 USD, every: year }
        broke: { amount: 0.000000001 USD, every: year }
      people:
        p14: { allowance: rich }
        p15: { allowance: broke }
      """;

  private static Bench bench;

  /** A model's name leads to one provider, so Azure's stands before a gateway of its own. */
  private static Bench azure;

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
            """
                + PEOPLE);
    azure =
        new Bench(
            """
            calendar: { timezone: UTC, currency: USD }
            providers:
              azure: { url: "PROVIDER", key: "provider-key", prices: openai }
              bedrock: { url: "PROVIDER", key: "provider-key", region: eu-central-1 }
              vertex:
                { url: "PROVIDER", project: fake-project, location: europe-west1, credentials: "file:ACCOUNT" }
            """
                + PEOPLE);
  }

  @AfterAll
  static void stop() {
    azure.close();
    bench.close();
  }

  @BeforeEach
  void mark() {
    bench.mark();
  }

  private static String path(String shape) {
    String model =
        shape.startsWith("/openai/")
            ? "gpt-4o-mini"
            : shape.startsWith("/model/")
                ? "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
                : shape.contains("/anthropic/") ? "claude-haiku-4-5@20251001" : "gemini-2.5-flash";
    return shape
        .replace("/projects/*/locations/*", "/projects/p-1/locations/l-1")
        .replace("*", model);
  }

  @Test
  void p15EveryServedPathRefusesAnExhaustedCallerOrCostsNothing() throws IOException {
    for (Dialect dialect : Dialects.all()) {
      for (String shape : dialect.paths()) {
        String path = path(shape);
        for (RouteCall call : RouteCall.of(dialect, path)) {
          p15(CLOUDS.contains(dialect.vendor()) ? azure : bench, dialect, path, call);
        }
      }
    }
    for (Bench one : List.of(bench, azure)) {
      assertThat(one.agrees("p15")).isEmpty();
      assertThat(one.gateway.balance("p15").used()).isEqualTo("0");
    }
  }

  private static void p15(Bench bench, Dialect dialect, String path, RouteCall call)
      throws IOException {
    long before = bench.provider.requests();
    int billed = bench.provider.billed().size();
    String wire =
        "POST %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
                .formatted(path, bench.key("p15"))
            + "Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(call.contentType(), call.body().length(), call.body());
    try (RawClient client = new RawClient(bench.gateway.gateway().address())) {
      RawClient.Answer answer = client.send(wire).answer();
      if (FREE.contains(dialect.id())) {
        assertThat(answer.status()).as("%s: %s", path, answer.body()).isEqualTo(200);
        assertThat(bench.provider.requests()).as(path).isEqualTo(before + 1);
        assertThat(bench.provider.billed()).as(path).hasSize(billed);
      } else {
        Dialect.RefusalForm form = dialect.form(RefusalReason.BUDGET_EXHAUSTED);
        assertThat(answer.status()).as("%s: %s", path, answer.body()).isEqualTo(form.status());
        assertThat(answer.body() + answer.headers())
            .as(path)
            .contains(form.type())
            .contains("person/p15");
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
      // What stands below a list of models may be the name of one, which is only asked for.
      assertThat(status("POST", other)).as(other).isIn(400, 404, 405);
    }
    for (String method : METHODS.subList(1, METHODS.size())) {
      for (String path : served) {
        assertThat(status(method, path)).as(method + " " + path).isEqualTo(405);
        assertThat(status(method, path + "/x")).as(method + " " + path).isIn(404, 405);
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
        assertThat(status(method, path + "/x_1")).as(method + " " + path).isIn(404, 405);
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
