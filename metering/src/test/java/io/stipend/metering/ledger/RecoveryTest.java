package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of {@link Recovery}, on copies of the files of a ledger that is open. */
class RecoveryTest {
  private static final Instant LATER = Samples.NOW.plusSeconds(3_600);

  @TempDir Path temporary;
  private Path live;
  private Path dead;
  private SqliteLedger ledger;
  private final LedgerEntry.Reserved reserved = Samples.reserved("01JABCDEF");

  @BeforeEach
  void open() {
    live = temporary.resolve("live");
    dead = temporary.resolve("dead");
    ledger = SqliteLedger.open(live, Samples.SMALL, InstantSource.fixed(Samples.NOW));
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  @Test
  void sentAndOpenIsBookedAsExpected() throws Exception {
    OpenAttempt attempt = ledger.begin(reserved);
    get(attempt.reservedDurably());
    attempt.sent();
    Folders.copy(live, dead);
    recover();
    assertAssumed(TokenUsage.of(2_000, 1_024), reserved.facts().expectedNanos());
  }

  private LedgerEntry.Reserved onHaiku() {
    AttemptFacts facts = reserved.facts().sentAs("claude-haiku-4-5");
    return new LedgerEntry.Reserved(reserved.at(), reserved.id(), facts, reserved.holds());
  }

  @Test
  void whatRanInsteadIsNamedWhereOnlyTheLedgerKnowsIt() throws Exception {
    OpenAttempt attempt = ledger.begin(onHaiku());
    get(attempt.reservedDurably());
    attempt.sent();
    Folders.copy(live, dead);
    Files.delete(LedgerFiles.inFlight(dead));
    recover();
    assertRanOnHaiku();
  }

  @Test
  void whatRanInsteadIsNamedWhereOnlyTheSlotKnowsIt() throws Exception {
    whileTheWriterIsBusy(() -> ledger.begin(onHaiku()).sent());
    recover();
    assertRanOnHaiku();
  }

  private void assertRanOnHaiku() throws Exception {
    UsageRow row = Folders.rows(dead).get(0);
    assertThat(row.modelRequested()).isEqualTo(reserved.facts().modelRequested());
    assertThat(row.modelServed()).isEqualTo("claude-haiku-4-5");
    assertThat(row.nanos()).isEqualTo(reserved.facts().expectedNanos());
  }

  @Test
  void openAndNotSentIsReleased() throws Exception {
    get(ledger.begin(reserved).reservedDurably());
    Folders.copy(live, dead);
    assertThat(Folders.totals(dead).get(Samples.ADA).held()).isPositive();
    recover();
    assertThat(Folders.rows(dead)).isEmpty();
    assertThat(Folders.totals(dead).get(Samples.ADA)).isEqualTo(AccountTotals.ZERO);
  }

  @Test
  void openAndNotMarkedAsSentIsBookedAfterAPowerCutBecauseTheMarkMayBeLost() throws Exception {
    get(ledger.begin(reserved).reservedDurably());
    Folders.copy(live, dead);
    Storage afterwards =
        new Storage() {
          @Override
          public long run() {
            return Storage.super.run() + 1;
          }
        };
    SqliteLedger.open(dead, Samples.SMALL, InstantSource.fixed(LATER), afterwards).close();
    assertAssumed(TokenUsage.of(2_000, 1_024), reserved.facts().expectedNanos());
  }

  @Test
  void openWithoutASlotIsBookedAsExpected() throws Exception {
    get(ledger.begin(reserved).reservedDurably());
    Folders.copy(live, dead);
    Files.delete(LedgerFiles.inFlight(dead));
    recover();
    assertAssumed(TokenUsage.of(2_000, 1_024), reserved.facts().expectedNanos());
  }

  @Test
  void sentAndUnknownToTheLedgerIsReservedAndBooked() throws Exception {
    whileTheWriterIsBusy(() -> ledger.begin(reserved).sent());
    assertThat(Folders.totals(dead)).isEmpty();
    recover();
    assertAssumed(TokenUsage.of(2_000, 1_024), reserved.facts().expectedNanos());
    assertThat(Folders.rows(dead).get(0).sessionId()).isEqualTo(reserved.facts().sessionId());
  }

  @Test
  void notSentAndUnknownToTheLedgerIsNothing() throws Exception {
    whileTheWriterIsBusy(() -> assertThat(ledger.begin(reserved)).isNotNull());
    recover();
    assertThat(Folders.rows(dead)).isEmpty();
    assertThat(Folders.totals(dead)).isEmpty();
    assertThat(Folders.verify(dead).entries()).isEqualTo(quotaChanges());
  }

  private long quotaChanges() {
    try (LedgerReader reader = LedgerReader.open(dead)) {
      return reader.quotaChanges().size();
    }
  }

  @Test
  void aSlotOfAnAttemptThatEndedChangesNothing() throws Exception {
    OpenAttempt attempt = ledger.begin(reserved);
    LedgerEntry.Reserved unsent = Samples.reserved("01JABCDEG");
    OpenAttempt other = ledger.begin(unsent);
    attempt.sent();
    other.sent();
    Path before = temporary.resolve("before");
    Folders.copy(live, before);
    get(attempt.settle(Samples.settled(reserved)));
    get(other.release(Samples.released(unsent)));
    Folders.copy(live, dead);
    Files.copy(
        LedgerFiles.inFlight(before),
        LedgerFiles.inFlight(dead),
        StandardCopyOption.REPLACE_EXISTING);
    recover();
    assertThat(Folders.rows(dead)).hasSize(1);
    assertThat(Folders.rows(dead).get(0).usageSource()).isEqualTo(UsageSource.REPORTED);
    assertThat(Folders.totals(dead).get(Samples.ADA).used()).isEqualTo(13_197_000L);
  }

  @Test
  void progressBeyondTheExpectedIsBookedAndNeverMoreThanTheCap() throws Exception {
    OpenAttempt attempt = ledger.begin(reserved);
    attempt.sent();
    attempt.extend(extended(3_000, 85_000_000L));
    Folders.copy(live, dead);
    recover();
    assertAssumed(TokenUsage.of(2_000, 3_000), 85_000_000L);
  }

  @Test
  void aDurableExtensionCountsWithoutItsSlot() throws Exception {
    OpenAttempt attempt = ledger.begin(reserved);
    attempt.sent();
    get(attempt.extend(extended(9_999, 110_000_000L)));
    Folders.copy(live, dead);
    Files.delete(LedgerFiles.inFlight(dead));
    recover();
    assertAssumed(TokenUsage.of(2_000, reserved.facts().outputCap()), 110_000_000L);
  }

  @Test
  void accountsOfTokensAreDebitedTokens() throws Exception {
    LedgerEntry.Reserved mixed = Samples.reserved("01J", 1, Samples.BOB, Samples.TEAM);
    OpenAttempt attempt = ledger.begin(mixed);
    get(attempt.reservedDurably());
    attempt.sent();
    Folders.copy(live, dead);
    recover();
    assertThat(Folders.totals(dead).get(Samples.BOB)).isEqualTo(new AccountTotals(0, 3_024, 0));
    assertThat(Folders.totals(dead).get(Samples.TEAM))
        .isEqualTo(new AccountTotals(0, mixed.facts().expectedNanos(), 0));
  }

  @Test
  void recoveringAgainChangesNothing() throws Exception {
    OpenAttempt attempt = ledger.begin(reserved);
    get(attempt.reservedDurably());
    attempt.sent();
    Folders.copy(live, dead);
    Path slots = temporary.resolve("slots");
    Files.copy(LedgerFiles.inFlight(dead), slots);
    recover();
    LedgerHead head = head();
    // The process died again, after the entries and before the slots were cleared.
    Files.copy(slots, LedgerFiles.inFlight(dead), StandardCopyOption.REPLACE_EXISTING);
    recover();
    assertThat(head()).isEqualTo(head);
    assertThat(Folders.rows(dead)).hasSize(1);
  }

  @Test
  void aTableOfAnotherSizeIsRecoveredAndReplaced() throws Exception {
    OpenAttempt attempt = ledger.begin(reserved);
    get(attempt.reservedDurably());
    attempt.sent();
    Folders.copy(live, dead);
    LedgerOptions more = new LedgerOptions(128, 100, 64, () -> {});
    SqliteLedger.open(dead, more, InstantSource.fixed(LATER)).close();
    assertAssumed(TokenUsage.of(2_000, 1_024), reserved.facts().expectedNanos());
    SqliteLedger.open(dead, more, InstantSource.fixed(LATER)).close();
    assertThat(Folders.rows(dead)).hasSize(1);
  }

  private LedgerEntry.Extended extended(long outputTokens, long nanos) {
    List<Posting> more = List.of(new Posting(Samples.ADA, 1), new Posting(Samples.TEAM, 1));
    return new LedgerEntry.Extended(Samples.NOW, reserved.id(), more, outputTokens, nanos);
  }

  /** Copies the files while an entry is queued and cannot be written. */
  private void whileTheWriterIsBusy(Runnable action) throws Exception {
    try (BusyWriter busy = BusyWriter.of(ledger)) {
      action.run();
      Folders.copy(live, dead);
    }
  }

  private void recover() {
    SqliteLedger.open(dead, Samples.SMALL, InstantSource.fixed(LATER)).close();
    assertThat(Folders.verify(dead).problems()).isEmpty();
    assertThat(Folders.totals(dead).values()).allMatch(totals -> totals.held() == 0);
  }

  private LedgerHead head() {
    try (LedgerReader reader = LedgerReader.open(dead)) {
      return reader.head();
    }
  }

  private void assertAssumed(TokenUsage usage, long nanos) {
    List<UsageRow> rows = Folders.rows(dead);
    assertThat(rows).hasSize(1);
    UsageRow row = rows.get(0);
    assertThat(row.usage()).isEqualTo(usage);
    assertThat(row.nanos()).isEqualTo(nanos);
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(row.outcome()).isEqualTo("crashed");
    assertThat(row.flags()).isEqualTo("assumed");
    assertThat(row.httpStatus()).isZero();
    assertThat(row.finishedAt()).isEqualTo(LATER);
    assertThat(Folders.totals(dead).get(Samples.ADA)).isEqualTo(new AccountTotals(0, nanos, 0));
    assertThat(Folders.totals(dead).get(Samples.TEAM)).isEqualTo(new AccountTotals(0, nanos, 0));
  }
}
