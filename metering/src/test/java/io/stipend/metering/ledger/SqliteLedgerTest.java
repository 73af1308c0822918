package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteLedgerTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Samples.NOW);

  @TempDir Path folder;

  @Test
  void anAttemptIsHeldThenUsedAndIsOneUsageRow() throws Exception {
    try (SqliteLedger ledger = open()) {
      LedgerEntry.Reserved reserved = Samples.reserved("01JABCDEF");
      OpenAttempt attempt = ledger.begin(reserved);
      get(attempt.reservedDurably());
      assertThat(Folders.totals(folder).get(Samples.ADA).held())
          .isEqualTo(reserved.facts().expectedNanos());
      attempt.sent();
      get(attempt.settle(Samples.settled(reserved)));
      assertThat(Folders.totals(folder).get(Samples.ADA))
          .isEqualTo(new AccountTotals(0, 13_197_000L, 0));
      assertThat(rows())
          .containsExactly(
              new UsageRow(
                  "01JABCDEF",
                  1,
                  Samples.NOW,
                  Samples.NOW.plusMillis(1_234),
                  "ada",
                  "payments",
                  "CC-4410",
                  null,
                  "k_ada",
                  "5b0f7c1e-3a77-4c3f-9a0e-3f1f6f3f1c11",
                  "claude-cli",
                  "anthropic-messages",
                  "anthropic",
                  "claude-opus-4-5",
                  "claude-opus-4-5",
                  "standard",
                  new TokenUsage(812, 1_024, 0, 0, 345, 0),
                  io.stipend.metering.UsageSource.REPORTED,
                  "completed",
                  200,
                  13_197_000L,
                  "USD",
                  "builtin-2026-11-20",
                  "req_011CVNhRgWiFhKTgxwhgJ4aU",
                  "",
                  null,
                  null,
                  Units.NONE,
                  ChargeBasis.NONE));
    }
    List<UsageRow> projected = rows();
    assertThat(projected).hasSize(1);
    assertThat(verify().problems()).isEmpty();
  }

  @Test
  void aReleasedAttemptLeavesNoUsageAndNothingHeld() throws Exception {
    try (SqliteLedger ledger = open()) {
      LedgerEntry.Reserved reserved = Samples.reserved("01JABCDEF");
      OpenAttempt attempt = ledger.begin(reserved);
      get(attempt.release(Samples.released(reserved)));
      assertThat(Folders.totals(folder).get(Samples.ADA)).isEqualTo(AccountTotals.ZERO);
    }
    assertThat(rows()).isEmpty();
    assertThat(verify().problems()).isEmpty();
  }

  @Test
  void anExtensionHoldsMoreUntilTheEnd() throws Exception {
    try (SqliteLedger ledger = open()) {
      LedgerEntry.Reserved reserved = Samples.reserved("01JABCDEF");
      OpenAttempt attempt = ledger.begin(reserved);
      attempt.sent();
      List<Posting> more = List.of(new Posting(Samples.ADA, 500), new Posting(Samples.TEAM, 500));
      get(
          attempt.extend(
              new LedgerEntry.Extended(Samples.NOW, reserved.id(), more, 700, 20_000_000L)));
      assertThat(Folders.totals(folder).get(Samples.TEAM).held())
          .isEqualTo(reserved.facts().expectedNanos() + 500);
      get(attempt.settle(Samples.settled(reserved)));
      assertThat(Folders.totals(folder).get(Samples.TEAM).held()).isZero();
    }
    assertThat(verify().problems()).isEmpty();
  }

  @Test
  void aSecondEndIsABug() throws Exception {
    try (SqliteLedger ledger = open()) {
      LedgerEntry.Reserved reserved = Samples.reserved("01JABCDEF");
      OpenAttempt attempt = ledger.begin(reserved);
      get(attempt.settle(Samples.settled(reserved)));
      assertThatThrownBy(() -> attempt.settle(Samples.settled(reserved)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("01JABCDEF#1");
      assertThatThrownBy(() -> attempt.release(Samples.released(reserved)))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(attempt::sent).isInstanceOf(IllegalStateException.class);
      assertThat(rows()).hasSize(1);
    }
  }

  @Test
  void theSameGrantTwiceIsOnceAndAnotherUnderItsIdIsRefused() throws Exception {
    try (SqliteLedger ledger = open()) {
      get(ledger.append(Samples.granted("g1", Samples.ADA, 400)));
      LedgerEntry.Granted later =
          new LedgerEntry.Granted(
              Samples.NOW.plusSeconds(5),
              "g1",
              Samples.ADA,
              400,
              LedgerEntry.GrantKind.RECURRING,
              "",
              "stipend",
              null);
      get(ledger.append(later));
      assertThatThrownBy(() -> get(ledger.append(Samples.granted("g1", Samples.ADA, 401))))
          .hasCauseInstanceOf(LedgerException.class)
          .hasMessageContaining("g1");
      assertThat(Folders.totals(folder).get(Samples.ADA).granted()).isEqualTo(400);
      assertThat(Folders.grants(folder)).hasSize(1);
    }
    try (SqliteLedger ledger = open()) {
      get(ledger.append(Samples.granted("g1", Samples.ADA, 400)));
      assertThatThrownBy(() -> get(ledger.append(Samples.granted("g1", Samples.TEAM, 400))))
          .hasCauseInstanceOf(LedgerException.class);
      assertThat(Folders.totals(folder).get(Samples.ADA).granted()).isEqualTo(400);
      assertThat(ledger.poisoned()).isFalse();
    }
  }

  @Test
  void keysAreListedWithTheirRevocation() throws Exception {
    try (SqliteLedger ledger = open()) {
      get(ledger.append(Samples.key("k1")));
      get(ledger.append(Samples.key("k2")));
      Instant then = Samples.NOW.plusSeconds(60);
      get(ledger.append(new LedgerEntry.KeyRevoked(then, "k1", "root")));
      get(ledger.append(new LedgerEntry.KeyRevoked(then.plusSeconds(1), "k1", "other")));
      assertThatThrownBy(() -> get(ledger.append(new LedgerEntry.KeyRevoked(then, "k9", "root"))))
          .hasMessageContaining("k9");
      assertThat(ledger.keys())
          .containsExactly(
              new KeyRecord(Samples.key("k1"), then), new KeyRecord(Samples.key("k2"), null));
    }
    try (SqliteLedger ledger = open()) {
      assertThat(ledger.keys()).hasSize(2);
    }
  }

  @Test
  void refusalsAreSummedByDayPersonAndReason() throws Exception {
    try (SqliteLedger ledger = open()) {
      for (int i = 0; i < 3; i++) {
        get(
            ledger.append(
                new LedgerEntry.RefusalsCounted(
                    Samples.NOW, "ada", "2026-11-23", "budget_exhausted", 2)));
      }
    }
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.refusals())
          .containsExactly(
              new LedgerEntry.RefusalsCounted(
                  Samples.NOW, "ada", "2026-11-23", "budget_exhausted", 6));
    }
  }

  @Test
  void aCorrectionIsNettedIntoTheRowAndTheBalances() throws Exception {
    LedgerEntry.Reserved reserved = Samples.reserved("01JABCDEF");
    LedgerEntry.Corrected correction =
        new LedgerEntry.Corrected(
            Samples.NOW,
            "c1",
            reserved.id(),
            TokenUsage.of(10, 20),
            -3_197_000L,
            List.of(new Posting(Samples.ADA, -3_197_000L), new Posting(Samples.TEAM, -3_197_000L)),
            "root",
            "invoice");
    try (SqliteLedger ledger = open()) {
      assertThatThrownBy(() -> get(ledger.append(correction))).hasMessageContaining("01JABCDEF#1");
      OpenAttempt attempt = ledger.begin(reserved);
      attempt.settle(Samples.settled(reserved));
      get(ledger.append(correction));
      get(ledger.append(correction));
      assertCorrected();
    }
    assertCorrected();
    assertThat(verify().problems()).isEmpty();
  }

  private void assertCorrected() {
    try (LedgerReader reader = LedgerReader.open(folder)) {
      List<SettledAttempt> attempts = reader.attempts("01JABCDEF");
      assertThat(attempts).hasSize(1);
      assertThat(attempts.get(0).row().nanos()).isEqualTo(10_000_000L);
      assertThat(attempts.get(0).row().usage()).isEqualTo(TokenUsage.of(10, 20));
      assertThat(attempts.get(0).debits())
          .containsExactly(
              new Posting(Samples.ADA, 10_000_000L), new Posting(Samples.TEAM, 10_000_000L));
      assertThat(reader.totals().get(Samples.TEAM).used()).isEqualTo(10_000_000L);
      assertThat(reader.attempts("01JABCDEX")).isEmpty();
      assertThat(reader.corrections()).hasSize(1);
    }
  }

  @Test
  void whenTheTableIsFullNoAttemptBeginsUntilOneEnds() throws Exception {
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, new LedgerOptions(2, 100, 64, () -> {}), CLOCK)) {
      LedgerEntry.Reserved first = Samples.reserved("a");
      OpenAttempt attempt = ledger.begin(first);
      assertThat(ledger.begin(Samples.reserved("b"))).isNotNull();
      assertThat(ledger.begin(Samples.reserved("c"))).isNull();
      get(attempt.settle(Samples.settled(first)));
      assertThat(ledger.begin(Samples.reserved("d"))).isNotNull();
    }
  }

  @Test
  void whenTheQueueIsFullNoAttemptBeginsButEveryEndIsTaken() throws Exception {
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, new LedgerOptions(64, 2, 64, () -> {}), CLOCK)) {
      LedgerEntry.Reserved reserved = Samples.reserved("a");
      OpenAttempt attempt = ledger.begin(reserved);
      get(attempt.reservedDurably());
      CompletableFuture<Void> end;
      CompletableFuture<Void> release;
      try (BusyWriter busy = BusyWriter.of(ledger)) {
        OpenAttempt second = ledger.begin(Samples.reserved("b"));
        assertThat(ledger.begin(Samples.reserved("c"))).isNotNull();
        assertThat(ledger.begin(Samples.reserved("d"))).isNull();
        end = attempt.settle(Samples.settled(reserved));
        release = second.release(Samples.released(Samples.reserved("b")));
        assertThat(end).isNotDone();
      }
      get(end);
      get(release);
      assertThat(ledger.begin(Samples.reserved("e"))).isNotNull();
    }
  }

  @Test
  void aReservationThatFitsNoSlotIsRefusedButLongLabelsAreNot() throws Exception {
    try (SqliteLedger ledger = open()) {
      AttemptFacts f = Samples.facts("ada", 1, 1);
      AttemptFacts longLabel =
          Profile.of(Samples.reserved("x"))
              .facts("s".repeat(5_000), "c".repeat(5_000), 1, 1, 1, f.expectedNanos());
      LedgerEntry.Reserved labelled =
          new LedgerEntry.Reserved(
              Samples.NOW, new AttemptId("x", 1), longLabel, Samples.reserved("x").holds());
      OpenAttempt attempt = ledger.begin(labelled);
      get(attempt.settle(Samples.settled(labelled)));
      assertThat(rows().get(0).sessionId()).hasSize(5_000);
      AccountKey huge = new AccountKey("n".repeat(3_000), "once", Samples.ADA.unit());
      assertThat(ledger.begin(Samples.reserved("y", 1, huge))).isNull();
    }
  }

  @Test
  void entriesAreDurableInTheOrderInWhichTheyCame() throws Exception {
    List<String> order = new ArrayList<>();
    List<CompletableFuture<Void>> futures = new ArrayList<>();
    try (SqliteLedger ledger = open()) {
      for (int i = 0; i < 500; i++) {
        String id = "g" + i;
        futures.add(
            ledger.append(Samples.granted(id, Samples.ADA, 1)).thenRun(() -> order.add(id)));
      }
      get(CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new)));
    }
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      expected.add("g" + i);
    }
    assertThat(order).isEqualTo(expected);
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.grants().stream().map(LedgerEntry.Granted::id)).isEqualTo(expected);
      // Far fewer commits than entries: that is what group commit is for.
      assertThat(reader.head().seq()).isLessThan(250);
    }
  }

  @Test
  void everyCommitWaitsForTheDisk() throws Exception {
    open().close();
    try (java.sql.Connection connection = LedgerDatabase.openForWriting(folder);
        java.sql.Statement statement = connection.createStatement()) {
      try (java.sql.ResultSet row = statement.executeQuery("pragma synchronous")) {
        assertThat(row.getInt(1)).as("FULL").isEqualTo(2);
      }
      try (java.sql.ResultSet row = statement.executeQuery("pragma journal_mode")) {
        assertThat(row.getString(1)).isEqualTo("wal");
      }
    }
  }

  @Test
  void aSecondProcessIsRefusedByTheLock() {
    try (SqliteLedger ledger = open()) {
      assertThat(ledger.poisoned()).isFalse();
      assertThatThrownBy(this::open)
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
    }
    open().close();
  }

  @Test
  void nobodyElseCanReadTheFiles() throws Exception {
    Path data = folder.resolve("deep/data");
    try (SqliteLedger ledger = SqliteLedger.open(data, Samples.SMALL, CLOCK)) {
      get(ledger.append(Samples.granted("g", Samples.ADA, 1)));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
          .isEqualTo("rwx------");
      try (var files = Files.list(data)) {
        assertThat(files)
            .allSatisfy(
                file ->
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .as(file.toString())
                        .isEqualTo("rw-------"));
      }
    }
  }

  @Test
  void aClosedLedgerTakesNothingMore() throws Exception {
    SqliteLedger ledger = open();
    OpenAttempt attempt = ledger.begin(Samples.reserved("a"));
    ledger.close();
    ledger.close();
    assertThat(ledger.begin(Samples.reserved("b"))).isNull();
    assertThatThrownBy(() -> get(ledger.append(Samples.granted("g", Samples.ADA, 1))))
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> get(attempt.settle(Samples.settled(Samples.reserved("a")))))
        .hasMessageContaining("closed");
  }

  @Test
  void entriesOfAttemptsCannotBeAppendedAlone() {
    try (SqliteLedger ledger = open()) {
      assertThatThrownBy(() -> ledger.append(Samples.reserved("a")))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aReadingOfAFolderWithoutALedgerSaysSo() {
    assertThatThrownBy(() -> LedgerReader.open(folder))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("ledger.db")
        .hasMessageContaining("expected");
  }

  private SqliteLedger open() {
    return SqliteLedger.open(folder, Samples.SMALL, CLOCK);
  }

  private List<UsageRow> rows() {
    List<UsageRow> rows = new ArrayList<>();
    try (LedgerReader reader = LedgerReader.open(folder)) {
      reader.usage(Instant.MIN, Instant.MAX, rows::add);
    }
    return rows;
  }

  private Verification verify() {
    try (LedgerReader reader = LedgerReader.open(folder)) {
      return reader.verify();
    }
  }

  static void get(CompletableFuture<Void> future) throws Exception {
    try {
      future.get(20, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new CompletionException(e.getCause().getMessage(), e.getCause());
    }
  }
}
