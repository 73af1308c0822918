package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.net.http.HttpResponse;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Providers fail in every way: the client hears of it in its dialect, and the ledger has one row.
 */
class UpstreamFailureTest {
  private static final long CAP = 4_000;
  private static final long EXPECTED = 1_024;
  private static final long STEP = 1_024;
  private static final long THINKING = 1_500;

  private FakeProvider provider;
  private TestGateway gateway;
  private String key;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
    start("first_byte_time: 10s, upstream_idle_time: 10s");
  }

  /** A stall is waited for to its end, so no longer than it must; all else is given time. */
  private void awaits(String fault, String firstByte) {
    if (fault.equals("stall")) {
      gateway.close();
      start("first_byte_time: " + firstByte + ", upstream_idle_time: 300ms");
    }
  }

  private void start(String times) {
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "%1$s", key: "provider-key" }
              anthropic: { url: "%1$s", key: "provider-key" }
              gemini: { url: "%1$s", key: "provider-key" }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini", "gpt-5-mini", "claude-haiku-4-5", "gemini-*"] }
            allowances: { engineer: { amount: 400 USD, every: year } }
            people: { ada: { allowance: engineer, limits: { concurrent: 1 } } }
            """
                .formatted(provider.url()),
            "limits: { " + times + " }");
    key = gateway.key("ada");
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  @ParameterizedTest
  @CsvSource({
    "CHAT, false, reset, 502, upstream_reset",
    "CHAT, true, reset, 502, upstream_reset",
    "MESSAGES, false, reset, 502, upstream_reset",
    "MESSAGES, true, reset, 502, upstream_reset",
    "RESPONSES, true, reset, 502, upstream_reset",
    "GEMINI, true, reset, 502, upstream_reset",
    "RESPONSES, false, reset, 502, upstream_reset",
    "GEMINI, false, stall, 504, upstream_timeout",
    "CHAT, false, stall, 504, upstream_timeout",
    "CHAT, true, stall, 504, upstream_timeout",
    "MESSAGES, false, stall, 504, upstream_timeout",
    "MESSAGES, true, stall, 504, upstream_timeout"
  })
  void aFailureBeforeTheHeadIsAnAnswerOfTheGatewayAndAssumed(
      Api api, boolean stream, String fault, int status, String outcome) throws Exception {
    awaits(fault, "300ms");
    // A whole answer is generated before a byte of it comes: a step of it needs no time here.
    String[] headers = {"x-fake-output-tokens", "1000", "x-fake-" + fault + "-after", "0"};
    HttpResponse<String> answer = post(api, stream, headers);
    assertThat(answer.statusCode()).isEqualTo(status);
    isErrorOf(api, answer.body());
    UsageRow row = onlyRow();
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(row.outcome()).isEqualTo(outcome);
    assertThat(row.httpStatus()).isZero();
    assertThat(row.flags()).isEqualTo("assumed");
    assertThat(row.usage().output()).isBetween(stream ? EXPECTED : STEP, CAP);
    assertThat(row.usage().output()).isGreaterThanOrEqualTo(generated());
    assertThat(row.nanos()).isPositive();
    nothingIsHeld();
  }

  @ParameterizedTest
  @CsvSource({
    "CHAT, reset, ASSUMED, upstream_reset",
    "MESSAGES, reset, ASSUMED, upstream_reset",
    "CHAT, stall, ASSUMED, upstream_timeout",
    "MESSAGES, stall, ASSUMED, upstream_timeout",
    "CHAT, truncate, COUNTED, upstream_truncated",
    "MESSAGES, truncate, COUNTED, upstream_truncated",
    "RESPONSES, reset, ASSUMED, upstream_reset",
    "RESPONSES, stall, ASSUMED, upstream_timeout",
    "RESPONSES, truncate, COUNTED, upstream_truncated",
    "GEMINI, reset, ASSUMED, upstream_reset",
    "GEMINI, stall, ASSUMED, upstream_timeout",
    "GEMINI, truncate, COUNTED, upstream_truncated"
  })
  void aStreamThatBreaksEndsWithTheDialectsErrorAndIsPaidFor(
      Api api, String fault, UsageSource source, String outcome) throws Exception {
    awaits(fault, "10s");
    // More than is expected at first, so that the hold has grown when it breaks.
    String[] headers = {"x-fake-output-tokens", "3000", "x-fake-" + fault + "-after", "1500"};
    HttpResponse<String> answer = post(api, true, headers);
    assertThat(answer.statusCode()).isEqualTo(200);
    String[] events = answer.body().strip().split("\r?\n\r?\n");
    String last = events[events.length - 1];
    switch (api) {
      case CHAT, GEMINI -> assertThat(last).startsWith("data: {\"error\":{");
      case MESSAGES -> assertThat(last).startsWith("event: error\ndata: {\"type\":\"error\"");
      case RESPONSES -> assertThat(last).startsWith("event: response.failed\ndata: {");
    }
    assertThat(answer.body())
        .doesNotContain("[DONE]", "message_stop", "response.completed", "finishReason");
    UsageRow row = onlyRow();
    assertThat(row.usageSource()).isEqualTo(source);
    assertThat(row.outcome()).isEqualTo(outcome);
    assertThat(row.usage().output()).isBetween(generated(), CAP);
    nothingIsHeld();
  }

  @ParameterizedTest
  @CsvSource({
    "CHAT, reset, upstream_reset",
    "MESSAGES, reset, upstream_reset",
    "CHAT, stall, upstream_timeout",
    "MESSAGES, stall, upstream_timeout",
    "CHAT, truncate, upstream_reset",
    "MESSAGES, truncate, upstream_reset",
    "RESPONSES, reset, upstream_reset",
    "GEMINI, truncate, upstream_reset"
  })
  void aWholeAnswerThatBreaksIsBrokenForItsClientTooAndAssumed(
      Api api, String fault, String outcome) throws Exception {
    awaits(fault, "10s");
    try {
      // What broke before the gate opened was not begun: then it is an answer of the gateway.
      String[] headers = {"x-fake-output-tokens", "1000", "x-fake-" + fault + "-after", "1"};
      assertThat(post(api, false, headers).statusCode()).isEqualTo(502);
    } catch (IOException e) {
      assertThat(e).as("the answer was begun and cut off").isNotNull();
    }
    UsageRow row = onlyRow();
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(row.outcome()).isEqualTo(outcome);
    assertThat(row.httpStatus()).isEqualTo(200);
    assertThat(row.usage().output()).isBetween(STEP, CAP);
    assertThat(row.usage().output()).isGreaterThanOrEqualTo(generated());
    nothingIsHeld();
  }

  @ParameterizedTest
  @CsvSource({
    "CHAT, false", "CHAT, true", "MESSAGES, false", "MESSAGES, true",
    "RESPONSES, false", "RESPONSES, true", "GEMINI, false", "GEMINI, true"
  })
  void anAnswerWithoutUsageIsCounted(Api api, boolean stream) throws Exception {
    HttpResponse<String> answer =
        post(api, stream, "x-fake-no-usage", "true", "x-fake-output-tokens", "333");
    assertThat(answer.statusCode()).isEqualTo(200);
    UsageRow row = onlyRow();
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    assertThat(row.outcome()).isEqualTo("completed");
    assertThat(row.usage().output()).isBetween(333L, 2 * 333L);
    assertThat(row.usage().input()).isPositive();
    nothingIsHeld();
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void anAnswerWithoutUsageOfAModelThatThinksUnseenIsAssumed(boolean stream) throws Exception {
    String body = Api.CHAT.body("gpt-5-mini", stream, CAP, "");
    Api.CHAT.post(
        gateway,
        key,
        body,
        "x-fake-no-usage",
        "true",
        "x-fake-reasoning-tokens",
        "700",
        "x-fake-output-tokens",
        "50");
    UsageRow row = onlyRow();
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(row.usage().output()).isBetween(generated(), CAP);
    nothingIsHeld();
  }

  @ParameterizedTest
  @CsvSource({
    "CHAT, reset",
    "CHAT, stall",
    "CHAT, truncate",
    "MESSAGES, reset",
    "MESSAGES, stall",
    "MESSAGES, truncate",
    "RESPONSES, reset",
    "RESPONSES, truncate",
    "GEMINI, reset",
    "GEMINI, truncate"
  })
  void whatAModelThoughtUnseenBeforeItsStreamBrokeIsPaidFor(Api api, String fault)
      throws Exception {
    awaits(fault, "10s");
    HttpResponse<String> answer =
        api.post(
            gateway,
            key,
            api.thinking(THINKING, CAP),
            "x-fake-reasoning-tokens",
            Long.toString(THINKING),
            "x-fake-output-tokens",
            "300",
            "x-fake-" + fault + "-after",
            "100");
    assertThat(answer.statusCode()).isEqualTo(200);
    UsageRow row = onlyRow();
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(row.usage().output()).isBetween(generated(), CAP);
    assertThat(generated()).as("more than was expected or seen").isGreaterThan(THINKING);
    nothingIsHeld();
  }

  @ParameterizedTest
  @CsvSource({
    "CHAT, 400",
    "CHAT, 429",
    "CHAT, 500",
    "MESSAGES, 400",
    "MESSAGES, 529",
    "RESPONSES, 429",
    "GEMINI, 429",
    "GEMINI, 503"
  })
  void anErrorOfTheProviderIsPassedOnAndCostsNothing(Api api, int status) throws Exception {
    HttpResponse<String> answer = post(api, true, "x-fake-status", String.valueOf(status));
    assertThat(answer.statusCode()).isEqualTo(status);
    isErrorOf(api, answer.body());
    assertThat(answer.body()).contains("scripted status " + status);
    UsageRow row = onlyRow();
    assertThat(row.usageSource()).isEqualTo(UsageSource.REPORTED);
    assertThat(row.outcome()).isEqualTo("upstream_error");
    assertThat(row.httpStatus()).isEqualTo(status);
    assertThat(row.nanos()).isZero();
    nothingIsHeld();
  }

  @ParameterizedTest
  @EnumSource
  void aProviderThatCannotBeReachedCostsNothingAndLeavesNoRow(Api api) throws Exception {
    provider.close();
    HttpResponse<String> answer = post(api, false);
    assertThat(answer.statusCode()).isEqualTo(502);
    isErrorOf(api, answer.body());
    nothingIsHeld();
    assertThat(gateway.rows()).isEmpty();
    assertThat(gateway.balance("ada").used()).isEqualTo("0");
  }

  private HttpResponse<String> post(Api api, boolean stream, String... headers)
      throws IOException, InterruptedException {
    return api.post(gateway, key, api.body(stream, CAP), headers);
  }

  private static void isErrorOf(Api api, String body) {
    assertThat(body).startsWith(api == Api.MESSAGES ? "{\"type\":\"error\"" : "{\"error\":{");
  }

  /** What the one reply of the provider would be billed for, when it has ended. */
  private long generated() {
    Awaitility.await().until(() -> provider.billed().get(0).end() != End.RUNNING);
    Billed billed = provider.billed().get(0);
    return billed.usage().output();
  }

  private UsageRow onlyRow() {
    Awaitility.await().until(() -> !gateway.rows().isEmpty());
    assertThat(gateway.rows()).hasSize(1);
    return gateway.rows().get(0);
  }

  private void nothingIsHeld() {
    Awaitility.await()
        .untilAsserted(() -> assertThat(gateway.balance("ada").held()).isEqualTo("0"));
    assertThat(gateway.verify().problems()).isEmpty();
  }
}
