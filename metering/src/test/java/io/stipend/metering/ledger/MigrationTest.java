package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A data folder as an earlier build left it when it was killed: ledger of schema 1 with its log,
 * in-flight table of version 1 with one attempt sent and one not.
 */
class MigrationTest {
  @TempDir Path folder;

  @Test
  void whatAnEarlierBuildWroteOpensAndIsRecovered() throws Exception {
    try (InputStream zip = MigrationTest.class.getResourceAsStream("ledger-schema-1.zip");
        ZipInputStream files = new ZipInputStream(zip)) {
      for (ZipEntry file = files.getNextEntry(); file != null; file = files.getNextEntry()) {
        Files.copy(files, folder.resolve(file.getName()));
      }
    }

    SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW)).close();

    assertThat(Folders.rows(folder))
        .extracting(UsageRow::exchangeId)
        .containsExactly(
            "exchange-0", "exchange-1", "exchange-2", "exchange-3", "exchange-4", "open");
    assertThat(Folders.rows(folder))
        .extracting(UsageRow::outcome)
        .containsExactly(
            "completed", "completed", "completed", "completed", "completed", "crashed");
    assertThat(Folders.rows(folder).get(0).nanos())
        .isEqualTo(Folders.rows(folder).get(1).nanos() - 1_000_000);
    AccountTotals ada = Folders.totals(folder).get(Samples.ADA);
    assertThat(ada.granted()).isEqualTo(400_000_000_000L);
    assertThat(ada.held()).isZero();
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.keys()).hasSize(1);
      assertThat(reader.keys().get(0).revokedAt()).isEqualTo(Samples.NOW);
      assertThat(reader.refusals()).hasSize(1);
      assertThat(reader.quotaChanges()).hasSize(1);
    }
    assertThat(Folders.verify(folder).problems()).isEmpty();
    assertThat(InFlightTable.read(LedgerFiles.inFlight(folder)).slots()).isEqualTo(64);
    assertThat(InFlightTable.read(LedgerFiles.inFlight(folder)).acknowledged()).isPositive();
  }
}
