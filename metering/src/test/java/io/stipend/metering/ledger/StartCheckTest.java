package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start makes of a record whose end is broken: cut, or named and refused. */
class StartCheckTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Samples.NOW);
  private static final String BREAK = "update batch set blob = zeroblob(7) where seq = ";

  @TempDir Path temporary;

  /** Five grants, a batch each, and the files as they were at the end of the last commit. */
  private Path killedAfterTheLastCommit(boolean told, int maxBatchesBehind) throws Exception {
    Path live = temporary.resolve("live");
    Path dead = temporary.resolve("dead");
    Storage copying =
        new Storage() {
          private int batches;

          @Override
          public void afterCommit(Commit what) {
            if (what == Commit.BATCH && ++batches == 5 && !told) {
              Folders.copy(live, dead);
            }
          }
        };
    LedgerOptions options = new LedgerOptions(8, 100, maxBatchesBehind, () -> {});
    try (SqliteLedger ledger = SqliteLedger.open(live, options, CLOCK, copying)) {
      for (int i = 1; i <= 5; i++) {
        get(ledger.append(Samples.granted("g" + i, Samples.ADA, i)));
      }
      if (told) {
        Folders.copy(live, dead);
      }
    }
    return dead;
  }

  private static void execute(Path folder, String sql) throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(folder));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void open(Path folder) {
    SqliteLedger.open(folder, Samples.SMALL, CLOCK).close();
  }

  private static long granted(Path folder) {
    return Folders.totals(folder).get(Samples.ADA).granted();
  }

  @Test
  void aBrokenLastBatchThatNobodyWasToldOfIsCutAndKept() throws Exception {
    Path folder = killedAfterTheLastCommit(false, 64);
    execute(folder, BREAK + 5);
    open(folder);
    assertThat(granted(folder)).isEqualTo(1 + 2 + 3 + 4);
    assertThat(Folders.verify(folder).problems()).isEmpty();
    try (var files = Files.list(folder)) {
      List<Path> kept =
          files.filter(f -> f.getFileName().toString().startsWith("cut-batch-5-")).toList();
      assertThat(kept).hasSize(1);
      // Two hashes and what the blob had become.
      assertThat(Files.size(kept.get(0))).isEqualTo(32 + 32 + 7);
    }
    open(folder);
  }

  @Test
  void aBrokenLastBatchThatWasAcknowledgedIsRefused() throws Exception {
    Path folder = killedAfterTheLastCommit(true, 64);
    execute(folder, BREAK + 5);
    assertRefused(folder, "batch 5: content and hash differ", "acknowledged", "ledger verify");
  }

  @Test
  void aBrokenBatchInTheMiddleIsNamedAndRefused() throws Exception {
    for (int seq = 1; seq <= 4; seq++) {
      Path folder = Folders.copy(killed(), temporary.resolve("middle-" + seq));
      execute(folder, BREAK + seq);
      assertRefused(folder, "batch " + seq + ": content and hash differ", "5 is the last batch");
    }
  }

  private Path killed() throws Exception {
    Path dead = temporary.resolve("dead");
    return Files.exists(dead) ? dead : killedAfterTheLastCommit(false, 64);
  }

  @Test
  void aMissingBatchIsNamedAndRefused() throws Exception {
    Path folder = killedAfterTheLastCommit(true, 64);
    Path middle = Folders.copy(folder, temporary.resolve("middle"));
    execute(middle, "delete from batch where seq = 3");
    assertRefused(middle, "batch 3: missing");
    execute(folder, "delete from batch where seq = 5");
    assertRefused(folder, "batches 5..5 are missing", "acknowledged");
  }

  @Test
  void aRefusedLedgerIsLeftAsItWas() throws Exception {
    Path folder = killedAfterTheLastCommit(true, 64);
    execute(folder, BREAK + 3);
    byte[] before = Files.readAllBytes(LedgerFiles.database(folder));
    assertRefused(folder, "batch 3");
    assertThat(Files.readAllBytes(LedgerFiles.database(folder))).isEqualTo(before);
  }

  /** SQLite's own checksums end the log at its last whole commit, wherever it is cut. */
  @Test
  void aLogCutInItsLastCommitEndsAtTheOneBefore() throws Exception {
    Path folder = killedAfterTheLastCommit(false, 64);
    Path log = folder.resolve("ledger.db-wal");
    long size = Files.size(log);
    for (long cut = 1; cut <= 4096; cut += 455) {
      Path torn = Folders.copy(folder, temporary.resolve("torn-" + cut));
      truncate(torn.resolve("ledger.db-wal"), size - cut);
      open(torn);
      assertThat(granted(torn)).as("cut by " + cut).isEqualTo(1 + 2 + 3 + 4);
      assertThat(Folders.verify(torn).problems()).isEmpty();
    }
  }

  @Test
  void aLogThatLostAnAcknowledgedCommitIsRefusedAndKept() throws Exception {
    Path folder = killedAfterTheLastCommit(true, 64);
    Path log = folder.resolve("ledger.db-wal");
    truncate(log, Files.size(log) - 100);
    long left = Files.size(log);
    assertRefused(folder, "batches 5..5 are missing", "acknowledged");
    assertThat(log).hasSize(left);
  }

  @Test
  void aFileThatIsNoDatabaseIsNamed() throws Exception {
    Path folder = killedAfterTheLastCommit(true, 64);
    Files.delete(folder.resolve("ledger.db-wal"));
    Files.write(LedgerFiles.database(folder), new byte[8192]);
    assertRefused(folder, "damaged", "restore a backup");
  }

  private static void assertRefused(Path folder, String... words) {
    var refused =
        assertThatThrownBy(() -> open(folder))
            .isInstanceOf(LedgerException.class)
            .hasMessageContaining(LedgerFiles.database(folder).toString());
    for (String word : words) {
      refused.hasMessageContaining(word);
    }
  }

  private static void truncate(Path file, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }
}
