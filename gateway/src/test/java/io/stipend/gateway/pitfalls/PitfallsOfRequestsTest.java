package io.stipend.gateway.pitfalls;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.admin.AdminService.KeyMade;
import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.dialect.Dialects;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.Api;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows of {@code docs/pitfalls.md} that begin with what a client sends. */
class PitfallsOfRequestsTest {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi.\"}]";
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
              azure: { url: "PROVIDER", key: "provider-key", prices: openai }
              house: { url: "PROVIDER", dialect: openai, models: ["mystery-*"] }
            rate_cards: [builtin]
            models:
              allow: ["gpt-4o*", "gpt-image-1", "claude-haiku-4-5", "gemini-2.5-flash", "mystery-*"]
              aliases: { fast: gpt-4o-mini, cheap: gpt-4o }
            allowances:
              rich: { amount: 400 USD, every: year }
              narrow: { amount: 0.0001 USD, every: year, when_short: [refuse] }
              page: { amount: 0.0003 USD, every: year, when_short: [refuse] }
              broke: { amount: 0.000001 USD, every: year }
            teams:
              small: { budget: { amount: 0.0001 USD, every: year, when_short: [refuse] } }
            people:
              p1: { allowance: rich }
              p2: { allowance: rich, models: ["gpt-4o-mini*"] }
              p3: { allowance: rich }
              p4: { allowance: narrow }
              p5: { allowance: rich }
              p5-narrow: { allowance: narrow }
              p12: { allowance: page }
              p13: { allowance: rich }
              p14: { allowance: rich }
              p15: { allowance: broke }
              p16: { allowance: rich }
              p16-other: { allowance: rich }
              p17: { allowance: narrow }
              p17-team: { team: small, allowance: rich }
              p22: { allowance: rich }
              p23: { allowance: narrow }
              p24: { allowance: rich }
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

  /** A call of a model, with a cap of 100 tokens. */
  private static String chat(String model, String more) {
    return "{\"model\":\"%s\",%s\"max_tokens\":100,%s}".formatted(model, more, MESSAGES);
  }

  /** A call of gpt-4o-mini with these fields alone. */
  private static String fields(String fields) {
    return "{\"model\":\"gpt-4o-mini\"," + fields + "," + MESSAGES + "}";
  }

  private static String wire(String target, String key, String body, String... headers) {
    StringBuilder wire = new StringBuilder("POST " + target + " HTTP/1.1\r\nHost: a\r\n");
    wire.append("Authorization: Bearer ").append(key).append("\r\n");
    for (String header : headers) {
      wire.append(header).append("\r\n");
    }
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    return wire.append("Content-Length: " + length + "\r\n\r\n").append(body).toString();
  }

  @Test
  void p1AModelWithoutAPriceIsRefusedAndNeverFree() {
    for (String model :
        List.of("gpt-9", "gpt-4o-mini-2031-01-01", "mystery-1", "house/mystery-1")) {
      bench.refuses(404, Api.CHAT, "p1", chat(model, ""));
    }
    bench.refuses(404, Api.MESSAGES, "p1", chat("claude-9", ""));
    bench.admits(Api.CHAT, "p1", chat("gpt-4o-mini", ""));
    assertThat(bench.agrees("p1")).hasSize(1);
    assertThat(bench.used("p1")).isPositive();
  }

  @Test
  void p2AModelsNameIsResolvedOnceBeforeItIsAllowedPricedAndSent() {
    for (String same : List.of("fast", "openai/gpt-4o-mini", "gpt-4o-mini-2024-07-18")) {
      bench.admits(Api.CHAT, "p2", chat(same, ""));
    }
    // An alias opens nothing that its target is not allowed.
    for (String other :
        List.of("cheap", "GPT-4o-mini", "Fast", "openai/fast", "openai/openai/fast")) {
      bench.refuses(404, Api.CHAT, "p2", chat(other, ""));
    }
    for (String spaced : List.of(" gpt-4o-mini", "gpt-4o-mini\\n", "gpt-4o-mini\\u00a0")) {
      bench.refuses(400, Api.CHAT, "p2", chat(spaced, ""));
    }
    assertThat(bench.agrees("p2"))
        .extracting(row -> row.get("model_requested"))
        .containsExactly("gpt-4o-mini", "gpt-4o-mini", "gpt-4o-mini-2024-07-18");
    assertThat(bench.provider.billed())
        .filteredOn(one -> one.model().equals("fast") || one.model().contains("/"))
        .isEmpty();
  }

  @Test
  void p3AFieldThatStandsTwiceIsReadByNobody() {
    for (String twice :
        List.of(
            "\"model\":\"gpt-4o\",\"max_tokens\":9",
            "\"mod\\u0065l\":\"gpt-4o\",\"max_tokens\":9",
            "\"Model\":\"gpt-4o\",\"max_tokens\":9",
            "\"max_tokens\":9,\"max_tokens\":900",
            "\"stream\":false,\"stream\":true,\"max_tokens\":9",
            "\"n\":1,\"n\":100,\"max_tokens\":9",
            "\"stream\":true,\"stream_options\":{\"include_usage\":true,\"include_usage\":false}")) {
      bench.refuses(400, Api.CHAT, "p3", fields(twice));
    }
    bench.refuses(400, Api.MESSAGES, "p3", chat("claude-haiku-4-5", "\"max_tokens\":9,"));
    assertThat(bench.agrees("p3")).isEmpty();
  }

  @Test
  void p4EveryAnswerOfOneCallIsReservedAndCharged() {
    // One answer of 100 tokens costs 60 of the 100 millionths; two do not fit.
    bench.refuses(402, Api.CHAT, "p4", chat("gpt-4o-mini", "\"n\":2,"));
    String three = chat("gpt-4o-mini", "\"n\":3,").replace("100", "20");
    bench.admits(Api.CHAT, "p4", three, "x-fake-output-tokens", "20");
    for (String n : List.of("0", "-1", "129", "9223372036854775807", "1e9", "2.5", "\"2\"")) {
      bench.refuses(400, Api.CHAT, "p4", chat("gpt-4o-mini", "\"n\":" + n + ","));
    }
    bench.refuses(400, Api.CHAT, "p4", chat("gpt-4o-mini", "\"best_of\":4,"));
    long before = bench.provider.requests();
    for (String more : List.of("\"best_of\":2", "\"prompt\":[\"a\",\"b\"]")) {
      String legacy = "{\"model\":\"gpt-4o-mini\",\"max_tokens\":100," + more + "}";
      assertThat(bench.raw(wire("/v1/completions", bench.key("p4"), legacy))).isEqualTo(402);
    }
    assertThat(bench.provider.requests()).isEqualTo(before);
    List<Map<String, String>> rows = bench.agrees("p4");
    assertThat(rows).hasSize(1);
    assertThat(Bench.tokens(rows.get(0), "output")).isEqualTo(60);
    assertThat(bench.gateway.balance("p4").granted()).isEqualTo("0.0001");
  }

  @Test
  void p5AnOutputCapIsAPositiveIntegerOrTheModelsOwn() {
    for (String cap : List.of("0", "-1", "-9223372036854775808", "1.5", "1e308", "\"12\"", "[]")) {
      bench.refuses(400, Api.CHAT, "p5", fields("\"max_tokens\":" + cap));
      bench.refuses(400, Api.CHAT, "p5", fields("\"max_completion_tokens\":" + cap));
      String messages = fields("\"max_tokens\":" + cap).replace("gpt-4o-mini", "claude-haiku-4-5");
      bench.refuses(400, Api.MESSAGES, "p5", messages);
    }
    // Where none is given the model's own is held, and of two the larger: neither fits here.
    bench.refuses(402, Api.CHAT, "p5-narrow", fields("\"temperature\":0"));
    bench.refuses(402, Api.CHAT, "p5-narrow", fields("\"max_tokens\":null"));
    bench.refuses(
        402, Api.CHAT, "p5-narrow", fields("\"max_tokens\":9,\"max_completion_tokens\":9000"));
    bench.admits(Api.CHAT, "p5-narrow", fields("\"max_tokens\":90"));
    bench.settled("p5");
    assertThat(bench.gateway.balance("p5").remaining()).isEqualTo("400");
    assertThat(bench.agrees("p5-narrow")).hasSize(1);
  }

  /** A request of a route: this body, but for images and audio, which have others. */
  private static String media(String path, String key, String body) {
    if (path.endsWith("/speech")) {
      String model = "{\"model\":\"gpt-4o-mini-tts\",\"stream_format\":\"sse\"";
      return wire(path, key, model + ",\"input\":\"Hi.\"}");
    }
    if (path.endsWith("/generations")) {
      return wire(path, key, "{\"model\":\"gpt-image-1\",\"prompt\":\"Hi.\"}");
    }
    if (!path.contains("/images/") && !path.contains("/audio/")) {
      return wire(path, key, body);
    }
    boolean image = path.contains("/images/");
    String field = "--b\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n";
    String form =
        field.formatted("model", image ? "gpt-image-1" : "gpt-4o-transcribe")
            + field.formatted("response_format", image ? "b64_json" : "verbose_json")
            + field.formatted(image ? "image" : "file", "x")
            + "--b--\r\n";
    return wire(path, key, form, "Content-Type: multipart/form-data; boundary=b");
  }

  @Test
  void p12WhatIsNoTextIsHeldForOrRefused() {
    for (String path : List.of("images/generations", "images/edits", "audio/speech")) {
      long before = bench.provider.requests();
      assertThat(bench.raw(media("/v1/" + path, bench.key("p12"), ""))).isEqualTo(402);
      assertThat(bench.provider.requests()).isEqualTo(before);
    }
    String sound = "{\"model\":\"gpt-4o-mini-tts\",\"input\":\"Hi.\"}";
    assertThat(bench.raw(wire("/v1/audio/speech", bench.key("p12"), sound))).isEqualTo(400);
    for (String more :
        List.of(
            "\"modalities\":[\"text\",\"audio\"],",
            "\"audio\":{\"voice\":\"alloy\",\"format\":\"mp3\"},",
            "\"plugins\":[{\"id\":\"web\"}],")) {
      bench.refuses(400, Api.CHAT, "p12", chat("gpt-4o-mini", more));
    }
    String search = "\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}],";
    // A fee is held for before it can be owed: one search costs ten cents of ten, or one.
    bench.refuses(402, Api.MESSAGES, "p12", chat("claude-haiku-4-5", search));
    bench.refuses(402, Api.CHAT, "p12", chat("gpt-4o-mini", "\"web_search_options\":{},"));
    String image =
        "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.org/a.png\"}}]";
    String call = chat("gpt-4o-mini", "");
    bench.refuses(402, Api.CHAT, "p12", call.replace("\"Hi.\"", image));
    bench.admits(Api.CHAT, "p12", call);
    // 3,000 token ids cost 450 of the 300 millionths.
    String ids = "{\"model\":\"gpt-4o-mini\",\"input\":[%s1]}";
    String many = ids.formatted("1,".repeat(2_999));
    assertThat(bench.raw(wire("/v1/embeddings", bench.key("p12"), many))).isEqualTo(402);
    String few = ids.formatted("1,".repeat(9));
    assertThat(bench.raw(wire("/v1/embeddings", bench.key("p12"), few))).isEqualTo(200);
    assertThat(bench.agrees("p12")).hasSize(2);
  }

  @Test
  void p13WorkThatRunsWithoutItsRequestIsNotAccepted() {
    long before = bench.provider.requests();
    for (String path :
        List.of(
            "/v1/batches",
            "/v1/files",
            "/v1/uploads",
            "/v1/responses",
            "/v1/assistants",
            "/v1/threads/t/runs",
            "/v1/realtime",
            "/v1/realtime/sessions",
            "/v1/fine_tuning/jobs",
            "/v1/messages/batches")) {
      boolean served = Dialects.at(path) != null;
      String body = fields("\"background\":true,\"max_output_tokens\":100");
      int status = bench.raw(wire(path, bench.key("p13"), body));
      assertThat(status).as(path).isEqualTo(served ? 400 : 404);
      String get = "GET " + path + "/x HTTP/1.1\r\nHost: a\r\nx-api-key: " + bench.key("p13");
      assertThat(bench.raw(get + "\r\n\r\n")).as(path).isEqualTo(404);
    }
    String upgrade =
        "GET /v1/realtime?model=gpt-4o-realtime-preview HTTP/1.1\r\nHost: a\r\nx-api-key: "
            + bench.key("p13")
            + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    assertThat(bench.raw(upgrade)).isBetween(400, 499);
    assertThat(bench.provider.requests()).isEqualTo(before);
    assertThat(bench.agrees("p13")).isEmpty();
  }

  @Test
  void p14ThereIsNoWayPastTheMeter() {
    long before = bench.provider.requests();
    for (String target :
        List.of(
            "/v1/chat/completions/",
            "//v1/chat/completions",
            "/v1//chat/completions",
            "/v1/chat%2Fcompletions",
            "/v1/%63hat/completions",
            "/v1/x/../chat/completions",
            "/v1/./chat/completions",
            "/V1/chat/completions",
            "/openai/v1//chat/completions",
            "/openai/deployments/gpt-4o-mini/x/../chat/completions",
            "/openai/deployments/gpt-4o/mini/chat/completions",
            "/pass/openai/v1/chat/completions",
            "/v1/chat/completions;x=1",
            "/v1/chat/completions%00",
            "/fake/tally")) {
      int status = bench.raw(wire(target, bench.key("p14"), chat("gpt-4o-mini", "")));
      assertThat(status).as(target).isIn(400, 404);
    }
    assertThat(bench.provider.requests()).isEqualTo(before);
    assertThat(bench.agrees("p14")).isEmpty();
  }

  @Test
  void p16WhoPaysIsSaidByTheKeyAlone() {
    String user = "\"user\":\"p16-other\",\"metadata\":{\"user_id\":\"p16-other\"},";
    String tags = "\"tags\":[\"p16-other\"],\"team\":\"small\",\"api_key\":\"x\",";
    String[] headers = {
      "x-user-id", "p16-other",
      "x-stipend-person", "p16-other",
      "openai-organization", "p16-other",
      "openai-project", "p16-other",
      "x-litellm-end-user-id", "p16-other"
    };
    bench.admits(Api.CHAT, "p16", chat("gpt-4o-mini", user + tags), headers);
    bench.admits(Api.MESSAGES, "p16", chat("claude-haiku-4-5", user + tags), headers);
    assertThat(bench.agrees("p16"))
        .hasSize(2)
        .allSatisfy(row -> assertThat(row).containsEntry("team", "").containsEntry("project", ""));
    assertThat(bench.used("p16")).isPositive();
    assertThat(bench.used("p16-other")).isZero();
    assertThat(bench.rows("p16-other")).isEmpty();
  }

  @Test
  void p17AnotherKeyIsNotAnotherBudget() {
    String call = chat("gpt-4o-mini", "");
    KeyMade first =
        bench.gateway.gateway().admin().createKey(new KeyOrder("p17", "a", null, null), "t");
    assertThat(bench.send(Api.CHAT, first.key(), call).statusCode()).isEqualTo(200);
    bench.settled("p17");
    String rotated = bench.gateway.key("p17");
    bench.gateway.gateway().admin().revokeKey(first.id(), "test");
    assertThat(bench.send(Api.CHAT, first.key(), call).statusCode()).isEqualTo(401);
    String ofProject =
        bench
            .gateway
            .gateway()
            .admin()
            .createKey(new KeyOrder("p17", "b", "apollo", null), "t")
            .key();
    long before = bench.provider.requests();
    for (String key : List.of(rotated, ofProject)) {
      assertThat(bench.send(Api.CHAT, key, call).statusCode()).isEqualTo(402);
    }
    assertThat(bench.provider.requests()).isEqualTo(before);
    assertThat(bench.agrees("p17")).hasSize(1);

    bench.admits(Api.CHAT, "p17-team", call);
    bench.settled("p17-team");
    bench.refuses(402, Api.CHAT, "p17-team", call);
  }

  @Test
  void p22AnAdminKeyCallsNoModel() throws Exception {
    String admin = Files.readString(bench.gateway.data().resolve("admin-key")).strip();
    KeyOrder order = new KeyOrder("eve", null, null, null, "platform");
    String named = bench.gateway.gateway().admin().createKey(order, "test").key();
    long before = bench.provider.requests();
    for (String key : List.of(admin, named, "provider-key", "")) {
      for (Api api : Api.BOTH) {
        int status = bench.raw(wire(api.path, key, api.body(false, 9)));
        assertThat(status).isEqualTo(401);
      }
    }
    assertThat(bench.provider.requests()).isEqualTo(before);
    assertThat(bench.export()).noneMatch(row -> row.get("person").isEmpty());
    assertThat(bench.agrees("p22")).isEmpty();
  }

  @Test
  void p23TheOwnerOfAKeyCannotRaiseItsCap() throws Exception {
    String key = bench.key("p23");
    String grant = "{\"person\":\"p23\",\"amount\":\"100\",\"reason\":\"because\"}";
    String more = "{\"person\":\"p23\"}";
    InetSocketAddress admin = bench.gateway.gateway().adminAddress();
    for (Map.Entry<String, String> change :
        Map.of("/v1/grants", grant, "/v1/keys", more).entrySet()) {
      String wire = wire(change.getKey(), key, change.getValue());
      assertThat(bench.raw(wire)).as("data listener").isEqualTo(404);
      try (RawClient client = new RawClient(admin)) {
        assertThat(client.send(wire).answer().status()).as("admin listener").isEqualTo(403);
      }
    }
    String raise = "\"budget\":100,\"max_budget\":100,\"allowance\":\"rich\",\"n\":2,";
    bench.refuses(402, Api.CHAT, "p23", chat("gpt-4o-mini", raise), "x-stipend-budget", "100");
    assertThat(bench.gateway.balance("p23").granted()).isEqualTo("0.0001");
    assertThat(bench.gateway.gateway().admin().keys())
        .filteredOn(line -> line.person().equals("p23"))
        .hasSize(1);
    assertThat(bench.agrees("p23")).isEmpty();
  }

  @Test
  void p24WhereACallGoesAndWithWhichKeyIsNotTheClientsToSay() {
    try (FakeProvider evil = FakeProvider.start(0)) {
      String there = evil.url();
      String host = "127.0.0.1:" + evil.port();
      String body =
          chat(
              "gpt-4o-mini",
              "\"api_base\":\"%1$s\",\"base_url\":\"%1$s\",\"api_key\":\"evil\",".formatted(there));
      bench.admits(
          Api.CHAT,
          "p24",
          body,
          "x-forwarded-host",
          host,
          "x-upstream-url",
          there,
          "x-stainless-base-url",
          there,
          "api-base",
          there);
      String key = bench.key("p24");
      String elsewhere =
          wire("/v1/chat/completions", key, body).replace("Host: a", "Host: " + host);
      assertThat(bench.raw(elsewhere)).isEqualTo(200);
      bench.raw(wire(there + "/v1/chat/completions", key, body));
      bench.raw("CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      assertThat(evil.requests()).isZero();
    }
    assertThat(bench.agrees("p24")).hasSizeGreaterThanOrEqualTo(2);
    assertThat(bench.provider.billed()).extracting(Billed::key).containsOnly("provider-key");
  }
}
