package io.stipend.gateway.pitfalls;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.Api;
import io.stipend.metering.Unit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows of {@code docs/pitfalls.md} about what a budget holds, admits and gives back. */
class PitfallsOfBudgetsTest {
  /** Nanos for each output token of gpt-4o-mini. */
  private static final long OUTPUT = 600;

  private static Bench bench;

  @BeforeAll
  static void start() {
    bench =
        new Bench(
            Bench.quotas(
                    """
                    allowances:
                      millionaire: { amount: 1000000 USD, every: year }
                      dollar: { amount: 1 USD, every: year, when_short: [refuse] }
                      dime: { amount: 0.1 USD, every: year, when_short: [refuse] }
                      thousandth: { amount: 0.001 USD, every: year, when_short: [refuse] }
                      clamped: { amount: 0.001 USD, every: year }
                    teams:
                      poor: { budget: { amount: 0.0001 USD, every: year, when_short: [refuse] } }
                    people:
                      b1-chat: { allowance: thousandth }
                      b1-messages: { allowance: thousandth }
                      b2: { team: poor, allowance: millionaire }
                      b2-alone: { allowance: millionaire }
                      b3: { allowance: dime }
                      b4: { allowance: dollar }
                      b7: { allowance: clamped }
                      b7-input: { allowance: clamped }
                      b7-refuse: { allowance: thousandth }
                      b10: { allowance: thousandth }
                      b13: { team: poor, allowance: dollar }
                      b17: { allowance: thousandth }
                      b17-twice: { allowance: dollar }
                    """)
                .replace(
                    "rate_cards:",
                    "  dead: { url: \"http://127.0.0.1:1\", dialect: openai, models: [\"gpt-4o-mini\"] }\n"
                        + "rate_cards:"));
  }

  @AfterAll
  static void stop() {
    bench.close();
  }

  @BeforeEach
  void mark() {
    bench.mark();
  }

  /** The same call so often at once; the statuses. */
  private static List<Integer> atOnce(
      int clients, Api api, String person, String body, String... headers) throws Exception {
    bench.key(person);
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      List<Future<Integer>> all = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        all.add(threads.submit(() -> bench.post(api, person, body, headers).statusCode()));
      }
      List<Integer> statuses = new ArrayList<>();
      for (Future<Integer> one : all) {
        statuses.add(one.get());
      }
      return statuses;
    } finally {
      threads.shutdownNow();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CHAT", "MESSAGES"})
  void b1CallsThatAreCheckedTogetherAreNotAdmittedTogether(Api api) throws Exception {
    String person = "b1-" + api.name().toLowerCase(Locale.ROOT);
    // The thousandth of a dollar covers 16 of these answers in the one API, 1 in the other.
    int covered = api == Api.CHAT ? 16 : 1;
    String[] script = {"x-fake-output-tokens", "100", "x-fake-delay-millis", "150"};
    List<Integer> statuses = atOnce(40, api, person, api.body(false, 100), script);
    long admitted = statuses.stream().filter(status -> status == 200).count();
    assertThat(statuses).containsOnly(200, 402);
    assertThat(admitted).isPositive().isLessThanOrEqualTo(covered);
    assertThat(bench.agrees(person)).hasSize((int) admitted);
    assertThat(bench.remaining(person)).isNotNegative();
  }

  @Test
  void b2ALargeBalanceIsNotTrusted() {
    String body = Api.CHAT.body(false, 100);
    CompletableFuture<HttpResponse<String>> underWay =
        CompletableFuture.supplyAsync(
            () -> bench.post(Api.CHAT, "b2-alone", body, "x-fake-delay-millis", "300"));
    Awaitility.await()
        .until(() -> Unit.USD.parse(bench.gateway.balance("b2-alone").held()) > 100 * OUTPUT);
    assertThat(underWay.join().statusCode()).isEqualTo(200);
    bench.agrees("b2-alone");
    // The team's balance is asked too, however rich its member.
    bench.refuses(402, Api.CHAT, "b2", Api.CHAT.body(false, 200));
  }

  @Test
  void b3NoEndOfACallLeavesAnythingHeld() throws Exception {
    String body = Api.CHAT.body(true, 50);
    for (String[] ending :
        new String[][] {
          {"x-fake-status", "500"},
          {"x-fake-status", "429"},
          {"x-fake-reset-after", "0"},
          {"x-fake-reset-after", "3"},
          {"x-fake-truncate-after", "3"},
          {"x-fake-no-usage", "true"},
          {"x-fake-output-tokens", "0"}
        }) {
      bench.post(Api.CHAT, "b3", body, ending);
    }
    bench.refuses(502, Api.CHAT, "b3", Api.CHAT.body("dead/gpt-4o-mini", true, 50, ""));
    bench.refuses(402, Api.CHAT, "b3", Api.CHAT.body("gpt-4o", false, 16_000, "\"n\":9,"));
    bench.refuses(400, Api.CHAT, "b3", body.replace("50", "-1"));
    long seen = bench.provider.requests();
    try (Socket gone =
        new Socket(InetAddress.getLoopbackAddress(), bench.gateway.gateway().address().getPort())) {
      String wire = Api.CHAT.wire(bench.key("b3"), body, "x-fake-pace-micros", "2000");
      gone.getOutputStream().write(wire.getBytes(StandardCharsets.UTF_8));
      Awaitility.await().until(() -> bench.provider.requests() == seen + 1);
    }
    Awaitility.await().until(() -> bench.rows("b3").size() == 8);
    bench.settled("b3");
    long spent = bench.rows("b3").stream().mapToLong(Bench::cost).sum();
    assertThat(bench.used("b3")).isEqualTo(spent);
    assertThat(bench.remaining("b3")).isEqualTo(100_000_000 - spent);
    // Nearly all that is left fits: 160,000 tokens of a possible 166,000.
    bench.admits(Api.CHAT, "b3", Api.CHAT.body("gpt-4o-mini", false, 16_000, "\"n\":10,"));
    bench.settled("b3");
    assertThat(bench.gateway.verify().problems()).isEmpty();
  }

  @Test
  void b4AHugeCapPinsNothing() throws Exception {
    // 20 caps of 64,000 tokens come to 6.40 USD.
    String body = Api.MESSAGES.body(true, 128_000);
    List<Integer> statuses = atOnce(20, Api.MESSAGES, "b4", body, "x-fake-delay-millis", "400");
    assertThat(statuses).hasSize(20).containsOnly(200);
    assertThat(bench.agrees("b4")).hasSize(20);
  }

  @Test
  void b7WithLittleLeftTheCapIsLoweredForTheProviderTooOrTheCallRefused() {
    long before = bench.provider.requests();
    HttpResponse<String> answer =
        bench.post(
            Api.CHAT,
            "b7",
            Api.CHAT.body(false, 8_000),
            "x-fake-output-tokens",
            "8000",
            "x-fake-input-tokens",
            "20");
    assertThat(answer.statusCode()).isEqualTo(200);
    long cap = Long.parseLong(answer.headers().firstValue("stipend-output-cap").orElseThrow());
    assertThat(cap).isBetween(1_024L, 1_000_000 / OUTPUT);
    List<Map<String, String>> rows = bench.agrees("b7");
    assertThat(Bench.tokens(rows.get(0), "output")).isEqualTo(cap);
    assertThat(bench.remaining("b7")).isNotNegative();
    bench.refuses(402, Api.CHAT, "b7", Api.CHAT.body(false, 8_000));
    bench.refuses(402, Api.CHAT, "b7-refuse", Api.CHAT.body(false, 8_000));
    // Input alone above the balance: there is no cap that it could be lowered to.
    String words = "\"user\":\"" + "many words ".repeat(9_000) + "\",";
    bench.refuses(402, Api.CHAT, "b7-input", Api.CHAT.body("gpt-4o-mini", false, 2_000, words));
    assertThat(bench.provider.requests() - before).isEqualTo(1);
  }

  @Test
  void b10AnEditedRuleKeepsWhatWasUsedUnderIt() throws Exception {
    bench.admits(Api.CHAT, "b10", Api.CHAT.body(false, 1_000), "x-fake-output-tokens", "1000");
    bench.settled("b10");
    long used = bench.used("b10");
    assertThat(used).isGreaterThan(1_000 * OUTPUT);
    Path file = bench.gateway.quotaFile();
    String text = Files.readString(file);
    Files.writeString(
        file,
        text.replace(
            "thousandth: { amount: 0.001 USD, every: year, when_short: [refuse] }",
            "thousandth: { amount: 0.0012 USD, every: year }"));
    Awaitility.await().until(() -> bench.gateway.balance("b10").granted().equals("0.0012"));
    assertThat(bench.used("b10")).isEqualTo(used);
    bench.refuses(402, Api.CHAT, "b10", Api.CHAT.body(false, 1_000));
    Files.writeString(file, text);
    Awaitility.await().until(() -> bench.gateway.balance("b10").granted().equals("0.001"));
    assertThat(bench.agrees("b10")).hasSize(1);
    assertThat(bench.used("b10")).isEqualTo(used);
  }

  @Test
  void b13EveryFigureOfOneSpendIsTheSame() throws Exception {
    String last = "";
    for (int i = 0; i < 3; i++) {
      String body = Api.CHAT.body(i == 1, 30);
      HttpResponse<String> answer = bench.post(Api.CHAT, "b13", body, "x-fake-output-tokens", "30");
      assertThat(answer.statusCode()).isEqualTo(200);
      last = answer.headers().firstValue("stipend-balance-remaining").orElseThrow();
      bench.settled("b13");
    }
    long spent = bench.agrees("b13").stream().mapToLong(Bench::cost).sum();
    Set<String> figures = new HashSet<>();
    bench.gateway.balance("b13").accounts().forEach(line -> figures.add(line.used()));
    bench.gateway.gateway().admin().balances().stream()
        .filter(balance -> balance.person().equals("b13"))
        .forEach(balance -> balance.accounts().forEach(line -> figures.add(line.used())));
    String me = me();
    assertThat(me).contains("\"used\":\"" + Unit.USD.format(spent) + "\"");
    assertThat(me).contains("\"remaining\":\"" + Unit.USD.format(100_000 - spent) + "\"");
    assertThat(figures).containsExactly(Unit.USD.format(spent));
    assertThat(last).endsWith(" USD");
    bench.gateway.restart();
    assertThat(bench.gateway.balance("b13").accounts())
        .allSatisfy(line -> assertThat(line.used()).isEqualTo(Unit.USD.format(spent)));
    assertThat(bench.gateway.verify().problems()).isEmpty();
  }

  private static String me() throws IOException, InterruptedException {
    java.net.http.HttpRequest request =
        java.net.http.HttpRequest.newBuilder(bench.gateway.url("/stipend/v1/me"))
            .header("x-api-key", bench.key("b13"))
            .build();
    return java.net.http.HttpClient.newHttpClient()
        .send(request, HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @Test
  void b17ASettleAboveItsReservationIsBookedWhole() {
    // 20,000 tokens of input are reported where some forty were held for.
    bench.admits(
        Api.CHAT,
        "b17",
        Api.CHAT.body(false, 100),
        "x-fake-input-tokens",
        "20000",
        "x-fake-output-tokens",
        "100");
    List<Map<String, String>> rows = bench.agrees("b17");
    assertThat(Bench.cost(rows.get(0))).isEqualTo(20_000 * 150 + 100 * OUTPUT);
    assertThat(bench.remaining("b17")).isEqualTo(1_000_000 - 20_000 * 150 - 100 * OUTPUT);
    bench.refuses(402, Api.CHAT, "b17", Api.CHAT.body(false, 1));
  }

  @Test
  void b17TwoEndsOfOneExchangeSettleItOnce() throws Exception {
    String wire = Api.CHAT.wire(bench.key("b17-twice"), Api.CHAT.body(true, 5));
    int calls = 12;
    for (int i = 0; i < calls; i++) {
      // The client resets the connection while the answer's end is on its way to it.
      try (Socket socket =
          new Socket(
              InetAddress.getLoopbackAddress(), bench.gateway.gateway().address().getPort())) {
        socket.getOutputStream().write(wire.getBytes(StandardCharsets.UTF_8));
        socket.getInputStream().readNBytes(300 + 60 * i);
        socket.setSoLinger(true, 0);
      }
    }
    Awaitility.await().until(() -> bench.rows("b17-twice").size() == calls);
    Awaitility.await()
        .until(() -> bench.provider.billed().stream().noneMatch(b -> b.end() == End.RUNNING));
    assertThat(bench.agrees("b17-twice")).hasSize(calls);
  }
}
