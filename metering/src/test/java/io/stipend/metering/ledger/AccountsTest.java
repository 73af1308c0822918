package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.Unit;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
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
      assertThat(ada.recurring()).isEqualTo(407);
    }
  }

  @Test
  void accountsAreTheSameAfterARestartAndAfterARebuild() throws Exception {
    List<AccountKey> all = List.of(Samples.ADA, Samples.TEAM, Samples.BOB);
    Map<AccountKey, AccountRecord> before;
    try (SqliteLedger ledger = open()) {
      for (int i = 0; i < 30; i++) {
        ledger.append(
            new LedgerEntry.Granted(
                Samples.NOW,
                "g" + i,
                all.get(i % 2),
                i,
                LedgerEntry.GrantKind.ONE_OFF,
                "",
                "root",
                Samples.NOW.plusSeconds(i),
                i % 3));
      }
      before = soon(ledger.accounts(all));
      assertThat(before.get(Samples.TEAM).lots()).hasSize(15);
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
    execute("update meta set value = 2 where key = 'projection'");
    execute("drop table lot");
    execute("drop index account_unclosed");
    execute("alter table account drop column budget");
    try (SqliteLedger ledger = open()) {
      assertThat(soon(ledger.accounts(List.of(Samples.ADA))).get(Samples.ADA).lots()).hasSize(1);
    }
    assertThat(Folders.verify(folder).problems()).isEmpty();
  }

  @Test
  void aLotUnderAnotherAccountIsFoundByTheCheck() throws Exception {
    try (SqliteLedger ledger = open()) {
      soon(ledger.append(Samples.granted("g1", Samples.ADA, 400)));
      soon(ledger.append(Samples.granted("g2", Samples.TEAM, 400)));
    }
    execute("update lot set account = '" + Samples.BOB + "' where account = '" + Samples.ADA + "'");
    assertThat(Folders.verify(folder).problems())
        .anyMatch(problem -> problem.contains("lot recurring:" + Samples.ADA));
  }

  @Test
  void theAccountsThatAreNotClosedComeWithTheOnesThatAreAskedFor() throws Exception {
    AccountKey october = new AccountKey(Samples.ADA.budget(), "2026-10", Samples.ADA.unit());
    AccountKey september = new AccountKey(Samples.ADA.budget(), "2026-09", Samples.ADA.unit());
    AccountKey december = new AccountKey(Samples.ADA.budget(), "2026-12", Samples.ADA.unit());
    AccountKey tokens = new AccountKey(Samples.ADA.budget(), "2026-10", Unit.TOKENS);
    try (SqliteLedger ledger = open()) {
      for (AccountKey key : List.of(september, october, Samples.ADA, tokens, Samples.TEAM)) {
        ledger.append(Samples.granted("recurring:" + key, key, 100));
      }
      ledger.append(
          new LedgerEntry.Rolled(
              Samples.NOW,
              september,
              october,
              List.of(new LedgerEntry.CarriedLot("carry:" + september, 60, 3, Samples.NOW)),
              40,
              0,
              0));
      Map<AccountKey, AccountRecord> accounts = soon(ledger.accounts(List.of(december)));
      assertThat(accounts).containsOnlyKeys(october, Samples.ADA);
      assertThat(accounts.get(october).totals().available()).isEqualTo(160);
      assertThat(accounts.get(october).lots())
          .contains(new Lot("carry:" + september, 60, 3, Samples.NOW, Samples.NOW, 0));
      accounts = soon(ledger.accounts(List.of(september, tokens)));
      assertThat(accounts).containsOnlyKeys(september, october, Samples.ADA, tokens);
      assertThat(accounts.get(september).totals())
          .isEqualTo(new AccountTotals(100, 0, 0, 0, 0, 0, 40, 0, 60, 0, true));
    }
    assertThat(Folders.verify(folder).problems()).isEmpty();
  }

  @Test
  void accountsThatAreNotClosedAreReadPageByPage() throws Exception {
    List<AccountKey> expected = new ArrayList<>();
    try (SqliteLedger ledger = open()) {
      for (int i = 0; i < 25; i++) {
        // Names whose order would differ by the whole name and by its parts.
        AccountKey key =
            new AccountKey("person/p" + i % 5, "2026-" + (10 + i / 5), Samples.ADA.unit());
        AccountKey next = new AccountKey("person/p" + i % 5 + "-x", "2027", key.unit());
        ledger.append(Samples.granted("recurring:" + key, key, i));
        if (i % 3 == 0) {
          ledger.append(new LedgerEntry.Rolled(Samples.NOW, key, null, List.of(), i, 0, 0));
        } else {
          expected.add(key);
        }
        ledger.append(Samples.granted("recurring:" + next, next, i % 5));
        if (!expected.contains(next)) {
          expected.add(next);
        }
      }
      expected.sort(
          Comparator.comparing(AccountKey::budget)
              .thenComparing(key -> key.unit().name())
              .thenComparing(AccountKey::period));
      for (int limit : new int[] {1, 4, 100}) {
        List<AccountKey> found = new ArrayList<>();
        List<AccountRecord> page;
        do {
          AccountKey after = found.isEmpty() ? null : found.get(found.size() - 1);
          page = soon(ledger.unclosed(after, limit));
          assertThat(page).hasSizeLessThanOrEqualTo(limit);
          page.forEach(record -> found.add(record.account()));
        } while (!page.isEmpty());
        assertThat(found).containsExactlyElementsOf(expected);
      }
    }
  }

  @Test
  void lookingUpAnAccountReadsNoTableWhole() throws Exception {
    open().close();
    for (String sql :
        List.of(
            AccountTable.BY_NAME,
            AccountTable.LOTS_OF_ACCOUNT,
            AccountTable.UNCLOSED_OF_BUDGET,
            AccountTable.NEXT_UNCLOSED)) {
      assertThat(plan(sql)).as(sql).allMatch(step -> step.startsWith("SEARCH"));
    }
    for (String sql : List.of(AccountTable.FIRST_UNCLOSED, AccountTable.NEXT_UNCLOSED)) {
      assertThat(plan(sql)).as(sql).singleElement().asString().contains("account_unclosed");
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
