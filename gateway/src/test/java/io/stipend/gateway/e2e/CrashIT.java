package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.admin.PersonBalance;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.ServedProcess;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A gateway in its own process is killed under load; the provider lives on, and counts. */
class CrashIT {
  private static final int KILLS = Boolean.getBoolean("stipend.tests.full") ? 10 : 3;
  private static final int CLIENTS = 8;
  private static final int MOST_CALLS = 60;

  /** 200 tokens in 100 ms, so that a kill finds calls at all points of their lives. */
  private static final Map<String, String> PACED =
      Map.of("x-fake-output-tokens", "200", "x-fake-pace-micros", "500");

  @TempDir Path folder;
  private FakeProvider provider;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
  }

  @AfterEach
  void stop() {
    provider.close();
  }

  private void write(String durability) throws Exception {
    ServedProcess.write(
        folder,
        """
        calendar: { timezone: UTC, currency: USD }
        providers:
          openai: { url: "%1$s", key: "provider-key" }
          anthropic: { url: "%1$s", key: "provider-key" }
        rate_cards: [builtin]
        models: { allow: ["gpt-4o-mini", "claude-haiku-4-5"] }
        allowances: { engineer: { amount: 4000 USD, every: month } }
        teams: { payments: { budget: { amount: 90000 USD, every: quarter } } }
        people: { ada: { team: payments, allowance: engineer } }
        """
            .formatted(provider.url()),
        "durability: " + durability);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gate", "strict"})
  void whateverTheProviderSawHasOneRowAndNothingStaysHeld(String durability) throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    write(durability);
    ServedProcess gateway = ServedProcess.start(folder);
    try {
      System.out.println("start to ready: " + gateway.started().toMillis() + " ms");
      String key = gateway.admin().createKey(new KeyOrder("ada", null, null, null), "test").key();
      for (int kill = 1; kill <= KILLS; kill++) {
        long target = provider.requests() + CLIENTS + random.nextInt(MOST_CALLS);
        try (Load load = new Load(gateway, key, CLIENTS, PACED)) {
          await().atMost(Duration.ofSeconds(60)).until(() -> provider.requests() >= target);
          gateway.kill();
        }
        gateway = ServedProcess.start(folder);
        long assumed = hold(gateway, "kill " + kill + ", seed " + seed);
        System.out.printf(
            "%s, kill %d: %d attempts, %d assumed; restart to ready %d ms%n",
            durability, kill, provider.requests(), assumed, gateway.started().toMillis());
      }
      gateway.terminate();
      assertThat(gateway.exitCode(Duration.ofSeconds(30))).isZero();
      ServedLedger.read(folder.resolve("data")).holdAgainst(provider);
    } finally {
      gateway.close();
    }
  }

  /** The ledger, the provider's tally and the balances agree. */
  private long hold(ServedProcess gateway, String when) {
    // The provider hears of the kill through its own sockets.
    await()
        .until(
            () -> provider.billed().stream().noneMatch(b -> b.end() == FakeProvider.End.RUNNING));
    ServedLedger ledger = ServedLedger.read(folder.resolve("data"));
    PersonBalance balance = gateway.admin().balance("ada");
    long assumed;
    try {
      assumed = ledger.holdAgainst(provider);
    } catch (AssertionError e) {
      throw new AssertionError(when, e);
    }
    long nanos = ledger.rows().stream().mapToLong(row -> row.nanos()).sum();
    assertThat(balance.accounts()).hasSize(2);
    assertThat(balance.accounts())
        .as(when)
        .allSatisfy(
            account -> {
              assertThat(account.held()).isEqualTo("0");
              assertThat(new BigDecimal(account.used()).movePointRight(9))
                  .isEqualByComparingTo(BigDecimal.valueOf(nanos));
            });
    return assumed;
  }
}
