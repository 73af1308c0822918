package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageReport;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.RateCardException;
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
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Agents that ask for 128,000 tokens each, and what that pins of ten dollars. */
class HeldAndExposedTest {
  private static final int AGENTS = 20;
  private static final long CAP = 128_000;
  private static final long TEN_DOLLARS = 10 * Unit.NANOS;

  /** All of its output shows; its whole cap costs 3.20 USD. */
  private static final String VISIBLE = "claude-opus-4-8";

  /** It thinks unseen; its whole cap costs 1.28 USD, so that seven fit into ten dollars. */
  private static final String UNSEEN = "gpt-5";

  private static final int UNSEEN_AT_ONCE = 7;

  /** Calls that agents make one after another. */
  private static final int CALLS = 70;

  /** Answers from which the tokens of a byte are learned. */
  private static final int LEARNED_FROM = 105;

  /** What a stream of fifteen hundred tokens needs, its steps included. */
  private static final String TIGHT =
      Unit.USD.format(rating(VISIBLE).ceiling(200, 3_600, null).nanos());

  private FakeProvider provider;
  private TestGateway gateway;
  private ExecutorService clients;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
    clients = Executors.newFixedThreadPool(AGENTS);
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "%1$s", key: "provider-key" }
              anthropic: { url: "%1$s", key: "provider-key" }
            rate_cards: [builtin]
            models: { allow: ["%2$s", "%3$s"] }
            allowances:
              small: { amount: 10 USD, every: year }
              large: { amount: 1000 USD, every: year }
              tight: { amount: %4$s USD, every: year }
            people: { ada: { allowance: small }, bob: { allowance: large }, carol: { allowance: tight } }
            """
                .formatted(provider.url(), VISIBLE, UNSEEN, TIGHT));
  }

  @AfterEach
  void stop() {
    clients.shutdownNow();
    gateway.close();
    provider.close();
  }

  private static Rating rating(String model) {
    String vendor = model.equals(UNSEEN) ? "openai" : "anthropic";
    try {
      return RateCards.load(List.of(RateCards.Source.builtin()))
          .rating(vendor, vendor, model, Instant.now());
    } catch (RateCardException e) {
      throw new AssertionError(e);
    }
  }

  /** Sends this by all agents at once; the answers in no order. */
  private List<HttpResponse<String>> atOnce(Api api, String key, String body, String... headers)
      throws Exception {
    CyclicBarrier start = new CyclicBarrier(AGENTS);
    List<Future<HttpResponse<String>>> all = new ArrayList<>();
    for (int i = 0; i < AGENTS; i++) {
      all.add(
          clients.submit(
              () -> {
                start.await();
                return api.post(gateway, key, body, headers);
              }));
    }
    List<HttpResponse<String>> answers = new ArrayList<>();
    for (Future<HttpResponse<String>> one : all) {
      answers.add(one.get());
    }
    return answers;
  }

  /** What the provider bills is what the ledger says and the balance shows; returns it. */
  private long agreed() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(gateway.balance("ada").held()).isEqualTo("0"));
    long billed = 0;
    for (Billed one : provider.billed()) {
      assertThat(one.end()).isEqualTo(End.COMPLETED);
      UsageReport.Part whole = new UsageReport.Part(null, one.usage());
      billed +=
          rating(one.model())
              .charge(new UsageReport(List.of(whole), one.model(), one.serviceTier(), false))
              .nanos();
    }
    assertThat(gateway.rows().stream().mapToLong(UsageRow::nanos).sum()).isEqualTo(billed);
    assertThat(Unit.USD.parse(gateway.balance("ada").used())).isEqualTo(billed);
    assertThat(gateway.verify().problems()).isEmpty();
    return billed;
  }

  @Test
  void twentyAgentsWhoseOutputShowsAllRunWhenTheirRealUseFits() throws Exception {
    String body = Api.MESSAGES.body(VISIBLE, true, CAP, "");
    List<HttpResponse<String>> answers =
        atOnce(Api.MESSAGES, gateway.key("ada"), body, "x-fake-output-tokens", "3000");
    assertThat(answers).extracting(HttpResponse::statusCode).containsOnly(200);
    assertThat(answers)
        .allSatisfy(
            answer -> {
              assertThat(answer.headers().firstValue("stipend-output-cap")).isEmpty();
              assertThat(answer.body()).contains("\"stop_reason\":\"end_turn\"");
            });
    assertThat(provider.billed()).hasSize(AGENTS);
    assertThat(agreed()).isBetween(TEN_DOLLARS * 15 / 100, TEN_DOLLARS * 2 / 10);
    assertThat(AGENTS * rating(VISIBLE).ceiling(0, CAP, null).nanos())
        .as("their caps together")
        .isGreaterThan(6 * TEN_DOLLARS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void twentyAgentsThatThinkUnseenCannotTogetherExceedWhatThereIs(boolean stream) throws Exception {
    String body = Api.CHAT.body(UNSEEN, stream, CAP, "");
    List<HttpResponse<String>> answers =
        atOnce(
            Api.CHAT,
            gateway.key("ada"),
            body,
            "x-fake-reasoning-tokens",
            Long.toString(CAP),
            "x-fake-output-tokens",
            "10",
            "x-fake-delay-millis",
            "1500");
    assertThat(answers).extracting(HttpResponse::statusCode).containsOnly(200, 402);
    long ran = answers.stream().filter(answer -> answer.statusCode() == 200).count();
    // What the whole caps of seven leave affords an eighth with a lower one.
    assertThat(ran).isBetween((long) UNSEEN_AT_ONCE, UNSEEN_AT_ONCE + 1L);
    assertThat(provider.billed()).hasSize((int) ran);
    assertThat(agreed()).isBetween(TEN_DOLLARS * 8 / 10, TEN_DOLLARS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noAgentIsRefusedOrClampedForWhatTheLastCallsAreAboutToGiveBack(boolean stream)
      throws Exception {
    String key = gateway.key("ada");
    String body = Api.CHAT.body(UNSEEN, stream, CAP, "");
    AtomicInteger left = new AtomicInteger(CALLS);
    List<Future<List<HttpResponse<String>>>> agents = new ArrayList<>();
    for (int i = 0; i < UNSEEN_AT_ONCE; i++) {
      agents.add(
          clients.submit(
              () -> {
                List<HttpResponse<String>> answers = new ArrayList<>();
                while (left.decrementAndGet() >= 0) {
                  answers.add(Api.CHAT.post(gateway, key, body, "x-fake-reasoning-tokens", "300"));
                }
                return answers;
              }));
    }
    for (Future<List<HttpResponse<String>>> agent : agents) {
      assertThat(agent.get())
          .allSatisfy(
              answer -> {
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                assertThat(answer.headers().firstValue("stipend-output-cap")).isEmpty();
              });
    }
    assertThat(provider.billed()).hasSize(CALLS);
    // Had they used more than a dollar, seven whole caps would no longer fit.
    assertThat(agreed())
        .isLessThan(TEN_DOLLARS - UNSEEN_AT_ONCE * rating(UNSEEN).ceiling(100, CAP, null).nanos());
  }

  @Test
  void aStreamIsNotCutForTextThatIsLongerThanItsTokens() throws Exception {
    String others = gateway.key("bob");
    String body = Api.MESSAGES.body(VISIBLE, true, CAP, "");
    for (int i = 0; i < LEARNED_FROM; i++) {
      Api.MESSAGES.post(
          gateway, others, body, "x-fake-output-tokens", "110", "x-fake-token-bytes", "40");
    }
    // At three bytes a token, these would be 20,000.
    HttpResponse<String> answer =
        Api.MESSAGES.post(
            gateway,
            gateway.key("carol"),
            body,
            "x-fake-output-tokens",
            "1500",
            "x-fake-token-bytes",
            "40");
    assertThat(answer.body()).contains("\"stop_reason\":\"end_turn\"");
    Awaitility.await().until(() -> gateway.rows().size() == LEARNED_FROM + 1);
    assertThat(gateway.rows().get(LEARNED_FROM).usage().output()).isEqualTo(1_500);
  }
}
