package io.stipend.gateway.pitfalls;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.Api;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows of {@code docs/pitfalls.md} about what is read of an answer, and how it is priced. */
class PitfallsOfMeteringTest {
  /** Nanos for each token of gpt-4o-mini. */
  private static final long INPUT = 150;

  private static final long OUTPUT = 600;

  private static final String PEOPLE =
      """
      allowances:
        rich: { amount: 400 USD, every: year }
        two: { amount: 2 USD, every: year, when_short: [refuse] }
        little: { amount: 0.003 USD, every: year, when_short: [refuse] }
        tiny: { amount: 0.0001 USD, every: year }
      people:
        p6: { allowance: rich }
        p6-little: { allowance: little }
        p7: { allowance: rich }
        p8-chat: { allowance: rich }
        p8-messages: { allowance: rich }
        p10: { allowance: rich }
        p11: { allowance: rich }
        p11-two: { allowance: two }
        p18: { allowance: rich }
        p19: { allowance: tiny }
        p20: { allowance: rich }
        p25: { allowance: rich }
      """;

  @TempDir static Path cards;
  private static Bench bench;

  @BeforeAll
  static void start() throws Exception {
    Path free = cards.resolve("free.yaml");
    Files.writeString(free, card("free-1", "house-free", "{ input: 0, output: 0 }"));
    String quotas =
        Bench.quotas(PEOPLE)
            .replace("[builtin]", "[builtin, \"" + free + "\"]")
            .replace("\"gpt-*\"", "\"gpt-*\", \"house-*\"");
    bench = new Bench(quotas);
  }

  private static String card(String version, String model, String prices) {
    return """
        version: %s
        kind: contracted
        currency: USD
        vendor: openai
        models:
          - model: %s
            source: "a contract"
            checked_on: 2026-11-01
            valid_from: 2025-01-01
            prices: %s
        """
        .formatted(version, model, prices);
  }

  @AfterAll
  static void stop() {
    bench.close();
  }

  @BeforeEach
  void mark() {
    bench.mark();
  }

  @Test
  void p6HiddenReasoningIsHeldForAndCharged() {
    String[] thinking = {"x-fake-reasoning-tokens", "700", "x-fake-output-tokens", "50"};
    for (boolean stream : new boolean[] {false, true}) {
      // The cap, 2000 tokens at 2 USD a million, is more than there is; half of it is not.
      bench.refuses(402, Api.CHAT, "p6-little", Api.CHAT.body("gpt-5-mini", stream, 2_000, ""));
      bench.admits(Api.CHAT, "p6", Api.CHAT.body("gpt-5-mini", stream, 2_000, ""), thinking);
    }
    assertThat(bench.agrees("p6"))
        .hasSize(2)
        .allSatisfy(
            row -> {
              assertThat(row).containsEntry("output_tokens", "750");
              assertThat(row).containsEntry("reasoning_tokens", "700");
            });
    bench.mark();
    bench.admits(Api.CHAT, "p6-little", Api.CHAT.body("gpt-5-mini", true, 1_000, ""), thinking);
    bench.agrees("p6-little");
  }

  @Test
  void p7UsageIsAskedForUpstreamAndShownToWhoAskedForIt() {
    for (String ask : List.of("", "\"stream_options\":{\"include_usage\":false},")) {
      String body = Api.CHAT.body(Api.CHAT.model, true, 100, ask);
      HttpResponse<String> answer = bench.post(Api.CHAT, "p7", body);
      assertThat(answer.body()).contains("[DONE]").doesNotContain("prompt_tokens");
    }
    String asked = "\"stream_options\":{\"include_usage\":true},";
    String body = Api.CHAT.body(Api.CHAT.model, true, 100, asked);
    assertThat(bench.post(Api.CHAT, "p7", body).body().split("prompt_tokens\"")).hasSize(2);
    assertThat(bench.agrees("p7")).hasSize(3);
  }

  @ParameterizedTest
  @EnumSource(names = {"CHAT", "MESSAGES"})
  void p8AClientThatLeavesAtAnyBytePaysForWhatWasGenerated(Api api) throws Exception {
    String person = "p8-" + api.name().toLowerCase(java.util.Locale.ROOT);
    int[] bytes = {0, 1, 9, 200, 700, 1_500, 4_000};
    for (int k : bytes) {
      leave(api, person, k);
    }
    Awaitility.await().until(() -> bench.rows(person).size() == bytes.length);
    List<Map<String, String>> rows = bench.agrees(person);
    assertThat(rows).allSatisfy(row -> assertThat(row).containsEntry("output_tokens", "60"));
    assertThat(rows).extracting(row -> row.get("outcome")).contains("client_gone");
  }

  /** Reads so many bytes of the answer and resets the connection. */
  private static void leave(Api api, String person, int bytes) throws IOException {
    int billed = bench.provider.billed().size();
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), bench.gateway.gateway().address().getPort())) {
      String wire =
          api.wire(
              bench.key(person),
              api.body(true, 400),
              "x-fake-output-tokens",
              "60",
              "x-fake-pace-micros",
              "3000");
      socket.getOutputStream().write(wire.getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().flush();
      Awaitility.await().until(() -> bench.provider.billed().size() == billed + 1);
      assertThat(socket.getInputStream().readNBytes(bytes)).hasSize(bytes);
      socket.setSoLinger(true, 0);
    }
  }

  @Test
  void p8BeyondTheBoundOfTheDrainWhatPassedIsCounted() throws Exception {
    String quotas = Bench.quotas(PEOPLE);
    try (Bench hasty =
        new Bench(quotas, "client_gone: { time: 1ms, bytes: 1 }", InstantSource.system())) {
      String[] slow = {"x-fake-output-tokens", "300", "x-fake-pace-micros", "3000"};
      String wire = Api.CHAT.wire(hasty.key("p8-chat"), Api.CHAT.body(true, 400), slow);
      try (Socket socket =
          new Socket(
              InetAddress.getLoopbackAddress(), hasty.gateway.gateway().address().getPort())) {
        socket.getOutputStream().write(wire.getBytes(StandardCharsets.UTF_8));
        socket.getInputStream().readNBytes(2_000);
      }
      Awaitility.await().until(() -> hasty.rows("p8-chat").size() == 1);
      Awaitility.await().until(() -> hasty.provider.billed().get(0).end() != End.RUNNING);
      Map<String, String> row = hasty.rows("p8-chat").get(0);
      assertThat(row).containsEntry("usage_source", "counted");
      long generated = hasty.provider.billed().get(0).usage().output();
      assertThat(Bench.tokens(row, "output")).isBetween(generated, 400L);
      hasty.settled("p8-chat");
      assertThat(hasty.used("p8-chat")).isEqualTo(Bench.cost(row)).isPositive();
    }
  }

  @Test
  void p10CachedInputIsCountedOnceInEitherDialect() {
    String[] cached = {
      "x-fake-input-tokens", "1000", "x-fake-cache-read-tokens", "400",
      "x-fake-cache-write-5m-tokens", "100", "x-fake-output-tokens", "10"
    };
    for (Api api : Api.BOTH) {
      for (boolean stream : new boolean[] {false, true}) {
        bench.admits(api, "p10", api.body(stream, 100), cached);
      }
    }
    List<Map<String, String>> rows = bench.agrees("p10");
    assertThat(rows)
        .hasSize(4)
        .allSatisfy(
            row -> {
              assertThat(row).containsEntry("input_tokens", "500");
              assertThat(row).containsEntry("cache_read_tokens", "400");
              assertThat(row).containsEntry("cache_write_tokens", "100");
            });
    // 500 at 1 USD a million, 400 at 0.10, 100 at 1.25, 10 at 5.
    assertThat(Bench.cost(rows.get(3))).isEqualTo(500_000 + 40_000 + 125_000 + 50_000);
  }

  @Test
  void p11TheLongContextPriceHoldsForTheWholeRequest() {
    String body = Api.CHAT.body("gpt-5.6-sol", false, 100, "");
    for (String input : List.of("272000", "272001")) {
      bench.admits(
          Api.CHAT, "p11", body, "x-fake-input-tokens", input, "x-fake-output-tokens", "10");
    }
    assertThat(bench.agrees("p11"))
        .extracting(Bench::cost)
        .containsExactly(272_000L * 5_000 + 10 * 30_000, 272_001L * 10_000 + 10 * 45_000);

    bench.mark();
    String text = "many words ".repeat(53_000);
    String below =
        Api.MESSAGES.body("claude-sonnet-4-5", false, 16, "\"system\":\"" + text + "\",");
    String above = below.replace("Say something.", "x".repeat(30_000));
    bench.refuses(402, Api.MESSAGES, "p11-two", above);
    bench.admits(Api.MESSAGES, "p11-two", below);
    bench.agrees("p11-two");
  }

  @Test
  void p18EveryAttemptIsAccountedOnceAndTheGatewayMakesNoneOfItsOwn() {
    long before = bench.provider.requests();
    String body = Api.CHAT.body(false, 50);
    assertThat(bench.post(Api.CHAT, "p18", body, "x-fake-status", "500").statusCode())
        .isEqualTo(500);
    assertThat(bench.post(Api.CHAT, "p18", body, "x-fake-reset-after", "0").statusCode())
        .isEqualTo(502);
    bench.admits(Api.CHAT, "p18", body, "x-fake-output-tokens", "50");
    assertThat(bench.provider.requests() - before).isEqualTo(3);

    bench.settled("p18");
    List<Map<String, String>> rows = bench.rows("p18");
    assertThat(rows).extracting(row -> row.get("attempt")).containsExactly("1", "1", "1");
    assertThat(rows).extracting(row -> row.get("exchange_id")).doesNotHaveDuplicates();
    assertThat(rows)
        .extracting(row -> row.get("usage_source"))
        .containsExactly("reported", "assumed", "reported");
    assertThat(Bench.cost(rows.get(0))).isZero();
    // What was sent and never answered may have been billed like what was.
    assertThat(Bench.cost(rows.get(1))).isGreaterThanOrEqualTo(Bench.cost(rows.get(2)));
    assertThat(bench.used("p18")).isEqualTo(Bench.cost(rows.get(1)) + Bench.cost(rows.get(2)));
  }

  @Test
  void p19AFreeModelThatAPaidOneAnswersForCostsWhatThePaidOneDoes() {
    String free = Api.CHAT.body("house-free", false, 100, "\"models\":[\"gpt-4o\"],");
    String[] script = {"x-fake-input-tokens", "20", "x-fake-output-tokens", "100"};
    bench.admits(Api.CHAT, "p19", free, script);
    p19Rows(1);
    assertThat(bench.used("p19")).isZero();

    List<String> fallback = new ArrayList<>(List.of(script));
    fallback.addAll(List.of("x-fake-model-served", "gpt-4o"));
    bench.admits(Api.CHAT, "p19", free, fallback.toArray(String[]::new));
    p19Rows(2);
    assertThat(bench.rows("p19"))
        .extracting(Bench::cost)
        .containsExactly(0L, 20L * 2_500 + 100 * 10_000);
    assertThat(bench.used("p19")).isEqualTo(20L * 2_500 + 100 * 10_000);
    assertThat(bench.remaining("p19")).isNegative();
    bench.refuses(402, Api.CHAT, "p19", Api.CHAT.body(false, 16));
  }

  /** What is free holds nothing, so that its end shows in its row alone. */
  private static void p19Rows(int rows) {
    Awaitility.await().until(() -> bench.rows("p19").size() == rows);
  }

  @Test
  void p20APriceThatIsEditedMidRequestDoesNotReachIt() throws Exception {
    String[] slow = {
      "x-fake-input-tokens", "10", "x-fake-output-tokens", "100", "x-fake-delay-millis", "2500"
    };
    String[] fast = {"x-fake-input-tokens", "10", "x-fake-output-tokens", "100"};
    String body = Api.CHAT.body("gpt-4.1-nano", true, 100, "");
    bench.key("p20");
    long before = bench.provider.requests();
    CompletableFuture<HttpResponse<String>> underWay =
        CompletableFuture.supplyAsync(() -> bench.post(Api.CHAT, "p20", body, slow));
    Awaitility.await().until(() -> bench.provider.requests() == before + 1);
    Path dear = cards.resolve("dear.yaml");
    Files.writeString(dear, card("dear-1", "gpt-4.1-nano", "{ input: 50, output: 50 }"));
    Path file = bench.gateway.quotaFile();
    String text = Files.readString(file);
    Files.writeString(file, text.replace("[builtin,", "[builtin, \"" + dear + "\","));
    Awaitility.await()
        .until(
            () -> {
              bench.admits(Api.CHAT, "p20", body, fast);
              return bench.rows("p20").stream().anyMatch(row -> priced(row).equals("dear-1"));
            });
    assertThat(underWay).as("the call is still under way").isNotDone();
    assertThat(underWay.get().statusCode()).isEqualTo(200);
    bench.settled("p20");
    Map<String, String> first = bench.rows("p20").get(0);
    assertThat(priced(first)).startsWith("builtin");
    assertThat(Bench.cost(first)).isEqualTo(10 * 100 + 100 * 400);
    Files.writeString(file, text);
  }

  private static String priced(Map<String, String> row) {
    return row.get("price_version");
  }

  @Test
  void p25WhatWasServedIsPricedAndWhatIsUnknownIsNotFree() {
    String body = Api.CHAT.body("gpt-4o-mini", false, 100, "");
    String[] other = {"x-fake-model-served", "gpt-4o"};
    String[] tier = {"x-fake-service-tier", "priority"};
    bench.admits(Api.CHAT, "p25", body, other);
    bench.admits(Api.CHAT, "p25", body, tier);
    String flex = Api.CHAT.body("gpt-5-mini", true, 100, "\"service_tier\":\"flex\",");
    bench.admits(Api.CHAT, "p25", flex, "x-fake-service-tier", "default");
    List<Map<String, String>> known = bench.agrees("p25");
    assertThat(known.get(0)).containsEntry("model_served", "gpt-4o");
    assertThat(Bench.cost(known.get(0))).isGreaterThan(64 * 10_000);
    assertThat(Bench.cost(known.get(1))).isGreaterThan(64 * 1_000);
    assertThat(Bench.cost(known.get(2))).isGreaterThan(64 * 2_000);

    String[] counts = {"x-fake-input-tokens", "10", "x-fake-output-tokens", "100"};
    List<String> unknownModel = new ArrayList<>(List.of(counts));
    unknownModel.addAll(List.of("x-fake-model-served", "gpt-4o-mini-secret"));
    bench.admits(Api.CHAT, "p25", body, unknownModel.toArray(String[]::new));
    List<String> unknownTier = new ArrayList<>(List.of(counts));
    unknownTier.addAll(List.of("x-fake-service-tier", "turbo"));
    bench.admits(Api.CHAT, "p25", body, unknownTier.toArray(String[]::new));
    bench.settled("p25");
    List<Map<String, String>> rows = bench.rows("p25");
    assertThat(Bench.cost(rows.get(3))).as("as asked").isEqualTo(10 * INPUT + 100 * OUTPUT);
    assertThat(Bench.cost(rows.get(4))).as("the dearest tier").isEqualTo(10 * 250 + 100 * 1_000);
    assertThat(bench.provider.billed()).extracting(Billed::end).contains(End.COMPLETED);
  }
}
