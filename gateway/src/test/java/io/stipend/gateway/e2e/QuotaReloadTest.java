package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.ledger.LedgerEntry.QuotaChanged;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The quota file is edited while the gateway runs. */
class QuotaReloadTest {
  /** Several looks at the file. */
  private static final Duration SOON = Duration.ofSeconds(15);

  private FakeProvider provider;
  private TestGateway gateway;
  private String ada;
  private String bob;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers: { openai: { url: "%s", key: "provider-key" } }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini"] }
            allowances: { small: { amount: 0.001 USD, every: year } }
            people:
              ada: { allowance: small }
              bob: { allowance: small }
            """
                .formatted(provider.url()));
    ada = gateway.key("ada");
    bob = gateway.key("bob");
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  private int status(String key) throws Exception {
    return post(key).statusCode();
  }

  private HttpResponse<String> post(String key) throws Exception {
    String body = Api.CHAT.body(false, 1_000);
    return Api.CHAT.post(gateway, key, body, "x-fake-output-tokens", "1000");
  }

  /** Replaces old by new, and so on, as editors and deployments do: by a new file in its place. */
  private void edit(String... changes) throws IOException {
    String text = Files.readString(gateway.quotaFile());
    for (int i = 0; i < changes.length; i += 2) {
      assertThat(text).contains(changes[i]);
      text = text.replace(changes[i], changes[i + 1]);
    }
    Path next = gateway.quotaFile().resolveSibling("next.yaml");
    Files.writeString(next, text);
    Files.move(next, gateway.quotaFile(), StandardCopyOption.REPLACE_EXISTING);
  }

  private List<QuotaChanged> changes() {
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      return reader.quotaChanges();
    }
  }

  private void swapped(int times) {
    Awaitility.await().atMost(SOON).until(() -> changes().size() == 1 + times);
  }

  private String used(String person) {
    Awaitility.await().until(() -> gateway.balance(person).held().equals("0"));
    return gateway.balance(person).used();
  }

  @Test
  void aRaiseAndACutTakeEffectAndUsageStays() throws Exception {
    assertThat(status(ada)).isEqualTo(200);
    String used = used("ada");
    assertThat(used).startsWith("0.0006");
    assertThat(status(ada)).as("0.001 USD cover one call").isEqualTo(402);

    edit("amount: 0.001 USD", "amount: 0.002 USD");
    swapped(1);
    assertThat(used("ada")).isEqualTo(used);
    assertThat(gateway.balance("ada").granted()).isEqualTo("0.002");
    assertThat(status(ada)).isEqualTo(200);
    String usedTwice = used("ada");
    assertThat(usedTwice).startsWith("0.0012");

    edit("amount: 0.002 USD", "amount: 0.0011 USD");
    swapped(2);
    assertThat(used("ada")).isEqualTo(usedTwice);
    assertThat(gateway.balance("ada").granted()).isEqualTo("0.0011");
    assertThat(gateway.balance("ada").remaining()).startsWith("-0.000");
    assertThat(status(ada)).isEqualTo(402);
    assertThat(status(bob)).as("who has used nothing").isEqualTo(200);
    assertThat(provider.requests()).isEqualTo(3);
    assertThat(changes()).extracting(QuotaChanged::configHash).doesNotHaveDuplicates();
    assertThat(gateway.verify().problems()).isEmpty();
  }

  @Test
  void aRemovedPersonIsRefusedAtOnceAndComesBackWithTheSameUsage() throws Exception {
    assertThat(status(bob)).isEqualTo(200);
    String used = used("bob");
    String line = "  bob: { allowance: small }\n";
    edit(line, "");
    swapped(1);
    assertThat(status(bob)).isEqualTo(401);
    assertThat(status(ada)).isEqualTo(200);
    assertThat(provider.requests()).isEqualTo(2);
    assertThat(gateway.rows()).as("the record stays").extracting(UsageRow::person).contains("bob");
    assertThat(gateway.verify().problems()).isEmpty();

    edit("  ada: { allowance: small }\n", "  ada: { allowance: small }\n" + line);
    swapped(2);
    assertThat(used("bob")).isEqualTo(used);
    assertThat(status(bob)).isEqualTo(402);
  }

  @Test
  void aBrokenFileKeepsTheOldOneUntilItIsMended() throws Exception {
    edit("allowance: small }\n  bob", "allowanse: small }\n  bob");
    // That a broken file was looked at cannot be seen from outside: several looks are waited for.
    Awaitility.await()
        .during(Duration.ofMillis(2_500))
        .atMost(SOON)
        .until(() -> changes().size() == 1);
    assertThat(status(ada)).isEqualTo(200);
    assertThat(status(ada)).isEqualTo(402);
    edit("allowanse", "allowance", "amount: 0.001 USD", "amount: 0.002 USD");
    swapped(1);
    assertThat(status(ada)).isEqualTo(200);
  }

  @Test
  void aPriceThatIsEditedDoesNotChangeACallUnderWay() throws Exception {
    String body = Api.CHAT.body(true, 900);
    CompletableFuture<HttpResponse<String>> answer =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Api.CHAT.post(
                    gateway,
                    ada,
                    body,
                    "x-fake-output-tokens",
                    "900",
                    "x-fake-input-tokens",
                    "100",
                    "x-fake-pace-micros",
                    "4000");
              } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    Awaitility.await().until(() -> provider.requests() == 1);
    Files.writeString(
        gateway.quotaFile().resolveSibling("contract.yaml"),
        """
        version: contract-1
        kind: contracted
        currency: USD
        vendor: openai
        models:
          - model: gpt-4o-mini
            source: "a contract"
            checked_on: 2026-11-01
            valid_from: 2025-01-01
            prices: { input: 15, output: 60 }
        """);
    edit("rate_cards: [builtin]", "rate_cards: [builtin, ./contract.yaml]");
    swapped(1);
    assertThat(answer).as("the call is still under way").isNotDone();
    assertThat(answer.get().statusCode()).isEqualTo(200);
    Awaitility.await().until(() -> gateway.rows().size() == 1);
    assertThat(gateway.rows().get(0).nanos()).isEqualTo(100 * 150 + 900 * 600);
    assertThat(gateway.rows().get(0).priceVersion()).startsWith("builtin");
    assertThat(status(ada)).as("at the new price it does not fit").isEqualTo(402);
  }
}
