package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.delivery.DeliveryStatus;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.FeedReceiver;
import io.stipend.gateway.testing.FeedReceiver.Answer;
import io.stipend.gateway.testing.ServedProcess;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that feeds a webhook is killed between two requests, and again. */
class FeedCrashIT {
  private static final Map<String, String> PACED =
      Map.of("x-fake-output-tokens", "50", "x-fake-pace-micros", "500");

  @TempDir Path folder;

  @Test
  void everyRowComesOnceByItsIdThoughTheGatewayIsKilled() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    try (FakeProvider provider = FakeProvider.start(0);
        FeedReceiver receiver =
            new FeedReceiver(
                "s3cret",
                () -> asked.incrementAndGet() % 3 == 0 ? Answer.TAKE_AND_BREAK : Answer.TAKE)) {
      ServedProcess.write(
          folder,
          """
          providers: { openai: { url: "%s", key: "provider-key" } }
          models: { allow: ["gpt-4o-mini"] }
          allowances: { engineer: { amount: 4000 USD, every: month } }
          people: { ada: { allowance: engineer } }
          feeds: { url: "%s", secret: s3cret, batch: 5 }
          exports: { to: ./days, format: jsonl, every: day, at: "00:00" }
          """
              .formatted(provider.url(), receiver.url()),
          "");
      ServedProcess gateway = ServedProcess.start(folder);
      try {
        String key = gateway.admin().createKey(new KeyOrder("ada", null, null, null), "t").key();
        for (int kill = 0; kill < 2; kill++) {
          long target = receiver.ids().size() + 12;
          try (Load load = new Load(gateway, key, 2, PACED)) {
            await().atMost(Duration.ofSeconds(90)).until(() -> receiver.ids().size() >= target);
            gateway.kill();
          }
          gateway = ServedProcess.start(folder);
        }
        ServedLedger ledger = ServedLedger.read(folder.resolve("data"));
        await()
            .atMost(Duration.ofSeconds(120))
            .until(() -> receiver.ids().size() >= ledger.rows().size());
        List<String> rows =
            ledger.rows().stream().map(row -> row.exchangeId() + "#" + row.attempt()).toList();
        assertThat(receiver.ids()).containsExactlyInAnyOrderElementsOf(rows);
        assertThat(receiver.problems()).isEmpty();
        long nanos = ledger.rows().stream().mapToLong(row -> row.nanos()).sum();
        assertThat(receiver.cost()).isEqualByComparingTo(BigDecimal.valueOf(nanos, 9));
        theDayBeforeIsInItsFolder(gateway);
      } finally {
        gateway.close();
      }
    }
  }

  private void theDayBeforeIsInItsFolder(ServedProcess gateway) {
    ServedProcess served = gateway;
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> export(served).completeUntil() != null || export(served).lastAt() != null);
    LocalDate yesterday = LocalDate.now(ZoneOffset.UTC).minusDays(1);
    assertThat(export(served).problem()).isNull();
    assertThat(Files.exists(folder.resolve("days/usage-" + yesterday + ".jsonl"))).isTrue();
    assertThat(gateway.admin().status().deliveries().feeds())
        .singleElement()
        .returns("127.0.0.1", DeliveryStatus.Feed::host);
  }

  private static DeliveryStatus.Export export(ServedProcess gateway) {
    return gateway.admin().status().deliveries().exports().get(0);
  }
}
