package io.stipend.gateway.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.export.ExportMeta;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.config.DeliveryConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders that a gateway writes every day, by processes of their own. */
class ScheduledExportsTest {
  private static final AccountKey ADA = new AccountKey("person/ada/engineer", "2026-11", Unit.USD);
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  /** Half past two in Berlin, half an hour after it is due. */
  private static final Instant NOW = Instant.parse("2026-11-04T01:30:00Z");

  @TempDir Path folder;

  @BeforeEach
  void usage() throws Exception {
    try (SqliteLedger ledger =
        SqliteLedger.open(
            data(), new LedgerOptions(8, 100, 64, () -> {}), InstantSource.fixed(NOW))) {
      AttemptFacts facts =
          new AttemptFacts(
              "ada",
              null,
              null,
              null,
              "k1",
              null,
              "cli",
              "openai-chat",
              "openai",
              "gpt-5",
              null,
              "builtin",
              "USD",
              1,
              1,
              1,
              1);
      AttemptId id = new AttemptId("e1", 1);
      Instant at = Instant.parse("2026-11-01T12:00:00Z");
      OpenAttempt attempt =
          ledger.begin(new LedgerEntry.Reserved(at, id, facts, List.of(new Posting(ADA, 1))));
      attempt.sent();
      attempt
          .settle(
              new LedgerEntry.Settled(
                  at.plusSeconds(1),
                  id,
                  TokenUsage.of(1, 2),
                  UsageSource.REPORTED,
                  "completed",
                  200,
                  "gpt-5",
                  null,
                  77,
                  null,
                  List.of(new Posting(ADA, 77)),
                  ""))
          .get(20, TimeUnit.SECONDS);
    }
  }

  private Path data() {
    return folder.resolve("data");
  }

  private DeliveryConfig.Export export(DeliveryConfig.Format format, Path to) {
    return new DeliveryConfig.Export(to, format, LocalTime.of(2, 0), null);
  }

  /** Runs until the folder's state is as it is waited for. */
  private DeliveryStatus.Export run(
      Instant now, DeliveryConfig.Export export, Predicate<DeliveryStatus.Export> until) {
    try (ScheduledExports exports = new ScheduledExports(data(), "0", InstantSource.fixed(now))) {
      exports.update(List.of(export), BERLIN, folder.resolve("stipend.yaml"));
      await().atMost(Duration.ofSeconds(60)).until(() -> until.test(exports.status().get(0)));
      return exports.status().get(0);
    }
  }

  @Test
  void whatWasMissedIsWrittenAtTheStartAndNotAgainUntilItIsDue() throws Exception {
    Path to = folder.resolve("out/csv");
    DeliveryConfig.Export export = export(DeliveryConfig.Format.CSV, to);
    DeliveryStatus.Export done = run(NOW, export, status -> status.lastAt() != null);
    assertThat(done.problem()).isNull();
    assertThat(done.completeUntil()).isEqualTo("2026-11-04T00:00:00Z");
    for (int day = 1; day <= 3; day++) {
      assertThat(to.resolve("usage-2026-11-0" + day + ".csv")).exists();
    }
    assertThat(to.resolve("usage-2026-10-31.csv")).as("before the first usage").doesNotExist();
    assertThat(to.resolve("usage-2026-11-04.csv")).as("not over").doesNotExist();
    assertThat(to.resolve("usage-2026-11-01.csv")).content().contains(",0.000000077,");

    FileTime before = Files.getLastModifiedTime(to.resolve("usage-2026-11-03.csv.meta.json"));
    DeliveryStatus.Export same =
        run(NOW.plusSeconds(60), export, status -> status.lastAt() != null);
    assertThat(same.lastAt()).as("known from the folder").isEqualTo(NOW.toString());
    assertThat(Files.getLastModifiedTime(to.resolve("usage-2026-11-03.csv.meta.json")))
        .isEqualTo(before);

    Instant later = NOW.plus(Duration.ofDays(2));
    DeliveryStatus.Export next =
        run(later, export, status -> later.toString().equals(status.lastAt()));
    assertThat(next.completeUntil()).isEqualTo("2026-11-06T00:00:00Z");
    assertThat(ExportMeta.beside(to.resolve("usage-2026-11-05.csv"))).isNotNull();
    assertThat(Files.getLastModifiedTime(to.resolve("usage-2026-11-03.csv.meta.json")))
        .as("a day that did not change")
        .isEqualTo(before);
  }

  @Test
  void focusIsWrittenForTheProvidersOfTheQuotaFile() throws Exception {
    Files.writeString(
        folder.resolve("stipend.yaml"),
        """
        gateway: { data: ./data }
        providers: { openai: { url: "https://api.openai.com", key: "${NOT_SET}" } }
        people: { ada: { budget: { amount: 400 USD, every: month } } }
        """);
    Path to = folder.resolve("focus");
    DeliveryConfig.Export export = export(DeliveryConfig.Format.FOCUS, to);
    DeliveryStatus.Export done =
        run(NOW, export, status -> status.lastAt() != null || status.problem() != null);
    assertThat(done.problem()).isNull();
    assertThat(done.completeUntil()).isEqualTo("2026-11-04T00:00:00Z");
    assertThat(to.resolve("focus-2026-11-01.csv")).content().contains("0.000000077");
    assertThat(run(NOW, export, status -> status.lastAt() != null).completeUntil())
        .as("known from the folder")
        .isNull();
  }

  @Test
  void aFileThatIsNoMetadataStopsNoExport() throws Exception {
    Path to = Files.createDirectories(folder.resolve("out/torn"));
    Files.writeString(
        to.resolve("usage-2026-11-03.csv.meta.json"),
        "{\"totals\":{},\"months\":[],\"columns\":[]}");
    DeliveryStatus.Export done =
        run(
            NOW,
            export(DeliveryConfig.Format.CSV, to),
            status -> status.lastAt() != null || status.problem() != null);
    assertThat(done.problem()).isNull();
    assertThat(done.completeUntil()).isEqualTo("2026-11-04T00:00:00Z");
  }

  @Test
  void whatFailsIsToldAndParquetIsWrittenToo() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "in the way");
    DeliveryStatus.Export failed =
        run(NOW, export(DeliveryConfig.Format.CSV, file), status -> status.problem() != null);
    assertThat(failed.problem()).contains("code 1", file.toString());
    assertThat(failed.lastAt()).isNull();

    Path to = folder.resolve("parquet");
    DeliveryStatus.Export done =
        run(
            NOW,
            export(DeliveryConfig.Format.PARQUET, to),
            status -> status.lastAt() != null || status.problem() != null);
    assertThat(done.problem()).isNull();
    assertThat(to.resolve("usage-2026-11-01.parquet")).exists();
  }
}
