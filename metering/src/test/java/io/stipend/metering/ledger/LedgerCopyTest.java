package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerCopyTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Samples.NOW);

  @TempDir Path temporary;
  private Path data;

  @BeforeEach
  void aLedger() throws Exception {
    data = temporary.resolve("data");
    try (SqliteLedger ledger = SqliteLedger.open(data, Samples.SMALL, CLOCK)) {
      get(ledger.append(Samples.granted("g", Samples.ADA, 1_000_000_000_000L)));
      for (int i = 0; i < 20; i++) {
        exchange(ledger, "x" + i);
      }
    }
  }

  private static CompletableFuture<Void> exchange(SqliteLedger ledger, String id) {
    LedgerEntry.Reserved reserved = Samples.reserved(id, 1, Samples.ADA);
    OpenAttempt attempt = ledger.begin(reserved);
    attempt.sent();
    CompletableFuture<Void> end = attempt.settle(Samples.settled(reserved));
    end.join();
    return end;
  }

  private void execute(String sql) throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(data));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void aReplayEqualsTheLedgerThatItCameFrom() {
    List<Long> steps = new ArrayList<>();
    Path out = temporary.resolve("new");
    LedgerCopy.Replayed replayed =
        LedgerCopy.replay(
            data,
            out,
            (done, of) -> {
              assertThat(done).isLessThanOrEqualTo(of);
              steps.add(done);
            });
    Verification found = Folders.verify(out);
    assertThat(found.problems()).isEmpty();
    assertThat(found).isEqualTo(Folders.verify(data));
    assertThat(replayed.differences()).isEmpty();
    assertThat(replayed.batches()).isEqualTo(found.batches());
    assertThat(replayed.entries()).isEqualTo(found.entries()).isEqualTo(41);
    assertThat(replayed.head().hash()).isEqualTo(found.headHash());
    assertThat(Folders.rows(out)).isEqualTo(Folders.rows(data));
    assertThat(Folders.totals(out)).isEqualTo(Folders.totals(data));
    assertThat(steps).isSorted().isNotEmpty();
    SqliteLedger.open(out, Samples.SMALL, CLOCK).close();
  }

  @Test
  void aReplayNamesWhatTheOldTablesSayOtherwise() throws Exception {
    execute("update account set used = used + 7");
    LedgerCopy.Replayed replayed = LedgerCopy.replay(data, temporary.resolve("new"), Progress.NONE);
    assertThat(replayed.differences()).hasSize(1);
    assertThat(replayed.differences().get(0)).contains(Samples.ADA.toString());
    assertThat(Folders.verify(temporary.resolve("new")).problems()).isEmpty();
  }

  @Test
  void aReplayOfABrokenRecordNamesTheBatchAndLeavesNothing() throws Exception {
    execute("update batch set blob = zeroblob(9) where seq = 3");
    Path out = temporary.resolve("new");
    assertThatThrownBy(() -> LedgerCopy.replay(data, out, Progress.NONE))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("batch 3: content and hash differ");
    assertThat(LedgerFiles.database(out)).doesNotExist();
  }

  @Test
  void nothingIsEverOverwritten() throws Exception {
    byte[] before = Files.readAllBytes(LedgerFiles.database(data));
    assertThatThrownBy(() -> LedgerCopy.replay(data, data, Progress.NONE))
        .hasMessageContaining("is there already");
    assertThatThrownBy(() -> LedgerCopy.backup(data, data, Progress.NONE))
        .hasMessageContaining("is there already");
    Path file = Files.writeString(temporary.resolve("file"), "mine");
    assertThatThrownBy(() -> LedgerCopy.backup(data, file, Progress.NONE))
        .hasMessageContaining("is there already");
    assertThat(file).hasContent("mine");
    assertThat(Files.readAllBytes(LedgerFiles.database(data))).isEqualTo(before);
  }

  @Test
  void aBackupIsAWholeLedgerWhileAnotherIsWritten() throws Exception {
    Set<String> told = ConcurrentHashMap.newKeySet();
    AtomicBoolean enough = new AtomicBoolean();
    List<LedgerCopy.BackedUp> backups = new ArrayList<>();
    List<Set<String>> toldBefore = new ArrayList<>();
    try (SqliteLedger ledger = SqliteLedger.open(data, Samples.SMALL, CLOCK)) {
      CompletableFuture<Void> load =
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; !enough.get(); i++) {
                  exchange(ledger, "live" + i).join();
                  told.add("live" + i);
                }
              });
      for (int i = 0; i < 3; i++) {
        Path out = Files.createDirectory(temporary.resolve("backup-" + i));
        toldBefore.add(new HashSet<>(told));
        backups.add(LedgerCopy.backup(data, out, Progress.NONE));
      }
      enough.set(true);
      get(load);
    }
    for (int i = 0; i < 3; i++) {
      LedgerCopy.BackedUp backup = backups.get(i);
      assertThat(backup.found().problems()).as("backup " + i).isEmpty();
      assertThat(backup.head().hash()).isEqualTo(backup.found().headHash());
      assertThat(backup.bytes()).isEqualTo(Files.size(backup.file()));
      Path folder = backup.file().getParent();
      SqliteLedger.open(folder, Samples.SMALL, CLOCK).close();
      assertThat(Folders.rows(folder))
          .extracting(UsageRow::exchangeId)
          .as("what was told before backup " + i)
          .containsAll(toldBefore.get(i));
      assertThat(Folders.verify(folder).problems()).isEmpty();
    }
  }

  @Test
  void aBadBatchIsToldWithItsTimeAndWhatWasExpected() throws Exception {
    execute("update batch set blob = zeroblob(9) where seq = 3");
    Verification found = Folders.verify(data);
    assertThat(found.ok()).isFalse();
    Verification.BadBatch bad = found.firstBad();
    assertThat(bad.seq()).isEqualTo(3);
    assertThat(bad.after()).isEqualTo(Samples.NOW);
    assertThat(bad.before()).isNotNull();
    assertThat(found.problems().get(0))
        .startsWith("batch 3: content and hash differ: ")
        .contains("(expected: ", "written between " + Samples.NOW + " and ");
    execute("delete from batch where seq > 3");
    assertThat(Folders.verify(data).problems().get(0)).endsWith(" and the end");
  }
}
