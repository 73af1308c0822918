package io.stipend.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.tokens.Learned;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a ledger teaches: the newest answers, as many as are enough, and none beyond a week. */
class RelearningTest {
  private static final Api API = Api.MESSAGES;
  private static final int ANSWERS = 25;

  /** What nobody has learned anything about is taken for. */
  private static final long UNKNOWN = 1_024;

  @Test
  void theNewestAnswersTeachUntilThereAreEnough() throws Exception {
    Instant begin = Instant.parse("2026-11-01T12:00:00Z");
    AtomicReference<Instant> now = new AtomicReference<>(begin);
    try (FakeProvider provider = FakeProvider.start(0);
        TestGateway gateway = gateway(provider, now)) {
      ask(gateway, 30_000);
      now.set(begin.plus(Duration.ofHours(5)));
      ask(gateway, 8_000);
      now.set(begin.plus(Duration.ofHours(6)));
      Instant last = now.get();
      Awaitility.await().until(() -> gateway.rows().size() == 2 * ANSWERS);
      assertThat(learned(gateway, last, ANSWERS)).isBetween(8_000L, 16_000L);
      assertThat(learned(gateway, last, 2 * ANSWERS)).isGreaterThanOrEqualTo(30_000);
      Instant weekAfter = begin.plus(Duration.ofDays(7)).plus(Duration.ofHours(1));
      assertThat(learned(gateway, weekAfter, 2 * ANSWERS)).isBetween(8_000L, 16_000L);
      assertThat(learned(gateway, weekAfter.plus(Duration.ofDays(1)), ANSWERS)).isEqualTo(UNKNOWN);
    }
  }

  private static TestGateway gateway(FakeProvider provider, AtomicReference<Instant> now) {
    String quotas =
        """
        calendar: { timezone: Europe/Berlin, currency: USD }
        providers: { anthropic: { url: "%s", key: "provider-key" } }
        rate_cards: [builtin]
        models: { allow: ["%s"] }
        allowances: { large: { amount: 1000 USD, every: year } }
        people: { ada: { allowance: large } }
        """
            .formatted(provider.url(), API.model);
    return TestGateway.start(quotas, "", now::get);
  }

  private static void ask(TestGateway gateway, long outputTokens) throws Exception {
    String key = gateway.key("ada");
    String body = API.body(false, 100_000);
    for (int i = 0; i < ANSWERS; i++) {
      String tokens = String.valueOf(outputTokens);
      assertThat(API.post(gateway, key, body, "x-fake-output-tokens", tokens).statusCode())
          .isEqualTo(200);
    }
  }

  private static long learned(TestGateway gateway, Instant now, int enough) {
    Learned learned = new Learned();
    Relearning.from(gateway.data(), learned, now, enough);
    return learned.answers().of("ada", API.model);
  }
}
