package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.export.DayFolder;
import io.stipend.metering.export.DayFolder.Delivery;
import io.stipend.metering.export.ExportMeta;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.export.UsageFormat;
import java.io.StringWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Usage by day into a folder: what is written, what is kept, and that it is the ledger's. */
class DayFolderTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 100 : 4;
  private static final int STEPS = 60;
  private static final LocalDate FIRST = LocalDate.of(2026, 10, 30);
  private static final LocalDate END = LocalDate.of(2026, 11, 4);
  private static final Instant NOW = Instant.parse("2026-11-04T02:00:00Z");
  private static final YearMonth OCTOBER = YearMonth.of(2026, 10);

  @TempDir Path temporary;

  private Path data() {
    return temporary.resolve("data");
  }

  private Path out() {
    return temporary.resolve("out");
  }

  private SqliteLedger open() {
    return SqliteLedger.open(data(), Samples.SMALL, InstantSource.fixed(NOW));
  }

  /** One attempt on each of the five days but the second. */
  private void fill() throws Exception {
    try (SqliteLedger ledger = open()) {
      for (int day : List.of(0, 2, 3, 4)) {
        Instant at = FIRST.plusDays(day).atTime(23, 50).toInstant(ZoneOffset.UTC);
        get(ClosedMonthsTest.settle(ledger, "e" + day, at, TokenUsage.of(1, day), 1_000 + day));
      }
    }
  }

  private Delivery deliver(Instant now, boolean again) {
    return new DayFolder(
            data(),
            UsageFormat.of(UsageExport.Format.CSV),
            out(),
            new ExportMeta.Maker("0", now),
            again,
            DayFolder.Watcher.NONE)
        .deliver(FIRST, END);
  }

  private void correct(String id, String exchange) throws Exception {
    try (SqliteLedger ledger = open()) {
      get(ClosedMonthsTest.correct(ledger, id, exchange, NOW, TokenUsage.of(2, 2), 7));
    }
  }

  private void close(boolean closed) throws Exception {
    try (SqliteLedger ledger = open()) {
      get(ClosedMonthsTest.close(ledger, OCTOBER, closed, NOW));
    }
  }

  private Path file(LocalDate day) {
    return out().resolve("usage-" + day + ".csv");
  }

  @Test
  void everyDayHasAFileAndWhatProvesIt() throws Exception {
    fill();
    Delivery delivery = deliver(NOW, false);
    assertThat(delivery)
        .isEqualTo(
            new Delivery(
                out().toString(),
                "csv",
                5,
                5,
                4,
                Map.of("USD", new Unit("USD").format(4_009)),
                END.atStartOfDay() + ":00Z"));
    JsonNode meta =
        new ObjectMapper()
            .readTree(Files.readString(out().resolve("usage-2026-11-01.csv.meta.json")));
    assertThat(meta.path("rows").asLong()).isEqualTo(1);
    assertThat(meta.at("/totals/USD").textValue()).isEqualTo("0.000001002");
    assertThat(meta.path("complete_until").textValue()).isEqualTo("2026-11-02T00:00:00Z");
    assertThat(meta.path("filter").textValue())
        .isEqualTo("started_at >= 2026-11-01T00:00:00Z and started_at < 2026-11-02T00:00:00Z");
    assertThat(meta.path("head_hash").textValue()).hasSize(64);
    assertThat(meta.path("generator").textValue()).isEqualTo("stipend");
    assertThat(meta.path("bytes").longValue()).isEqualTo(Files.size(file(END.minusDays(3))));
    assertThat(meta.path("columns")).hasSizeGreaterThan(30);
    assertThat(meta.path("columns"))
        .anySatisfy(
            c -> assertThat(c.toString()).isEqualTo("{\"name\":\"cost\",\"type\":\"decimal\"}"))
        .anySatisfy(
            c -> assertThat(c.toString()).isEqualTo("{\"name\":\"started_at\",\"type\":\"time\"}"));
    assertThat(file(FIRST.plusDays(1))).as("a day without usage").content().hasLineCount(1);
    assertThat(file(FIRST.plusDays(5))).as("a day that has not begun").doesNotExist();
  }

  @Test
  void onlyWhatMayHaveChangedIsWrittenAgain() throws Exception {
    fill();
    deliver(NOW, false);
    assertThat(deliver(NOW, false).written()).as("nothing changed").isZero();
    assertThat(deliver(NOW, true).written()).as("asked for").isEqualTo(5);

    correct("c1", "e3");
    assertThat(deliver(NOW, false)).returns(1L, Delivery::written).returns(4L, Delivery::rows);
    assertThat(file(FIRST.plusDays(3))).content().contains(",0.00000101,");

    Files.writeString(file(FIRST), "x", StandardOpenOption.APPEND);
    Files.delete(file(FIRST.plusDays(1)));
    Files.writeString(ExportMeta.fileOf(file(FIRST.plusDays(2))), "{\"rows\":1}");
    Files.delete(ExportMeta.fileOf(file(FIRST.plusDays(3))));
    Path left = out().resolve(".usage-2026-11-02.csv.1.part");
    Files.writeString(left, "half");
    assertThat(deliver(NOW, false).written()).as("whatever is broken").isEqualTo(4);
    assertThat(left).doesNotExist();
  }

  @Test
  void aDayThatWasNotOverIsWrittenAgain() throws Exception {
    fill();
    Instant noon = Instant.parse("2026-11-02T12:00:00Z");
    assertThat(deliver(noon, false))
        .returns(4L, Delivery::days)
        .returns(noon.toString(), Delivery::completeUntil);
    assertThat(deliver(NOW, false).written()).as("that day and the next").isEqualTo(2);
  }

  @Test
  void theFilesOfAClosedMonthStayAndWhatComesLaterStandsInTheOpenOne() throws Exception {
    fill();
    deliver(NOW, false);
    correct("c1", "e0");
    close(true);
    assertThat(deliver(NOW, false).written()).as("corrected before the close").isEqualTo(1);
    byte[] closed = Files.readAllBytes(file(FIRST));

    correct("c2", "e0");
    try (SqliteLedger ledger = open()) {
      Instant late = FIRST.atTime(12, 0).toInstant(ZoneOffset.UTC);
      get(ClosedMonthsTest.settle(ledger, "late", late, TokenUsage.of(1, 1), 5));
    }
    assertThat(deliver(NOW, false).written()).as("the first of the open month").isEqualTo(1);
    Delivery next =
        new DayFolder(
                data(),
                UsageFormat.of(UsageExport.Format.CSV),
                out(),
                new ExportMeta.Maker("0", NOW.plus(Duration.ofDays(1))),
                false,
                DayFolder.Watcher.NONE)
            .deliver(FIRST, END.plusDays(1));
    assertThat(next.written()).as("the day of the correction").isEqualTo(1);
    assertThat(file(FIRST)).hasBinaryContent(closed);
    assertThat(file(FIRST.plusDays(2))).content().contains("late,1,2026-11-01T");
    assertThat(file(END)).content().contains(",correction,").contains(",0.000000007,");

    close(false);
    correct("c3", "e0");
    assertThat(deliver(NOW, false).written()).as("reopened: of two days one moved").isEqualTo(1);
    assertThat(file(FIRST)).content().contains(",0.000001014,");
  }

  @Test
  void twoRunsDoNotWriteIntoOneFolder() throws Exception {
    fill();
    deliver(NOW, false);
    try (FileChannel other =
            FileChannel.open(out().resolve(".stipend-export.lock"), StandardOpenOption.WRITE);
        var lock = other.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThatThrownBy(() -> deliver(NOW, false))
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("another export writes into it");
    }
  }

  @Test
  void theDaysTogetherAreTheExportWhateverHappened() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      history(new Random(seed), temporary.resolve("seed" + seed));
    }
  }

  private static void history(Random random, Path folder) throws Exception {
    Instant now = Instant.parse("2026-10-25T00:00:00Z");
    Map<String, Boolean> closed = new TreeMap<>();
    List<String> ids = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      now = now.plus(Duration.ofHours(random.nextInt(20)));
      int choice = random.nextInt(10);
      try (SqliteLedger ledger =
          SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(now))) {
        if (choice < 5 || ids.isEmpty()) {
          String id = String.format("%012d", step);
          Instant at = now.minus(Duration.ofHours(random.nextInt(90)));
          ids.add(id);
          TokenUsage usage = TokenUsage.of(random.nextInt(9), random.nextInt(9));
          get(ClosedMonthsTest.settle(ledger, id, at, usage, random.nextInt(1_000_000)));
        } else if (choice < 8) {
          String id = ids.get(random.nextInt(ids.size()));
          TokenUsage usage = TokenUsage.of(random.nextInt(9), random.nextInt(9));
          get(ClosedMonthsTest.correct(ledger, "c" + step, id, now, usage, random.nextInt(99)));
        } else {
          YearMonth month = OCTOBER.plusMonths(random.nextInt(2));
          if (now.isAfter(start(month.plusMonths(1).atDay(1)))) {
            boolean to = closed.merge(month.toString(), true, (was, on) -> !was);
            get(ClosedMonthsTest.close(ledger, month, to, now));
          }
        }
      }
      if (random.nextInt(4) == 0) {
        compare(folder, now);
      }
    }
    compare(folder, now);
  }

  private static void compare(Path data, Instant now) throws Exception {
    LocalDate first = LocalDate.of(2026, 10, 20);
    LocalDate end = LocalDate.ofInstant(now, ZoneOffset.UTC).plusDays(1);
    Path out = data.resolve("out");
    Delivery delivery =
        new DayFolder(
                data,
                UsageFormat.of(UsageExport.Format.CSV),
                out,
                new ExportMeta.Maker("0", now),
                false,
                DayFolder.Watcher.NONE)
            .deliver(first, end);
    StringWriter whole = new StringWriter();
    UsageExport.Summary summary;
    try (LedgerReader reader = LedgerReader.open(data)) {
      summary = UsageExport.write(reader, start(first), start(end), UsageExport.Format.CSV, whole);
    }
    StringBuilder days = new StringBuilder(whole.toString().lines().findFirst().orElseThrow());
    days.append("\r\n");
    for (LocalDate day = first; day.isBefore(end); day = day.plusDays(1)) {
      String text = Files.readString(out.resolve("usage-" + day + ".csv"));
      days.append(text, text.indexOf('\n') + 1, text.length());
    }
    assertThat(days.toString()).as(data.getFileName().toString()).isEqualTo(whole.toString());
    assertThat(delivery.rows()).isEqualTo(summary.rows());
    assertThat(delivery.totals())
        .isEqualTo(
            summary.rows() == 0
                ? Map.of()
                : Map.of("USD", Unit.USD.format(summary.totalNanos().get("USD"))));
  }

  private static Instant start(LocalDate day) {
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }
}
