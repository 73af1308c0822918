package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading single accounts from the ledger that is being written. */
class AccountsTest {
  @TempDir Path folder;

  private SqliteLedger open() {
    return SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW));
  }

  private static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }

  @Test
  void anAccountHoldsEveryEntryThatWasAppendedBeforeItWasAskedFor() throws Exception {
    try (SqliteLedger ledger = open()) {
      CompletableFuture<Map<AccountKey, AccountRecord>> asked;
      CompletableFuture<Void> granted;
      LedgerEntry.Reserved open = Samples.reserved("b");
      try (BusyWriter busy = BusyWriter.of(ledger)) {
        LedgerEntry.Reserved reserved = Samples.reserved("a");
        OpenAttempt attempt = ledger.begin(reserved);
        attempt.sent();
        attempt.settle(Samples.settled(reserved));
        ledger.begin(open);
        granted = ledger.append(Samples.granted("g1", Samples.ADA, 400));
        ledger.append(Samples.granted("g2", Samples.ADA, 7));
        ledger.append(Samples.granted("g3", Samples.TEAM, 9));
        asked = ledger.accounts(List.of(Samples.ADA, Samples.BOB));
        assertThat(asked).isNotDone();
      }
      Map<AccountKey, AccountRecord> accounts = soon(asked);
      assertThat(granted).isCompleted();
      assertThat(accounts).containsOnlyKeys(Samples.ADA);
      AccountRecord ada = accounts.get(Samples.ADA);
      assertThat(ada.totals())
          .isEqualTo(new AccountTotals(407, 13_197_000L, open.facts().expectedNanos()));
      assertThat(ada.grants())
          .containsExactly(
              Samples.granted("g1", Samples.ADA, 400), Samples.granted("g2", Samples.ADA, 7));
    }
  }

  @Test
  void accountsAreTheSameAfterARestartAndAfterARebuild() throws Exception {
    List<AccountKey> all = List.of(Samples.ADA, Samples.TEAM, Samples.BOB);
    Map<AccountKey, AccountRecord> before;
    try (SqliteLedger ledger = open()) {
      for (int i = 0; i < 30; i++) {
        ledger.append(Samples.granted("g" + i, all.get(i % 2), i));
      }
      before = soon(ledger.accounts(all));
      assertThat(before.get(Samples.TEAM).grants()).hasSize(15);
    }
    SqliteLedger.rebuild(folder);
    try (SqliteLedger ledger = open()) {
      assertThat(soon(ledger.accounts(all))).isEqualTo(before);
    }
    assertThat(Folders.verify(folder).problems()).isEmpty();
  }

  @Test
  void tablesOfTheVersionBeforeAreFilledAnew() throws Exception {
    try (SqliteLedger ledger = open()) {
      soon(ledger.append(Samples.granted("g1", Samples.ADA, 400)));
    }
    execute("update meta set value = 1 where key = 'projection'");
    execute("drop index fact_account");
    execute("alter table fact drop column account");
    try (SqliteLedger ledger = open()) {
      assertThat(soon(ledger.accounts(List.of(Samples.ADA))).get(Samples.ADA).grants()).hasSize(1);
    }
    assertThat(Folders.verify(folder).problems()).isEmpty();
  }

  @Test
  void aGrantUnderAnotherAccountIsFoundByTheCheck() throws Exception {
    try (SqliteLedger ledger = open()) {
      soon(ledger.append(Samples.granted("g1", Samples.ADA, 400)));
      soon(ledger.append(Samples.granted("g2", Samples.TEAM, 400)));
    }
    execute("update fact set account = '" + Samples.TEAM + "' where id = 'g1'");
    assertThat(Folders.verify(folder).problems()).anyMatch(problem -> problem.contains("g1"));
  }

  @Test
  void lookingUpAnAccountReadsNoTableWhole() throws Exception {
    open().close();
    for (String sql :
        List.of(
            "select granted, used, held from account where name = 'x'",
            "select body from fact where account = 'x' order by seq")) {
      assertThat(plan(sql)).as(sql).allMatch(step -> step.startsWith("SEARCH"));
    }
  }

  @Test
  void aClosedLedgerAnswersNothing() {
    SqliteLedger ledger = open();
    ledger.close();
    assertThatThrownBy(() -> soon(ledger.accounts(List.of(Samples.ADA))))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(LedgerException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void aQuestionThatWaitsWhenTheDiskFailsIsRefusedAndSoIsEveryLaterOne() throws Exception {
    try (SqliteLedger ledger = open()) {
      CompletableFuture<Map<AccountKey, AccountRecord>> asked;
      try (BusyWriter busy = BusyWriter.of(ledger)) {
        execute(
            "create trigger broken before insert on batch begin select raise(abort, 'broken'); end");
        ledger.append(Samples.granted("g1", Samples.ADA, 400));
        asked = ledger.accounts(List.of(Samples.ADA));
      }
      assertThatThrownBy(() -> soon(asked)).hasCauseInstanceOf(LedgerException.class);
      assertThatThrownBy(() -> soon(ledger.accounts(List.of(Samples.ADA))))
          .hasCauseInstanceOf(LedgerException.class);
    }
  }

  @Test
  void whatIsAskedBeforeTheCloseIsAnswered() throws Exception {
    CompletableFuture<Map<AccountKey, AccountRecord>> asked;
    SqliteLedger ledger = open();
    ledger.append(Samples.granted("g1", Samples.ADA, 400));
    asked = ledger.accounts(List.of(Samples.ADA));
    ledger.close();
    assertThat(soon(asked)).containsOnlyKeys(Samples.ADA);
  }

  private List<String> plan(String sql) throws Exception {
    List<String> steps = new ArrayList<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("explain query plan " + sql)) {
      while (row.next()) {
        steps.add(row.getString("detail"));
      }
    }
    assertThat(steps).isNotEmpty();
    return steps;
  }

  private void execute(String sql) throws Exception {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("pragma busy_timeout = 10000");
      statement.execute(sql);
    }
  }

  private Connection connect() throws Exception {
    return DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(folder));
  }
}
