package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.admin.AdminService.CorrectionOrder;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.ledger.LedgerReader;
import java.nio.file.Files;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Corrections of calls that one owner's two budgets of one unit paid, through the admin listener.
 */
class CorrectionOfTwoBudgetsTest {
  /** 20 tokens in and 100 out of gpt-4o-mini, in nanos. */
  private static final long COST = 20 * 150 + 100 * 600;

  private static final String DAILY = "{ amount: 10 USD, every: day }, ";

  private final AtomicReference<Instant> clock =
      new AtomicReference<>(Instant.parse("2026-01-23T12:00:00Z"));
  private final FakeProvider provider = FakeProvider.start(0);
  private final TestGateway gateway =
      TestGateway.start(
          """
          calendar: { timezone: UTC, currency: USD }
          providers: { openai: { url: "PROVIDER", key: "provider-key" } }
          rate_cards: [builtin]
          models: { allow: ["gpt-*"] }
          people: { ada: { budget: [DAILY{ amount: 100 USD, every: month }] } }
          """
              .replace("PROVIDER", provider.url())
              .replace("DAILY", DAILY),
          "",
          clock::get);
  private final String key = gateway.key("ada");

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  @Test
  void bothBudgetsBearACorrectionWholeAndTogetherWithWhatLaterOnesAdd() throws Exception {
    String exchange = spend();
    correct(exchange, "0.001");
    assertThat(used()).isEqualTo(Map.of("2026-01-23", 1_000_000L, "2026-01", 1_000_000L));

    clock.set(Instant.parse("2026-01-24T12:00:00Z"));
    spend();
    correct(exchange, "0.0005");
    assertThat(used())
        .isEqualTo(
            Map.of(
                "2026-01-23",
                1_000_000L,
                "2026-01-24",
                COST - 500_000L,
                "2026-01",
                COST + 500_000L));
    correct(exchange, "0.002");
    assertThat(used())
        .isEqualTo(
            Map.of(
                "2026-01-23", 1_000_000L,
                "2026-01-24", COST + 1_000_000L,
                "2026-01", COST + 2_000_000L));
    assertThat(gateway.verify().problems()).isEmpty();
  }

  @Test
  void theCorrectionOfABudgetThatIsGoneIsNotBookedOnTheOtherOfItsOwner() throws Exception {
    String exchange = spend();
    clock.set(Instant.parse("2026-01-24T12:00:00Z"));
    spend();
    Files.writeString(
        gateway.quotaFile(), Files.readString(gateway.quotaFile()).replace(DAILY, ""));
    gateway.restart();
    clock.set(Instant.parse("2026-02-01T12:00:00Z"));
    spend();

    correct(exchange, "0.001");
    assertThat(used())
        .isEqualTo(
            Map.of(
                "2026-01-23",
                COST,
                "2026-01-24",
                1_000_000L,
                "2026-01",
                2 * COST,
                "2026-02",
                1_000_000L));
    assertThat(gateway.verify().problems()).isEmpty();
  }

  private void correct(String exchange, String cost) {
    AdminClient.find(gateway.data())
        .orElseThrow()
        .correct(
            new CorrectionOrder(
                exchange, null, null, null, null, null, null, null, cost, "the invoice says so"),
            "grace");
  }

  /** What is used, by period. */
  private Map<String, Long> used() {
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      Map<String, Long> used = new TreeMap<>();
      reader.totals().forEach((account, totals) -> used.put(account.period(), totals.used()));
      return used;
    }
  }

  private String spend() throws Exception {
    int before = gateway.rows().size();
    assertThat(
            Api.CHAT
                .post(
                    gateway,
                    key,
                    Api.CHAT.body(false, 100),
                    "x-fake-input-tokens",
                    "20",
                    "x-fake-output-tokens",
                    "100")
                .statusCode())
        .isEqualTo(200);
    Awaitility.await().until(() -> gateway.rows().size() > before);
    return gateway.rows().get(before).exchangeId();
  }
}
