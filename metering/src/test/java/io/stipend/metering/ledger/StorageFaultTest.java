package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.ledger.FaultyStorage.Moment;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;

/** A disk that fails, fills up or is slow, by faults at the seam around each commit. */
class StorageFaultTest {
  private static final int COMMITS = Boolean.getBoolean("stipend.tests.full") ? 60 : 6;
  private static final InstantSource CLOCK = InstantSource.fixed(Samples.NOW);

  @TempDir Path temporary;

  /** What was told to the outside while the disk failed under it. */
  private static final class Told {
    final Set<String> sent = new HashSet<>();
    final Set<String> settled = new HashSet<>();
    boolean poisoned;
  }

  private static Told run(Path folder, FaultyStorage disk, long failing, Moment moment)
      throws Exception {
    Told told = new Told();
    CompletableFuture<Void> poisoned = new CompletableFuture<>();
    LedgerOptions options = new LedgerOptions(64, 1_000, 2, () -> poisoned.complete(null));
    try (SqliteLedger ledger = SqliteLedger.open(folder, options, CLOCK, disk)) {
      disk.failing(failing, moment, SQLiteErrorCode.SQLITE_IOERR_FSYNC);
      for (int i = 0; !ledger.poisoned(); i++) {
        LedgerEntry.Reserved reserved = Samples.reserved("x" + i, 1, Samples.ADA);
        OpenAttempt attempt = ledger.begin(reserved);
        if (attempt == null) {
          break;
        }
        attempt.sent();
        told.sent.add("x" + i);
        if (done(attempt.reservedDurably())
            && i % 3 != 0
            && done(attempt.settle(Samples.settled(reserved)))) {
          told.settled.add("x" + i);
        }
      }
      poisoned.get(20, TimeUnit.SECONDS);
      told.poisoned = ledger.poisoned();
      assertThat(ledger.begin(Samples.reserved("late"))).isNull();
    }
    return told;
  }

  private static boolean done(CompletableFuture<Void> future) throws Exception {
    try {
      get(future);
      return true;
    } catch (CompletionException e) {
      assertThat(e).hasCauseInstanceOf(LedgerException.class);
      return false;
    }
  }

  @Test
  void whicheverCommitFailsNothingAcknowledgedIsLostAndEverythingSentIsBooked() throws Exception {
    for (Moment moment : Moment.values()) {
      for (int n = 1; n <= COMMITS; n++) {
        String why = "commit " + n + " fails " + moment;
        Path folder = temporary.resolve(moment + "-" + n);
        Told told = run(folder, new FaultyStorage(), n, moment);
        assertThat(told.poisoned).as(why).isTrue();

        SqliteLedger.open(folder, Samples.SMALL, CLOCK).close();
        List<UsageRow> rows = Folders.rows(folder);
        List<String> booked = rows.stream().map(UsageRow::exchangeId).toList();
        assertThat(booked).as(why).doesNotHaveDuplicates().containsAll(told.sent);
        assertThat(rows)
            .as(why)
            .filteredOn(row -> told.settled.contains(row.exchangeId()))
            .allMatch(row -> row.outcome().equals("completed"));
        assertThat(Folders.totals(folder).get(Samples.ADA).held()).as(why).isZero();
        assertThat(Folders.verify(folder).problems()).as(why).isEmpty();
      }
    }
  }

  @Test
  void aFullDiskNamesItsFolderAndTakesNothingMore() throws Exception {
    Path folder = temporary.resolve("data");
    FaultyStorage disk = new FaultyStorage().withUsableBytes(4096);
    try (SqliteLedger ledger = SqliteLedger.open(folder, Samples.SMALL, CLOCK, disk)) {
      disk.failing(1, Moment.BEFORE, SQLiteErrorCode.SQLITE_FULL);
      CompletableFuture<Void> lost = ledger.append(Samples.granted("g", Samples.ADA, 1));
      assertThatThrownBy(() -> get(lost))
          .hasCauseInstanceOf(LedgerException.class)
          .hasMessageContaining(folder.toString())
          .hasMessageContaining("is full (0 MiB free");
    }
    SqliteLedger.open(folder, Samples.SMALL, CLOCK).close();
    assertThat(Folders.totals(folder)).isEmpty();
    assertThat(Folders.verify(folder).problems()).isEmpty();
  }

  @Test
  void aDiskWithoutRoomForTheInFlightTableIsNamedAndTheFolderStaysUsable() throws Exception {
    Path folder = temporary.resolve("data");
    FaultyStorage disk = new FaultyStorage().withoutRoomForTheTable();
    assertThatThrownBy(() -> SqliteLedger.open(folder, Samples.SMALL, CLOCK, disk))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("No space left on device")
        .hasMessageContaining("room for 64 slots");
    SqliteLedger.open(folder, Samples.SMALL, CLOCK).close();
  }

  @Test
  void littleRoomIsWarnedOf() {
    Path folder = Path.of("stipend-data");
    assertThat(DiskFault.low(folder, new FaultyStorage().withUsableBytes(100 << 20)))
        .contains("stipend-data", "100 MiB free", "at least 512 MiB");
    assertThat(DiskFault.low(folder, new FaultyStorage())).isEmpty();
  }

  @Test
  void aSlowDiskDelaysFirstBytesAndNotThroughput() throws Exception {
    Path folder = temporary.resolve("data");
    FaultyStorage disk = new FaultyStorage();
    int attempts = 2_000;
    Duration commit = Duration.ofMillis(200);
    LedgerOptions options = new LedgerOptions(attempts, 10_000, 64, () -> {});
    try (SqliteLedger ledger = SqliteLedger.open(folder, options, CLOCK, disk)) {
      disk.slow(commit.toMillis());
      long start = System.nanoTime();
      List<CompletableFuture<Void>> ends = new ArrayList<>();
      for (int i = 0; i < attempts; i++) {
        LedgerEntry.Reserved reserved = Samples.reserved("s" + i, 1, Samples.ADA);
        OpenAttempt attempt = ledger.begin(reserved);
        assertThat(attempt).as("attempt " + i).isNotNull();
        attempt.sent();
        ends.add(
            attempt
                .reservedDurably()
                .thenCompose(durable -> attempt.settle(Samples.settled(reserved))));
      }
      get(ends.get(0));
      Duration first = Duration.ofNanos(System.nanoTime() - start);
      get(CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)));
      Duration all = Duration.ofNanos(System.nanoTime() - start);

      // The first waits for two commits of its own; 2,000 more cost a few, not 4,000.
      assertThat(first).isGreaterThanOrEqualTo(commit.multipliedBy(2));
      assertThat(all).isLessThan(commit.multipliedBy(25));
      assertThat(disk.batches()).isLessThanOrEqualTo(10);
    }
    assertThat(Folders.rows(folder)).hasSize(attempts);
    assertThat(Folders.totals(folder).get(Samples.ADA).held()).isZero();
    assertThat(Folders.verify(folder).problems()).isEmpty();
  }

  @Test
  void aClockThatStepsByAnHourChangesNoOrderAndNoId() throws Exception {
    Path folder = temporary.resolve("data");
    List<String> order = new ArrayList<>();
    long[] steps = {0, 3_600, -3_600, 0, -7_200, 3_600};
    for (int i = 0; i < steps.length; i++) {
      Instant now = Samples.NOW.plusSeconds(steps[i]);
      try (SqliteLedger ledger =
          SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(now))) {
        for (int k = 0; k < 3; k++) {
          String exchange = "c" + i + "-" + k;
          LedgerEntry.Reserved at = at(Samples.reserved(exchange, 1, Samples.ADA), now);
          OpenAttempt attempt = ledger.begin(at);
          attempt.sent();
          order.add(exchange);
          if (k < 2) {
            // The end comes an hour before or after the beginning, and is kept as it came.
            get(attempt.settle(Samples.settled(at(at, now.plusSeconds(k == 0 ? 3_600 : -3_600)))));
          }
        }
      }
    }
    SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW.minusSeconds(9_000)))
        .close();
    assertThat(Folders.rows(folder))
        .extracting(UsageRow::exchangeId)
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(order);
    assertThat(Folders.totals(folder).get(Samples.ADA).held()).isZero();
    assertThat(Folders.verify(folder).problems()).isEmpty();
  }

  private static LedgerEntry.Reserved at(LedgerEntry.Reserved r, Instant at) {
    return new LedgerEntry.Reserved(at, r.id(), r.facts(), r.holds());
  }
}
