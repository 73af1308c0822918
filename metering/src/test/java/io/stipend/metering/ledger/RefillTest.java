package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.stipend.metering.Unit;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The first start after an update that keeps other tables: all are filled anew. */
class RefillTest {
  private static final boolean FULL = Boolean.getBoolean("stipend.tests.full");
  private static final int ATTEMPTS = FULL ? 1_000_000 : 20_000;
  private static final int ACCOUNTS = FULL ? 200_000 : 2_000;

  /** Far below what a machine of its own does, far above a statement or a look-up gone wrong. */
  private static final long LEAST_PER_SECOND = FULL ? 30_000 : 3_000;

  @TempDir Path folder;

  @Test
  void aLedgerOfOlderTablesIsFilledAtARateAndSaysHowFarItIs() throws Exception {
    BigLedger.write(folder, ATTEMPTS);
    grant();
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(folder));
        Statement statement = connection.createStatement()) {
      statement.execute("update meta set value = 1 where key = 'projection'");
    }

    List<String> quiet = open(InstantSource.fixed(Samples.NOW));
    assertThat(quiet).as("no time passed").isEmpty();
    long start = System.nanoTime();
    Verification verification = Folders.verify(folder);
    Duration verified = Duration.ofNanos(System.nanoTime() - start);
    assertThat(verification.problems()).isEmpty();

    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(folder));
        Statement statement = connection.createStatement()) {
      statement.execute("update meta set value = 2 where key = 'projection'");
    }
    start = System.nanoTime();
    List<String> told = open(new EachTimeLater());
    Duration filled = Duration.ofNanos(System.nanoTime() - start);
    assertThat(told.get(0)).contains("filling its tables from its batches: ", " %)");
    assertThat(told.get(told.size() - 1)).contains("tables are filled");

    long entries = verification.entries();
    System.out.printf(
        "refill: %d entries in %d ms; verified in %d ms%n",
        entries, filled.toMillis(), verified.toMillis());
    assertThat(entries * 1_000 / Math.max(1, filled.toMillis())).isGreaterThan(LEAST_PER_SECOND);
  }

  /** Each account has its grant, in no order. */
  private void grant() throws Exception {
    try (LedgerFiles files = LedgerFiles.lock(folder);
        Connection connection = LedgerDatabase.openForWriting(files.folder());
        LedgerTables tables = new LedgerTables(connection);
        BatchTable batches = new BatchTable(connection, Storage.DISK)) {
      BatchEncoder encoder = tables.encoder(Definitions.stored(tables));
      connection.setAutoCommit(false);
      for (int i = 0; i < ACCOUNTS; i++) {
        AccountKey account =
            new AccountKey(
                "person/employee-" + i * 7_919L % ACCOUNTS + "/engineer", "2026-11", Unit.USD);
        encoder.fact(Samples.granted(Lot.recurringId(account), account, 400_000_000_000L));
        if (i % 100 == 99) {
          batches.append(encoder.finish());
        }
      }
      connection.commit();
    }
  }

  private List<String> open(InstantSource clock) {
    Logger logger = (Logger) LoggerFactory.getLogger(SqliteLedger.class);
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    logger.addAppender(lines);
    try {
      SqliteLedger.open(folder, LedgerOptions.defaults(), clock).close();
    } finally {
      logger.detachAppender(lines);
    }
    return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  /** Two seconds and a little pass whenever somebody looks. */
  private static final class EachTimeLater implements InstantSource {
    private Instant now = Samples.NOW;

    @Override
    public Instant instant() {
      now = now.plusMillis(2_001);
      return now;
    }
  }
}
