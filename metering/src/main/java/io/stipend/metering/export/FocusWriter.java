package io.stipend.metering.export;

import io.stipend.metering.export.FocusExport.FocusOptions;
import io.stipend.metering.ledger.Booking;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * FOCUS as CSV: one row per UTC day, consumer, key, provider, model, tier, price version, meter and
 * price. Lines of the books come by day, so a day's sums are all that is in memory.
 *
 * <p>The costs of a row are price times quantity, exactly. The ledger's cost of an entry is that
 * sum rounded up to a nano-unit; what this adds in a day is a row of its own for each currency, so
 * that all rows together are the ledger's sum to the last digit. An entry that does not tell its
 * prices (of an earlier build, or a cost that was assumed) is in a row whose units are worth one
 * each.
 */
final class FocusWriter {
  private final FocusOptions options;
  private final List<FocusColumn> columns;
  private final Writer out;
  private final Map<FocusKey, FocusGroup> groups = new LinkedHashMap<>();
  private final Map<String, Long> rounding = new TreeMap<>();
  private @Nullable LocalDate day;
  private long written;

  FocusWriter(FocusOptions options, Writer out) {
    this.options = options;
    columns = FocusColumns.of(options.version());
    this.out = out;
  }

  void header() {
    line(FocusColumn::name);
  }

  /** Adds a line of the books; they come by the day where they stand. */
  void row(Booking booking) {
    LocalDate booked = FocusKey.day(booking.startedAt());
    if (!booked.equals(day)) {
      end();
      day = booked;
    }
    FocusKey key = FocusKey.of(booking, booked);
    long picos = groups.computeIfAbsent(key, FocusGroup::new).add(booking);
    if (picos != 0) {
      rounding.merge(key.currency(), picos, Math::addExact);
    }
  }

  /** Writes the rows of the day that is in memory. */
  void end() {
    groups.forEach(
        (key, group) -> group.rows(options.provider(key.provider())).forEach(this::write));
    groups.clear();
    LocalDate ended = day;
    rounding.forEach(
        (currency, picos) -> {
          if (ended != null && picos != 0) {
            write(FocusRow.rounding(FocusKey.ofRounding(ended, currency), picos));
          }
        });
    rounding.clear();
  }

  /** Rows so far, without the header. */
  long written() {
    return written;
  }

  private void write(FocusRow row) {
    written++;
    line(
        column -> {
          String value = column.value().of(row);
          return value == null || column.type() != FocusColumn.Type.STRING
              ? value
              : CsvWriter.neutralised(value);
        });
  }

  @FunctionalInterface
  private interface Cell {
    @Nullable String of(FocusColumn column);
  }

  private void line(Cell cells) {
    try {
      String separator = "";
      for (FocusColumn column : columns) {
        out.write(separator);
        String cell = cells.of(column);
        if (cell != null) {
          out.write(CsvWriter.quoted(cell));
        }
        separator = ",";
      }
      out.write("\r\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
