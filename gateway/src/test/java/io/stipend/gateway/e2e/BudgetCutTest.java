package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a budget does to calls that it does not cover to their end. */
class BudgetCutTest {
  private static final int ROUNDS = Boolean.getBoolean("stipend.tests.full") ? 50 : 3;
  private static final int CLIENTS = 64;
  private static final int AFFORDED = 10;

  /** Output tokens by which a stream's hold grows: the stated bound of what it may overspend. */
  private static final long STEP = 1_024;

  private static final long THINKING = 1_500;

  private FakeProvider provider;
  private TestGateway gateway;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
  }

  @AfterEach
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
    provider.close();
  }

  private void gateway(long nanos, String terms, String people) {
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "%1$s", key: "provider-key" }
              anthropic: { url: "%1$s", key: "provider-key" }
              gemini: { url: "%1$s", key: "provider-key" }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini", "claude-haiku-4-5", "gemini-2.0-flash"] }
            allowances: { small: { amount: %2$s USD, every: year %3$s } }
            people: { %4$s }
            """
                .formatted(provider.url(), Unit.USD.format(nanos), terms, people));
  }

  private static Rating rating(Api api) throws Exception {
    return RateCards.load(List.of(RateCards.Source.builtin()))
        .rating(api.vendor(), api.vendor(), api.model, Instant.now());
  }

  /** The most that a call can cost whose input is not learned yet: a token for three bytes. */
  private static long ceiling(Api api, String body, long output) throws Exception {
    return rating(api).ceiling((body.length() + 2) / 3, output, null).nanos();
  }

  @ParameterizedTest
  @EnumSource
  void aStreamThatOutgrowsItsBudgetEndsNaturallyAndWithinTheBound(Api api) throws Exception {
    String body = api.body(true, 8_000);
    long budget = ceiling(api, body, 2 * STEP) + ceiling(api, body, 4) / 100;
    gateway(budget, "", "ada: { allowance: small }");
    String key = gateway.key("ada");
    HttpResponse<String> answer =
        api.post(gateway, key, body, "x-fake-output-tokens", "8000", "x-fake-pace-micros", "500");
    assertThat(answer.statusCode()).isEqualTo(200);
    endsByLength(api, answer.body());

    Awaitility.await().until(() -> gateway.rows().size() == 1);
    UsageRow row = gateway.rows().get(0);
    assertThat(row.outcome()).isEqualTo("cut");
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    long step = ceiling(api, "", STEP);
    assertThat(row.nanos()).as("spent").isBetween(budget - step, budget + step);
    Awaitility.await().until(() -> provider.billed().get(0).end() != End.RUNNING);
    assertThat(provider.billed().get(0).end()).isEqualTo(End.CLIENT_GONE);
    assertThat(provider.billed().get(0).usage().output())
        .as("generated until the provider noticed")
        .isLessThanOrEqualTo(row.usage().output());

    Awaitility.await()
        .untilAsserted(() -> assertThat(gateway.balance("ada").held()).isEqualTo("0"));
    assertThat(Unit.USD.parse(gateway.balance("ada").used())).isEqualTo(row.nanos());
    assertThat(api.post(gateway, key, api.body(true, 8_000)).statusCode())
        .isEqualTo(api.refusedStatus());
    assertThat(provider.requests()).isEqualTo(1);
    assertThat(gateway.verify().problems()).isEmpty();
  }

  @Test
  void aStreamThatThoughtUnseenBeforeItWasCutIsBookedAtWhatItMayHaveThought() throws Exception {
    Api api = Api.MESSAGES;
    String body = api.thinking(THINKING, 8_000);
    long budget = ceiling(api, body, THINKING + 2 * STEP);
    gateway(budget, "", "ada: { allowance: small }");
    // Less than a step beyond the hold in all: however late the provider notices, it is in time.
    HttpResponse<String> answer =
        api.post(
            gateway,
            gateway.key("ada"),
            body,
            "x-fake-reasoning-tokens",
            Long.toString(THINKING),
            "x-fake-output-tokens",
            "1400",
            "x-fake-pace-micros",
            "200");
    assertThat(answer.statusCode()).isEqualTo(200);
    endsByLength(api, answer.body());
    Awaitility.await().until(() -> gateway.rows().size() == 1);
    UsageRow row = gateway.rows().get(0);
    assertThat(row.outcome()).isEqualTo("cut");
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    Awaitility.await().until(() -> provider.billed().get(0).end() != End.RUNNING);
    long generated = provider.billed().get(0).usage().output();
    assertThat(generated).as("more than was held").isGreaterThan(THINKING + STEP / 2);
    assertThat(row.usage().output()).isBetween(generated, THINKING + 2 * STEP);
    assertThat(row.nanos()).as("within what was exposed").isLessThanOrEqualTo(budget);
  }

  private static void endsByLength(Api api, String body) {
    List<String> events = List.of(body.strip().split("\r?\n\r?\n"));
    String last = events.get(events.size() - 1);
    String before = events.get(events.size() - 2);
    switch (api) {
      case CHAT -> {
        assertThat(last).isEqualTo("data: [DONE]");
        assertThat(before).contains("\"finish_reason\":\"length\"");
      }
      case MESSAGES -> {
        assertThat(last).isEqualTo("event: message_stop\ndata: {\"type\":\"message_stop\"}");
        assertThat(before).contains("\"stop_reason\":\"max_tokens\"");
        assertThat(events.get(events.size() - 3)).contains("content_block_stop");
      }
      case RESPONSES ->
          assertThat(last)
              .startsWith("event: response.incomplete\n")
              .contains("\"incomplete_details\":{\"reason\":\"max_output_tokens\"}");
      case GEMINI -> assertThat(last).contains("\"finishReason\":\"MAX_TOKENS\"");
    }
    assertThat(body).doesNotContain("\"error\":{", "event: error");
  }

  @ParameterizedTest
  @EnumSource
  void whatIsLeftLowersTheOutputCapThatTheProviderGets(Api api) throws Exception {
    String body = api.body(false, 8_000);
    long budget = ceiling(api, body, 3_000);
    gateway(budget, "", "ada: { allowance: small }");
    HttpResponse<String> answer =
        api.post(gateway, gateway.key("ada"), body, "x-fake-output-tokens", "20000");
    assertThat(answer.statusCode()).isEqualTo(200);
    long cap = Long.parseLong(answer.headers().firstValue("stipend-output-cap").orElseThrow());
    assertThat(cap).isBetween(3_000L, 3_100L);
    assertThat(provider.billed().get(0).usage().output()).as("the provider's cap").isEqualTo(cap);
    assertThat(answer.body())
        .contains(
            switch (api) {
              case CHAT -> "\"finish_reason\":\"length\"";
              case MESSAGES -> "\"max_tokens\"";
              case RESPONSES -> "\"max_output_tokens\"";
              case GEMINI -> "\"MAX_TOKENS\"";
            });
    Awaitility.await().until(() -> gateway.rows().size() == 1);
    assertThat(gateway.rows().get(0).nanos()).isLessThanOrEqualTo(budget);
  }

  @ParameterizedTest
  @EnumSource
  void aCapBelowTheFloorIsNotSetAndNothingIsSent(Api api) throws Exception {
    String body = api.body(false, 8_000);
    gateway(ceiling(api, body, 900), "", "ada: { allowance: small }");
    assertThat(api.post(gateway, gateway.key("ada"), body).statusCode())
        .isEqualTo(api.refusedStatus());
    assertThat(provider.requests()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void aBudgetThatOnlyRefusesLowersNoCap(Api api) throws Exception {
    String body = api.body(false, 8_000);
    gateway(ceiling(api, body, 7_900), ", when_short: [refuse]", "ada: { allowance: small }");
    assertThat(api.post(gateway, gateway.key("ada"), body).statusCode())
        .isEqualTo(api.refusedStatus());
    assertThat(provider.requests()).isZero();
  }

  @Test
  void manyAtOnceNeverSpendMoreThanThereIs() throws Exception {
    StringBuilder people = new StringBuilder();
    for (int round = 0; round < ROUNDS; round++) {
      people.append("p").append(round).append(": { allowance: small }, ");
    }
    String body = Api.CHAT.body(false, 200);
    long budget = AFFORDED * ceiling(Api.CHAT, body, 200);
    gateway(budget, ", when_short: [refuse]", people.toString());
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try {
      for (int round = 0; round < ROUNDS; round++) {
        String person = "p" + round;
        long before = provider.requests();
        List<Integer> statuses = atOnce(clients, gateway.key(person), body);
        long admitted = statuses.stream().filter(s -> s == 200).count();
        assertThat(statuses).as("statuses").containsOnly(200, 402);
        assertThat(admitted).as("admitted in round " + round).isBetween(8L, (long) AFFORDED);
        assertThat(provider.requests() - before).isEqualTo(admitted);
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .untilAsserted(() -> assertThat(gateway.balance(person).held()).isEqualTo("0"));
        assertThat(Unit.USD.parse(gateway.balance(person).used()))
            .isBetween(budget / AFFORDED * 7, budget);
      }
    } finally {
      clients.shutdownNow();
    }
    assertThat(gateway.verify().problems()).isEmpty();
  }

  private List<Integer> atOnce(ExecutorService clients, String key, String body) throws Exception {
    CyclicBarrier start = new CyclicBarrier(CLIENTS);
    List<Future<Integer>> all = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      all.add(
          clients.submit(
              () -> {
                start.await();
                return Api.CHAT
                    .post(
                        gateway,
                        key,
                        body,
                        "x-fake-output-tokens",
                        "200",
                        "x-fake-delay-millis",
                        "100")
                    .statusCode();
              }));
    }
    List<Integer> statuses = new ArrayList<>();
    for (Future<Integer> one : all) {
      statuses.add(one.get());
    }
    return statuses;
  }
}
