package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.export.UsageExport;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A data folder that an older build left when it was killed: 23 entries of every kind that it knew,
 * one attempt sent and open, one open and not sent, one sent and in the in-flight table only.
 *
 * <p>The build is that of the issue before, whose grants had no priority. What is expected here is
 * what that build itself made of the folder.
 */
class OlderLedgerTest {
  private static final Instant LATER = Samples.NOW.plusSeconds(3_600);
  private static final LedgerOptions OPTIONS = new LedgerOptions(8, 1_000, 64, () -> {});

  @TempDir Path folder;

  @BeforeEach
  void unpack() throws Exception {
    unpack("/ledger/issue-2-killed.zip");
  }

  private void unpack(String archive) throws Exception {
    try (InputStream resource = getClass().getResourceAsStream(archive);
        ZipInputStream zip = new ZipInputStream(resource)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Files.write(folder.resolve(Path.of(entry.getName()).getFileName()), zip.readAllBytes());
      }
    }
  }

  @Test
  void opensRecoversAndAddsUpAsBefore() {
    SqliteLedger.open(folder, OPTIONS, InstantSource.fixed(LATER)).close();
    Verification verification = Folders.verify(folder);
    assertThat(verification.problems()).isEmpty();
    assertThat(verification.entries()).isEqualTo(26);
    assertThat(Folders.totals(folder))
        .hasSize(3)
        .containsEntry(Samples.ADA, new AccountTotals(370_000_000_000L, 83_272_000L, 0))
        .containsEntry(Samples.TEAM, new AccountTotals(9_000_000_000_000L, 48_906_567L, 0))
        .containsEntry(Samples.BOB, new AccountTotals(5_000_000L, 460L, 0));
    assertThat(Folders.rows(folder))
        .extracting(UsageRow::exchangeId, UsageRow::nanos, UsageRow::flags)
        .containsExactly(
            tuple("01KAR0000001", 12_072_000L, ""),
            tuple("01KAR0000003", 1_234_567L, ""),
            tuple("01KAR0000004", 35_600_000L, "assumed"),
            tuple("01KAR0000006", 35_600_000L, "assumed"));
    assertThat(Folders.rows(folder).get(0).usage()).isEqualTo(TokenUsage.of(812, 300));
  }

  @Test
  void itsGrantsAreLotsOfPriority0() {
    SqliteLedger.open(folder, OPTIONS, InstantSource.fixed(LATER)).close();
    try (LedgerReader reader = LedgerReader.open(folder)) {
      AccountRecord ada = reader.account(Samples.ADA).orElseThrow();
      assertThat(ada.begun()).isTrue();
      assertThat(ada.recurring()).isEqualTo(350_000_000_000L);
      assertThat(ada.counts()).isEqualTo(new AccountRecord.Counts(1, 1, 0, 0, 0));
      assertThat(ada.totals().available()).isEqualTo(370_000_000_000L - 83_272_000L);
      assertThat(ada.lots())
          .containsExactly(
              new Lot(
                  "one-off-1",
                  20_000_000_000L,
                  0,
                  Samples.NOW.plusSeconds(604_800),
                  Samples.NOW,
                  0),
              new Lot("recurring:" + Samples.ADA, 350_000_000_000L, 0, null, Samples.NOW, 0));
      assertThat(reader.grants()).hasSize(5).allMatch(grant -> grant.priority() == 0);
      assertThat(reader.keys())
          .extracting(key -> key.created().keyId())
          .containsExactly("k_ada", "k_bob");
      assertThat(reader.refusals())
          .extracting(LedgerEntry.RefusalsCounted::count)
          .containsExactly(7L);
    }
  }

  @Test
  void whatWasEnteredThenIsNothingNewNowAndGoesOn() throws Exception {
    try (SqliteLedger ledger = SqliteLedger.open(folder, OPTIONS, InstantSource.fixed(LATER))) {
      String id = "recurring:" + Samples.ADA;
      get(ledger.append(Samples.granted(id, Samples.ADA, 400_000_000_000L)));
      assertThatThrownBy(() -> get(ledger.append(Samples.granted(id, Samples.ADA, 1))))
          .hasRootCauseInstanceOf(LedgerException.class)
          .hasMessageContaining("another content");
      get(
          ledger.append(
              new LedgerEntry.Lent(
                  LATER, "l1", Samples.ADA, 5, LedgerEntry.LoanKind.ADVANCE, "", "grace")));
    }
    Verification verification = Folders.verify(folder);
    assertThat(verification.problems()).isEmpty();
    assertThat(verification.entries()).isEqualTo(27);
    assertThat(Folders.totals(folder).get(Samples.ADA).lent()).isEqualTo(5);
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.loans()).extracting(LedgerEntry.Lent::id).isEqualTo(List.of("l1"));
    }
  }

  /**
   * The first build with lots, transfers, loans, rolls, alerts and closed months left it, with one
   * attempt sent, extended and open.
   */
  @Test
  void whatTheFirstBuildWithLotsLeftIsWhatThatBuildMadeOfIt() throws Exception {
    unpack("/ledger/lots-killed.zip");
    SqliteLedger.open(folder, OPTIONS, InstantSource.fixed(LATER)).close();
    Verification verification = Folders.verify(folder);
    assertThat(verification.problems()).isEmpty();
    AccountKey october = new AccountKey(Samples.ADA.budget(), "2026-10", Samples.ADA.unit());
    assertThat(Folders.totals(folder))
        .hasSize(3)
        .containsEntry(october, new AccountTotals(1_000, 0, 0, 100, 400, 0, 350, 0, 250, 100, true))
        .containsEntry(
            Samples.ADA,
            new AccountTotals(
                420_000_000_000L, 250, 7_000, 9_000, 112_196_000, 0, 5_000, 0, 0, 0, false))
        .containsEntry(
            Samples.TEAM,
            new AccountTotals(9_000_000_000_000L, 0, 0, 0, 112_196_000, 0, 0, 7_000, 0, 0, false));
    assertThat(Folders.rows(folder))
        .extracting(UsageRow::exchangeId, UsageRow::nanos, UsageRow::flags)
        .containsExactly(
            tuple("01KAS0000000", 400L, ""),
            tuple("01KAS0000001", 13_196_000L, ""),
            tuple("01KAS0000002", 99_000_000L, "assumed"));
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.account(Samples.ADA).orElseThrow().lots())
          .extracting(Lot::id, Lot::amount, Lot::priority, Lot::expired)
          .containsExactly(
              tuple("carry:" + october, 250L, 3, 0L),
              tuple("one-off-1", 20_000_000_000L, -1, 5_000L),
              tuple("recurring:" + Samples.ADA, 400_000_000_000L, 3, 0L),
              tuple("transfer-1", 7_000L, 0, 0L));
      assertThat(reader.closedMonths()).containsExactly("2026-11");
      assertThat(reader.frozen()).containsOnlyKeys("person/bob");
      assertThat(reader.alerts()).hasSize(1);
    }
  }

  /**
   * The last build whose attempts named no agent and whose usage was of tokens alone left it: one
   * attempt was corrected after its month was closed, one ran another model, one was released; two
   * were sent and open, one of them extended; one was not sent. The export is the one that the same
   * build then made of it.
   */
  @Test
  void whatTheBuildBeforeAgentsLeftIsTheSameToTheByteAndHasThreeEmptyColumnsMore()
      throws Exception {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    unpack("/ledger/before-agents-killed.zip");
    SqliteLedger.open(folder, OPTIONS, InstantSource.fixed(LATER)).close();

    Verification verification = Folders.verify(folder);
    assertThat(verification.problems()).isEmpty();
    assertThat(verification.entries()).isEqualTo(19);
    assertThat(verification.headHash())
        .as("recovery writes the entries that the older build wrote, byte for byte")
        .isEqualTo("3f39b0443f3476ebe80b63ea3c9d444861cf8bf0cc3d59b0a090651cebf0aea3");
    assertThat(Folders.totals(folder))
        .containsEntry(Samples.ADA, new AccountTotals(400_000_000_000L, 107_619_000L, 0))
        .containsEntry(Samples.TEAM, new AccountTotals(9_000_000_000_000L, 107_619_000L, 0));
    String before;
    try (InputStream csv = getClass().getResourceAsStream("/ledger/before-agents-killed.csv")) {
      before = new String(csv.readAllBytes(), StandardCharsets.UTF_8);
    }
    StringWriter now = new StringWriter();
    try (LedgerReader reader = LedgerReader.open(folder)) {
      UsageExport.write(reader, Instant.EPOCH, Instant.MAX, UsageExport.Format.CSV, now);
    }
    assertThat(now)
        .hasToString(
            before
                .replace(
                    "provider_request_id\r\n",
                    "provider_request_id,agent_id," + "parent_agent_id,units\r\n")
                .replaceAll("(?<!units)\r\n", ",,,\r\n"));
    Path replayed = folder.resolve("replayed");
    assertThat(LedgerCopy.replay(folder, replayed, (done, of) -> {}).differences()).isEmpty();
    assertThat(Folders.rows(replayed)).isEqualTo(Folders.rows(folder));
  }
}
