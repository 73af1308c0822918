package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A commit fails for real: the database refuses its row. */
class PoisonTest {
  @TempDir Path folder;

  @Test
  void aFailedCommitStopsTheLedgerForGood() throws Exception {
    AtomicInteger told = new AtomicInteger();
    CompletableFuture<Void> toldOnce = new CompletableFuture<>();
    LedgerOptions options =
        Samples.SMALL.withOnPoisoned(
            () -> {
              told.incrementAndGet();
              toldOnce.complete(null);
            });
    SqliteLedger ledger = SqliteLedger.open(folder, options, InstantSource.fixed(Samples.NOW));
    LedgerEntry.Reserved reserved = Samples.reserved("a");
    OpenAttempt attempt = ledger.begin(reserved);
    get(attempt.reservedDurably());
    attempt.sent();
    breakNextCommit();

    assertThatThrownBy(() -> get(attempt.settle(Samples.settled(reserved))))
        .hasCauseInstanceOf(LedgerException.class)
        .hasMessageContaining("failed");
    get(toldOnce);
    assertThat(ledger.poisoned()).isTrue();
    assertThat(ledger.begin(Samples.reserved("b"))).isNull();
    assertThatThrownBy(() -> get(ledger.append(Samples.granted("g", Samples.ADA, 1))))
        .hasCauseInstanceOf(LedgerException.class);
    assertThat(told).hasValue(1);
    ledger.close();

    // What was sent and never settled durably is booked at the next start.
    repair();
    SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW)).close();
    assertThat(Folders.rows(folder)).hasSize(1);
    assertThat(Folders.rows(folder).get(0).outcome()).isEqualTo("crashed");
    assertThat(Folders.verify(folder).problems()).isEmpty();
  }

  @Test
  void theActionOnFailureMayCloseTheLedger() throws Exception {
    CompletableFuture<SqliteLedger> opened = new CompletableFuture<>();
    CompletableFuture<Void> closed = new CompletableFuture<>();
    LedgerOptions options =
        Samples.SMALL.withOnPoisoned(
            () -> {
              opened.join().close();
              closed.complete(null);
            });
    SqliteLedger ledger = SqliteLedger.open(folder, options, InstantSource.fixed(Samples.NOW));
    opened.complete(ledger);
    breakNextCommit();
    CompletableFuture<Void> lost = ledger.append(Samples.granted("g", Samples.ADA, 1));
    get(closed);
    assertThat(lost).isCompletedExceptionally();
  }

  private void breakNextCommit() throws Exception {
    execute(
        "create trigger broken before insert on batch begin select raise(abort, 'broken'); end");
  }

  private void repair() throws Exception {
    execute("drop trigger broken");
  }

  private void execute(String sql) throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(folder));
        Statement statement = connection.createStatement()) {
      statement.execute("pragma busy_timeout = 10000");
      statement.execute(sql);
    }
  }
}
