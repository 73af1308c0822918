package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.ServedProcess;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.LedgerReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM to a gateway in its own process, with calls under way. */
class DrainIT {
  private static final int CLIENTS = 8;

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

  private ServedProcess serve(String drain) throws Exception {
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
        people: { ada: { allowance: engineer } }
        """
            .formatted(provider.url()),
        "drain: { time: " + drain + " }");
    return ServedProcess.start(folder);
  }

  private static String key(ServedProcess gateway) {
    return gateway.admin().createKey(new KeyOrder("ada", null, null, null), "test").key();
  }

  @Test
  void exchangesUnderWayEndAndAreSettledAndTheCodeIsZero() throws Exception {
    Map<String, String> twoSeconds =
        Map.of("x-fake-output-tokens", "200", "x-fake-pace-micros", "10000");
    try (ServedProcess gateway = serve("30s");
        RawClient idle = new RawClient(gateway.address());
        Load load = new Load(gateway, key(gateway), CLIENTS, twoSeconds)) {
      await().until(() -> provider.requests() == CLIENTS);
      load.stop();
      gateway.terminate();
      await().until(() -> refusesConnections(gateway));
      load.awaitEnd();
      assertThat(load.answers()).hasSize(CLIENTS).containsOnly("200");
      assertThat(gateway.exitCode(Duration.ofSeconds(10))).isZero();
      assertThat(idle.ended()).isTrue();
    }
    ServedLedger ledger = ServedLedger.read(folder.resolve("data"));
    ledger.holdAgainst(provider);
    assertThat(ledger.rows())
        .hasSize(CLIENTS)
        .allMatch(row -> row.usageSource() == UsageSource.REPORTED)
        .allMatch(row -> row.outcome().equals("completed"));
    assertNothingHeld();
  }

  @Test
  void whatOutlastsTheBoundIsEndedAndSettledAndTheCodeIsZeroToo() throws Exception {
    Map<String, String> minutes =
        Map.of("x-fake-output-tokens", "1000", "x-fake-pace-micros", "200000");
    long begin;
    try (ServedProcess gateway = serve("1s");
        RawClient uploading = new RawClient(gateway.address());
        RawClient idle = new RawClient(gateway.address())) {
      String key = key(gateway);
      uploading.send(Wire.head(Wire.CHAT.path, key) + "Content-Length: 1000\r\n\r\n{\"model\"");
      try (Load load = new Load(gateway, key, CLIENTS, minutes)) {
        await().until(() -> provider.requests() == CLIENTS);
        load.stop();
        gateway.terminate();
        begin = System.nanoTime();
        load.awaitEnd();
        assertThat(load.answers()).hasSize(CLIENTS).doesNotContain("200");
        assertThat(gateway.exitCode(Duration.ofSeconds(20))).isZero();
      }
      assertThat(uploading.answer().status()).isEqualTo(503);
      assertThat(idle.ended()).isTrue();
    }
    Duration took = Duration.ofNanos(System.nanoTime() - begin);
    System.out.println("a bound of 1 s, exceeded: ended after " + took.toMillis() + " ms");
    assertThat(took).isLessThan(Duration.ofSeconds(8));
    await()
        .until(
            () -> provider.billed().stream().noneMatch(b -> b.end() == FakeProvider.End.RUNNING));
    ServedLedger ledger = ServedLedger.read(folder.resolve("data"));
    ledger.holdAgainst(provider);
    assertThat(ledger.rows()).hasSize(CLIENTS).allMatch(row -> row.outcome().equals("drained"));
    assertNothingHeld();
  }

  private static boolean refusesConnections(ServedProcess gateway) {
    try (RawClient late = new RawClient(gateway.address())) {
      return late.ended();
    } catch (IOException e) {
      return true;
    }
  }

  private void assertNothingHeld() {
    try (LedgerReader reader = LedgerReader.open(folder.resolve("data"))) {
      assertThat(reader.totals().values()).isNotEmpty().allMatch(t -> t.held() == 0);
    }
  }
}
