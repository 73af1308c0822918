package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The steps of a short budget over a running gateway, in both dialects. */
class WhenShortTest {
  private static final long CAP = 3_000;
  private static final String USED = "2000";

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

  private static String dear(Api api) {
    return api == Api.CHAT ? "gpt-4o" : "claude-opus-4-5";
  }

  /** The allowance of ada with these terms; bob's is large. */
  private void gateway(long nanos, String terms) {
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "%1$s", key: "provider-key" }
              anthropic: { url: "%1$s", key: "provider-key" }
            rate_cards: [builtin]
            models:
              allow: ["gpt-4o*", "claude-*"]
              aliases: { best: gpt-4o, finest: claude-opus-4-5 }
            allowances: { small: { amount: %2$s USD, every: year, %3$s } }
            people: { ada: { allowance: small }, eve: { allowance: small, models: ["gpt-4o", "claude-opus-*"] } }
            """
                .formatted(provider.url(), Unit.USD.format(nanos), terms));
  }

  private static Rating rating(String model) throws Exception {
    String vendor = model.startsWith("gpt") ? "openai" : "anthropic";
    return RateCards.load(List.of(RateCards.Source.builtin()))
        .rating(vendor, vendor, model, Instant.now());
  }

  /** The most that such a call can cost before anything is learned. */
  private static long ceiling(String model, String body, long output) throws Exception {
    return rating(model).ceiling((body.length() + 2) / 3, output, null).nanos();
  }

  private UsageRow row(int index) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> gateway.rows().size() == index + 1 && open("ada").equals("0"));
    return gateway.rows().get(index);
  }

  private String open(String person) {
    return gateway.balance(person).held();
  }

  /** What the provider bills is what the ledger says and the balance shows. */
  private void agreed(String person) throws Exception {
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
    assertThat(Unit.USD.parse(gateway.balance(person).used())).isEqualTo(billed);
    assertThat(gateway.verify().problems()).isEmpty();
  }

  private static String downgrades(Api api) {
    return "downgrade: { " + dear(api) + ": " + target(api) + " }";
  }

  /** As a file may write it: with its provider and without. */
  private static String target(Api api) {
    return api == Api.CHAT ? api.model : "anthropic/" + api.model;
  }

  @ParameterizedTest
  @CsvSource({"CHAT, false", "CHAT, true", "MESSAGES, false", "MESSAGES, true"})
  void aDowngradedCallRunsOnTheCheaperModelAndIsChargedByIt(Api api, boolean stream)
      throws Exception {
    String body = api.body(api == Api.CHAT ? "best" : "finest", stream, CAP, "");
    long budget = ceiling(dear(api), body, 1_000);
    gateway(budget, "when_short: [clamp, downgrade, refuse], " + downgrades(api));
    String key = gateway.key("ada");
    HttpResponse<String> answer = api.post(gateway, key, body, "x-fake-output-tokens", USED);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("stipend-model-downgraded"))
        .hasValue(dear(api) + " -> " + api.model);
    assertThat(answer.headers().firstValue("stipend-output-cap")).isEmpty();
    assertThat(answer.body()).contains("\"model\":\"" + api.model + "\"");
    assertThat(provider.billed().get(0).model()).isEqualTo(api.model);

    UsageRow row = row(0);
    assertThat(row.modelRequested()).isEqualTo(dear(api));
    assertThat(row.modelServed()).isEqualTo(api.model);
    assertThat(row.usageSource()).isEqualTo(UsageSource.REPORTED);
    assertThat(row.usage().output()).isEqualTo(2_000);
    assertThat(row.priceVersion()).isEqualTo(rating(api.model).priceVersion());
    agreed("ada");
  }

  @ParameterizedTest
  @EnumSource(names = {"CHAT", "MESSAGES"})
  void aDowngradedCallWhoseAnswerIsLostIsAssumedAtThePriceOfTheModelThatRan(Api api)
      throws Exception {
    String body = api.body(dear(api), false, CAP, "");
    gateway(ceiling(dear(api), body, 1_000), "when_short: [downgrade], " + downgrades(api));
    HttpResponse<String> answer =
        api.post(gateway, gateway.key("ada"), body, "x-fake-reset-after", "0");
    assertThat(answer.statusCode()).isEqualTo(502);
    UsageRow row = row(0);
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(row.modelRequested()).isEqualTo(dear(api));
    assertThat(row.modelServed()).isEqualTo(api.model);
    assertThat(row.nanos()).isLessThanOrEqualTo(ceiling(api.model, body, CAP)).isPositive();
  }

  @ParameterizedTest
  @EnumSource(names = {"CHAT", "MESSAGES"})
  void nobodyIsDowngradedToAModelThatIsNotTheirs(Api api) throws Exception {
    String body = api.body(dear(api), false, CAP, "");
    gateway(ceiling(dear(api), body, 1_000), "when_short: [downgrade, refuse], " + downgrades(api));
    assertThat(api.post(gateway, gateway.key("eve"), body).statusCode()).isEqualTo(402);
    assertThat(provider.requests()).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"CHAT", "MESSAGES"})
  void theOrderOfTheListDecidesWhetherACallIsClampedOrDowngraded(Api api) throws Exception {
    String body = api.body(dear(api), false, CAP, "");
    gateway(ceiling(dear(api), body, 2_500), "when_short: [clamp, downgrade], " + downgrades(api));
    HttpResponse<String> answer = api.post(gateway, gateway.key("ada"), body);
    assertThat(answer.headers().firstValue("stipend-model-downgraded")).isEmpty();
    assertThat(Long.parseLong(answer.headers().firstValue("stipend-output-cap").orElseThrow()))
        .isBetween(2_500L, CAP - 1);
    assertThat(provider.billed().get(0).model()).isEqualTo(dear(api));
  }

  @ParameterizedTest
  @EnumSource(names = {"CHAT", "MESSAGES"})
  void aClientCannotUseWhatIsNotListed(Api api) throws Exception {
    String body = api.body(dear(api), false, CAP, "");
    gateway(
        ceiling(dear(api), body, 2_500),
        "when_short: [refuse], overdraft: 50%, finish: 50%, " + downgrades(api));
    assertThat(api.post(gateway, gateway.key("ada"), body).statusCode()).isEqualTo(402);
    assertThat(provider.requests()).isZero();
    assertThat(Unit.USD.parse(gateway.balance("ada").granted()))
        .isEqualTo(ceiling(dear(api), body, 2_500));
  }

  @ParameterizedTest
  @CsvSource({"CHAT, false", "CHAT, true", "MESSAGES, false", "MESSAGES, true"})
  void anOverdraftLendsWhatLacksUntilItsLimitIsReached(Api api, boolean stream) throws Exception {
    String body = api.body(api.model, stream, 2_000, "");
    long budget = ceiling(api.model, body, 2_100);
    gateway(budget, "when_short: [overdraft, refuse], overshoot: 0 USD, overdraft: 99%");
    String key = gateway.key("ada");
    // The first uses nearly all, the second nearly all that may be lent; a third needs too much.
    for (int call = 0; call < 2; call++) {
      HttpResponse<String> answer = api.post(gateway, key, body, "x-fake-output-tokens", USED);
      assertThat(answer.statusCode()).as("call %s", call).isEqualTo(200);
      assertThat(answer.body()).doesNotContain("error");
      row(call);
    }
    HttpResponse<String> third = api.post(gateway, key, body, "x-fake-output-tokens", USED);
    assertThat(third.statusCode()).isEqualTo(402);
    long granted = Unit.USD.parse(gateway.balance("ada").granted());
    long used = Unit.USD.parse(gateway.balance("ada").used());
    assertThat(granted).isBetween(used, budget + budget * 99 / 100);
    assertThat(granted - budget).as("lent").isPositive();
    assertThat(used).isGreaterThan(budget * 3 / 2);
    agreed("ada");
  }

  @ParameterizedTest
  @EnumSource(names = {"CHAT", "MESSAGES"})
  void anAgentWithAHugeCapIsLentToOverACapThatTheLoanCovers(Api api) throws Exception {
    String body = api.body(api.model, false, 16_000, "");
    long budget = ceiling(api.model, body, 4_000);
    gateway(budget, "when_short: [clamp, overdraft, refuse], overdraft: 50%");
    String key = gateway.key("ada");
    api.post(gateway, key, body, "x-fake-output-tokens", "3900");
    row(0);
    HttpResponse<String> second = api.post(gateway, key, body, "x-fake-output-tokens", "500");
    assertThat(second.statusCode()).isEqualTo(200);
    assertThat(Long.parseLong(second.headers().firstValue("stipend-output-cap").orElseThrow()))
        .isBetween(1_024L, 2_300L);
    row(1);
    agreed("ada");
  }

  @ParameterizedTest
  @EnumSource(names = {"CHAT", "MESSAGES"})
  void aSessionThatRunsMayEndAndOthersMayNotBegin(Api api) throws Exception {
    String body = api.body(api.model, true, 2_000, "");
    gateway(
        ceiling(api.model, body, 2_100),
        "when_short: [finish, refuse], overshoot: 0 USD, finish: 99%");
    String key = gateway.key("ada");
    String header = api == Api.CHAT ? "x-session-id" : "x-claude-code-session-id";
    String[] running = {"x-fake-output-tokens", USED, header, "5b0f7c1e-3a77-4c3f-9a0e-3f1f6f3f1c"};
    String[] another = {"x-fake-output-tokens", USED, header, "11111111-3a77-4c3f-9a0e-3f1f6f3f1c"};
    assertThat(api.post(gateway, key, body, running).statusCode()).isEqualTo(200);
    row(0);
    assertThat(api.post(gateway, key, body).statusCode()).as("no session").isEqualTo(402);
    assertThat(api.post(gateway, key, body, another).statusCode()).as("new one").isEqualTo(402);
    assertThat(api.post(gateway, key, body, running).statusCode()).as("running").isEqualTo(200);
    row(1);
    assertThat(api.post(gateway, key, body, running).statusCode()).as("its limit").isEqualTo(402);
    agreed("ada");
  }
}
