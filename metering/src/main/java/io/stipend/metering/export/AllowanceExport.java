package io.stipend.metering.export;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AllowanceBook;
import io.stipend.metering.ledger.LedgerHead;
import java.io.IOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The allowance export: one row for each movement of an account that is no use of it, in the order
 * of entry. Over all time the amounts of an account add up to what it may spend, has used and
 * holds.
 */
public final class AllowanceExport {
  private static final int MONEY_SCALE = 9;
  private static final List<Column<AllowanceRow>> COLUMNS =
      List.of(
          new Column<>("at", ColumnType.TIME, AllowanceRow::at),
          new Column<>("id", ColumnType.TEXT, AllowanceRow::id),
          new Column<>("kind", ColumnType.WORD, row -> row.kind().word()),
          new Column<>("account", ColumnType.TEXT, row -> row.account().toString()),
          new Column<>("scope", ColumnType.WORD, row -> part(row.account(), 0)),
          new Column<>("owner", ColumnType.TEXT, row -> part(row.account(), 1)),
          new Column<>("allowance", ColumnType.TEXT, row -> part(row.account(), 2)),
          new Column<>("period", ColumnType.WORD, row -> row.account().period()),
          new Column<>("amount", ColumnType.DECIMAL, AllowanceExport::amount),
          new Column<>("unit", ColumnType.WORD, row -> row.account().unit().name()),
          new Column<>("counterpart", ColumnType.TEXT, AllowanceExport::counterpart),
          new Column<>("lot", ColumnType.TEXT, AllowanceRow::lot),
          new Column<>("reason", ColumnType.TEXT, AllowanceRow::reason),
          new Column<>("by", ColumnType.TEXT, AllowanceRow::by),
          new Column<>("expires_at", ColumnType.TIME, AllowanceRow::expiresAt),
          new Column<>("priority", ColumnType.INTEGER, AllowanceRow::priority));

  private AllowanceExport() {}

  /**
   * What was written.
   *
   * @param rows data rows
   * @param totals the sum of all amounts by unit
   * @param head end of the ledger that was read
   */
  public record Summary(long rows, Map<String, Long> totals, LedgerHead head) {
    /** Copies the totals. */
    public Summary {
      totals = Map.copyOf(totals);
    }
  }

  /** The columns, in their order. */
  public static List<Field> fields() {
    return COLUMNS.stream().map(Column::field).toList();
  }

  /** Writes the rows with {@code from <= at < to} as text; the writer is not closed. */
  public static Summary write(
      Path dataDir, Instant from, Instant to, UsageExport.Format format, Writer out)
      throws IOException {
    TextTable<AllowanceRow> table = new TextTable<>(COLUMNS, format, out);
    table.header();
    return each(dataDir, from, to, table::row);
  }

  /** Writes the same rows as Parquet. */
  public static Summary write(
      Path dataDir, Instant from, Instant to, ParquetEngine engine, Path file) throws IOException {
    Summary[] summary = new Summary[1];
    engine.write(
        file,
        fields(),
        rows ->
            summary[0] =
                each(
                    dataDir,
                    from,
                    to,
                    row -> {
                      @Nullable Object[] values = new @Nullable Object[COLUMNS.size()];
                      for (int i = 0; i < values.length; i++) {
                        values[i] = COLUMNS.get(i).value().apply(row);
                      }
                      rows.accept(values);
                    }));
    return summary[0];
  }

  private static Summary each(Path dataDir, Instant from, Instant to, Consumer<AllowanceRow> rows) {
    long[] count = new long[1];
    Map<String, Long> totals = new TreeMap<>();
    LedgerHead head =
        AllowanceBook.read(
            dataDir,
            fact -> {
              if (!fact.at().isBefore(from) && fact.at().isBefore(to)) {
                AllowanceRow.of(
                    fact,
                    row -> {
                      rows.accept(row);
                      count[0]++;
                      totals.merge(row.account().unit().name(), row.amount(), Math::addExact);
                    });
              }
            });
    return new Summary(count[0], totals, head);
  }

  private static BigDecimal amount(AllowanceRow row) {
    Unit unit = row.account().unit();
    return BigDecimal.valueOf(row.amount(), unit.isMoney() ? MONEY_SCALE : 0);
  }

  private static @Nullable String counterpart(AllowanceRow row) {
    AccountKey other = row.counterpart();
    return other == null ? null : other.toString();
  }

  /** A part of the budget's name, such as of {@code person/ada/engineer}; null if it has none. */
  private static @Nullable String part(AccountKey account, int number) {
    String[] parts = account.budget().split("/", 3);
    return number < parts.length ? parts[number] : null;
  }
}
