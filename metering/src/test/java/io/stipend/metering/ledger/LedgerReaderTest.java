package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerReaderTest {
  @TempDir Path folder;

  @Test
  void aReadingWhileOthersWriteSeesEverythingThatWasDurableBefore() throws Exception {
    LedgerOptions options = new LedgerOptions(64, 10_000, 20, () -> {});
    AtomicInteger durable = new AtomicInteger();
    AtomicBoolean stop = new AtomicBoolean();
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, options, InstantSource.fixed(Samples.NOW))) {
      CompletableFuture<Void> writing =
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; !stop.get(); i++) {
                  LedgerEntry.Reserved reserved = Samples.reserved("e" + i, 1, Samples.ADA);
                  OpenAttempt attempt = ledger.begin(reserved);
                  attempt.settle(Samples.settled(reserved)).join();
                  durable.incrementAndGet();
                }
              });
      try (LedgerReader reader = LedgerReader.open(folder)) {
        long seq = 0;
        for (int i = 0; i < 60; i++) {
          int before = durable.get();
          AtomicInteger rows = new AtomicInteger();
          LedgerHead head = reader.usage(Instant.MIN, Instant.MAX, row -> rows.incrementAndGet());
          assertThat(rows.get()).isGreaterThanOrEqualTo(before);
          assertThat(head.seq()).isGreaterThanOrEqualTo(seq);
          seq = head.seq();
          before = durable.get();
          AccountTotals totals = reader.totals().getOrDefault(Samples.ADA, AccountTotals.ZERO);
          assertThat(totals.used()).isGreaterThanOrEqualTo(before * 13_197_000L);
          assertThat(totals.used() % 13_197_000L).isZero();
          if (i % 20 == 0) {
            assertThat(reader.verify().problems()).isEmpty();
          }
        }
      } finally {
        stop.set(true);
      }
      get(writing);
    }
    assertThat(Folders.rows(folder)).hasSize(durable.get());
  }
}
