package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.RateRecord;
import io.stipend.metering.ledger.RatesChanged;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway whose rate card is in euros, and is edited while it runs. */
class RateCardsInForceTest {
  private static final Duration SOON = Duration.ofSeconds(15);

  private static final String CARD =
      """
      version: euros-1
      kind: contracted
      currency: EUR
      provider: openai
      source: order form
      checked_on: 2024-01-05
      valid_from: 2024-01-01
      models:
        - { model: gpt-4o-mini, prices: { input: 1, output: 2 } }
      """;

  @TempDir Path folder;
  private Path card;
  private FakeProvider provider;
  private TestGateway gateway;

  @BeforeEach
  void start() throws IOException {
    card = Files.writeString(folder.resolve("card.yaml"), CARD);
    provider = FakeProvider.start(0);
    gateway =
        TestGateway.start(
            """
            providers: { openai: { url: "%s", key: "provider-key" } }
            rate_cards: [builtin, "%s"]
            exchange_rates: [{ from: EUR, to: USD, date: 2024-01-01, rate: 1.0842, source: ECB }]
            models: { allow: ["gpt-4o-mini"] }
            allowances: { large: { amount: 100 USD, every: year } }
            people: { ada: { allowance: large } }
            """
                .formatted(provider.url(), card));
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  private RateRecord record() {
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      return RateRecord.of(reader);
    }
  }

  private void edit(String text) throws IOException {
    Path next = Files.writeString(folder.resolve("next.yaml"), text);
    Files.move(next, card, StandardCopyOption.REPLACE_EXISTING);
  }

  private UsageRow call() throws Exception {
    int before = gateway.rows().size();
    String body = Api.CHAT.body(false, 1_000);
    assertThat(
            Api.CHAT
                .post(gateway, gateway.key("ada"), body, "x-fake-output-tokens", "1000")
                .statusCode())
        .isEqualTo(200);
    Awaitility.await().until(() -> gateway.rows().size() > before);
    return gateway.rows().get(before);
  }

  @Test
  void whatIsInForceIsInTheRecordAndAPastPriceCanBeShownFromIt() throws Exception {
    UsageRow row = call();
    assertThat(row.priceVersion()).isEqualTo("euros-1@EUR=1.0842");
    long picos = row.usage().input() * 1_084_200 + row.usage().output() * 2_168_400;
    assertThat(row.nanos()).isEqualTo((picos + 999) / 1_000);
    List<RatesChanged> first = record().changes();
    assertThat(first).hasSize(1);
    assertThat(first.get(0).before()).isEmpty();
    assertThat(first.get(0).cards()).extracting(RatesChanged.Card::version).contains("euros-1");

    gateway.restart();
    assertThat(record().changes()).as("the same cards are no change").isEqualTo(first);

    edit(CARD.replace("euros-1", "euros-2").replace("output: 2", "output: 3"));
    Awaitility.await().atMost(SOON).until(() -> record().changes().size() == 2);
    RatesChanged second = record().changes().get(1);
    assertThat(second.before()).isEqualTo(first.get(0).after());
    assertThat(second.what())
        .isEqualTo("0 added, 0 removed, 1 changed: provider openai gpt-4o-mini");
    Awaitility.await().atMost(SOON).until(() -> call().priceVersion().startsWith("euros-2@"));

    String past = first.get(0).at().plusMillis(1).toString();
    assertThat(shown("prices", "show", "gpt-4o-mini", "--at", past, "--recorded"))
        .contains("2.1684", "euros-1")
        .doesNotContain("euros-2");
    assertThat(shown("prices", "show", "gpt-4o-mini")).contains("3.2526", "euros-2");
    assertThat(shown("prices", "list", "--at", past, "--recorded")).contains("euros-1@EUR=1.0842");
    assertThat(gateway.verify().problems()).isEmpty();
  }

  @Test
  void aMonthIsReratedThroughTheRunningGateway() throws Exception {
    UsageRow row = call();
    Path other =
        Files.writeString(folder.resolve("other.yaml"), CARD.replace("euros-1", "euros-3"));
    Files.writeString(other, Files.readString(other).replace("input: 1", "input: 2"));
    String month = YearMonth.from(row.startedAt().atOffset(ZoneOffset.UTC)).toString();
    String[] args = {
      "ledger", "rerate", month, "--card", other.toString(), "--apply", "--reason", "contract"
    };

    assertThat(shown(args)).contains("1 corrections entered");
    UsageRow mended = gateway.rows().get(0);
    assertThat(mended.priceVersion()).isEqualTo("euros-3@EUR=1.0842");
    long picos = row.usage().input() * 2_168_400 + row.usage().output() * 2_168_400;
    assertThat(mended.nanos()).isEqualTo((picos + 999) / 1_000);
    assertThat(gateway.balance("ada").used()).isEqualTo(Unit.USD.format(mended.nanos()));
    assertThat(shown(args)).contains("0 corrections entered");
    assertThat(gateway.verify().problems()).isEmpty();
  }

  private String shown(String... args) {
    Invocation run = Invocation.on(gateway.quotaFile(), args);
    assertThat(run.code()).as(run.err()).isZero();
    return run.out();
  }
}
