package io.stipend.metering.export;

import io.stipend.metering.ledger.Booking;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import org.jspecify.annotations.Nullable;

/**
 * RFC 4180: commas, CRLF, quotes where needed. A text that a spreadsheet could take for a formula
 * gets a leading apostrophe; numbers, times and costs never do.
 */
final class CsvWriter implements UsageExport.RowWriter {
  private final Writer out;

  CsvWriter(Writer out) {
    this.out = out;
  }

  @Override
  public void header() {
    line(UsageColumns.Column::name);
  }

  @Override
  public void row(Booking row) {
    line(
        column -> {
          String value = column.value().of(row);
          return value == null || column.type() != ColumnType.TEXT ? value : neutralised(value);
        });
  }

  @FunctionalInterface
  private interface Cell {
    @Nullable String of(UsageColumns.Column column);
  }

  private void line(Cell cells) {
    try {
      String separator = "";
      for (UsageColumns.Column column : UsageColumns.ALL) {
        out.write(separator);
        String cell = cells.of(column);
        if (cell != null) {
          out.write(quoted(cell));
        }
        separator = ",";
      }
      out.write("\r\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String neutralised(String text) {
    return !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
  }

  static String quoted(String text) {
    boolean plain = true;
    for (int i = 0; i < text.length() && plain; i++) {
      char c = text.charAt(i);
      plain = c != ',' && c != '"' && c != '\r' && c != '\n';
    }
    return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
