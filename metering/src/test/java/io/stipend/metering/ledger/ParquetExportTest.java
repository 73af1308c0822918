package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.metering.analytics.DuckParquet;
import io.stipend.metering.export.ColumnType;
import io.stipend.metering.export.Field;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.export.UsageFormat;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parquet, read back by the engine, is what the other formats say, to the last digit. */
class ParquetExportTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 20 : 2;

  /** More than a chunk, so that the rows pass the queue. */
  private static final int ATTEMPTS = 2_500;

  private static final Instant FIRST = Instant.parse("2026-11-01T00:00:00Z");
  private static final Instant END = Instant.parse("2027-01-01T00:00:00Z");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final UsageFormat PARQUET = parquet();

  @TempDir Path folder;

  private static UsageFormat parquet() {
    try {
      return UsageFormat.parquet(new DuckParquet());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void everyRowIsTheSameInEveryFormat() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      Path data = folder.resolve("seed" + seed);
      history(new Random(seed), data, ATTEMPTS);
      Path parquet = folder.resolve("usage'" + seed + ".parquet");
      Path jsonl = folder.resolve(seed + ".jsonl");
      Path csv = folder.resolve(seed + ".csv");
      UsageExport.Summary summary = write(data, PARQUET, parquet).summary();
      UsageExport.Summary same =
          write(data, UsageFormat.of(UsageExport.Format.JSONL), jsonl).summary();
      write(data, UsageFormat.of(UsageExport.Format.CSV), csv);

      assertThat(summary).isEqualTo(same);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(parquet)))
          .as("its owner's alone, as every other export")
          .isEqualTo("rw-------");
      List<List<String>> rows = rows("select * from '" + quoted(parquet) + "'");
      assertThat(rows).hasSize(Math.toIntExact(summary.rows())).hasSizeGreaterThan(ATTEMPTS);
      assertThat(rows).as("seed %d", seed).isEqualTo(jsonRows(jsonl));
      assertThat(
              rows(
                  "select * from read_csv('"
                      + quoted(csv)
                      + "', all_varchar = true, header = true, strict_mode = true)"))
          .as("seed %d", seed)
          .isEqualTo(rows.stream().map(ParquetExportTest::asCsv).toList());
      assertThat(rows("select sum(cost) from '" + quoted(parquet) + "'").get(0).get(0))
          .isEqualTo(plain(BigDecimal.valueOf(summary.totalNanos().get("USD"), 9)));
    }
  }

  /** Settled at any cost, with any label; corrected; some corrections after the close. */
  private static void history(Random random, Path data, int attempts) throws Exception {
    List<CompletableFuture<Void>> durable = new ArrayList<>();
    List<LedgerEntry.Reserved> all = new ArrayList<>();
    LedgerOptions options = new LedgerOptions(4_096, 20_000, 64, () -> {});
    try (SqliteLedger ledger = SqliteLedger.open(data, options, InstantSource.fixed(END))) {
      for (int i = 0; i < attempts; i++) {
        LedgerEntry.Reserved any = Samples.reserved(random);
        LedgerEntry.Reserved reserved =
            new LedgerEntry.Reserved(any.at(), new AttemptId("e" + i, 1), any.facts(), List.of());
        all.add(reserved);
        OpenAttempt attempt = ledger.begin(reserved);
        attempt.sent();
        durable.add(
            attempt.settle(
                Samples.settled(reserved, Samples.usage(random), Samples.amount(random))));
      }
      get(CompletableFuture.allOf(durable.toArray(CompletableFuture[]::new)));
      for (int i = 0; i < 40; i++) {
        if (i == 20) {
          get(ledger.append(new LedgerEntry.MonthClosed(END, "2026-11", true, "root", "")));
        }
        AttemptId id = all.get(random.nextInt(all.size())).id();
        get(
            ledger.append(
                new LedgerEntry.Corrected(
                    END.minusSeconds(i + 1),
                    "c" + i,
                    id,
                    Samples.usage(random),
                    -Samples.amount(random) / 1_000,
                    List.of(),
                    "root",
                    "why")));
      }
    }
  }

  private static UsageFormat.Written write(Path data, UsageFormat format, Path file) {
    try (LedgerReader reader = LedgerReader.open(data)) {
      return format.write(reader, FIRST, END, file, Progress.NONE);
    }
  }

  @Test
  void columnsHaveTheTypesThatTheirReadersNeed() throws Exception {
    Path data = folder.resolve("data");
    history(new Random(1), data, 60);
    Path parquet = folder.resolve("usage.parquet");
    write(data, PARQUET, parquet);
    String file = quoted(parquet);
    assertThat(
            rows(
                "select column_name, column_type from (describe select * from '"
                    + file
                    + "') where column_name in ('exchange_id', 'started_at', 'input_tokens',"
                    + " 'cost')"))
        .containsExactly(
            List.of("exchange_id", "VARCHAR"),
            List.of("started_at", "TIMESTAMP WITH TIME ZONE"),
            List.of("input_tokens", "BIGINT"),
            List.of("cost", "DECIMAL(38,9)"));
    assertThat(
            rows(
                "select distinct compression from parquet_metadata('"
                    + file
                    + "') where total_compressed_size > 0"))
        .containsExactly(List.of("ZSTD"));
    assertThat(
            rows(
                "select encodings from parquet_metadata('"
                    + file
                    + "') where path_in_schema = 'provider' limit 1"))
        .first()
        .asString()
        .contains("DICTIONARY");
  }

  @Test
  void anEmptyRangeIsAFileWithColumnsAndNoRows() throws Exception {
    Path data = folder.resolve("data");
    history(new Random(2), data, 60);
    Path parquet = folder.resolve("usage.parquet");
    try (LedgerReader reader = LedgerReader.open(data)) {
      Instant later = END.plusSeconds(99_999_999);
      PARQUET.write(reader, later, later.plusSeconds(1), parquet, Progress.NONE);
    }
    assertThat(rows("select * from '" + quoted(parquet) + "'")).isEmpty();
    assertThat(rows("describe select * from '" + quoted(parquet) + "'")).hasSizeGreaterThan(30);
  }

  @Test
  void whatFailsLeavesTheOldFileAndNothingElse() throws Exception {
    Path file = folder.resolve("usage.parquet");
    Files.writeString(file, "the old one");
    List<Field> fields = List.of(new Field("n", ColumnType.INTEGER));
    DuckParquet engine = new DuckParquet();
    for (int rows : List.of(0, 3, 50_000)) {
      assertThatThrownBy(
              () ->
                  io.stipend.metering.export.WholeFile.write(
                      file,
                      part ->
                          engine.write(
                              part,
                              fields,
                              each -> {
                                for (long row = 0; row < rows; row++) {
                                  each.accept(new Object[] {row});
                                }
                                throw new LedgerException("the ledger ends here", null);
                              })))
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("the ledger ends here");
    }
    assertThatThrownBy(
            () ->
                engine.write(
                    folder.resolve("missing/usage.parquet"),
                    fields,
                    each -> {
                      for (long row = 0; row < 500_000; row++) {
                        each.accept(new Object[] {row});
                      }
                    }))
        .isInstanceOf(java.io.IOException.class)
        .hasMessageContaining("missing/usage.parquet");
    assertThat(file).hasContent("the old one");
    try (var left = Files.list(folder)) {
      assertThat(left).containsExactly(file);
    }
  }

  private static String quoted(Path file) {
    return file.toString().replace("'", "''");
  }

  private static List<List<String>> rows(String sql) throws SQLException {
    List<List<String>> rows = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      int columns = row.getMetaData().getColumnCount();
      while (row.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= columns; i++) {
          values.add(text(row.getObject(i)));
        }
        rows.add(values);
      }
    }
    return rows;
  }

  private static String text(Object value) {
    if (value instanceof OffsetDateTime time) {
      return TIME.format(time);
    }
    return value instanceof BigDecimal decimal ? plain(decimal) : value == null ? null : value + "";
  }

  private static String plain(BigDecimal decimal) {
    return decimal.signum() == 0 ? "0" : decimal.stripTrailingZeros().toPlainString();
  }

  private static List<List<String>> jsonRows(Path file) throws Exception {
    ObjectMapper json = new ObjectMapper();
    List<List<String>> rows = new ArrayList<>();
    for (String line : Files.readString(file).split("\n", -1)) {
      if (!line.isEmpty()) {
        List<String> values = new ArrayList<>();
        for (JsonNode value : json.readTree(line)) {
          values.add(value.isNull() ? null : value.asText());
        }
        rows.add(values);
      }
    }
    return rows;
  }

  /** As a spreadsheet is given it: no formula, and nothing for an empty text. */
  private static List<String> asCsv(List<String> row) {
    List<String> cells = new ArrayList<>();
    List<Field> fields = PARQUET.fields();
    for (int i = 0; i < row.size(); i++) {
      String value = row.get(i);
      boolean formula =
          value != null
              && fields.get(i).type() == ColumnType.TEXT
              && value.matches("(?s)[=+\\-@\t\r].*");
      cells.add(value == null || value.isEmpty() ? null : formula ? "'" + value : value);
    }
    return cells;
  }
}
