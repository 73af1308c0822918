package io.stipend.metering.export;

import io.stipend.metering.ledger.Booking;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.time.Instant;

/**
 * RFC 4180: commas, CRLF, quotes where needed. A text that a spreadsheet could take for a formula
 * gets a leading apostrophe; numbers, times and costs never do.
 */
final class CsvWriter implements UsageExport.RowWriter, Cells {
  private static final PlainTexts PLAIN =
      new PlainTexts(text -> isPlain(text) && neutralised(text).equals(text));

  private final Writer out;
  private final RowText row = new RowText();
  private boolean first = true;

  CsvWriter(Writer out) {
    this.out = out;
  }

  @Override
  public void header() {
    UsageColumns.ALL.forEach(column -> word(column.name()));
    end();
  }

  @Override
  public void row(Booking booking) {
    for (UsageColumns.Column column : UsageColumns.ALL) {
      column.put().put(booking, this);
    }
    end();
  }

  private void end() {
    row.add("\r\n");
    first = true;
    try {
      row.moveTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void none() {
    if (!first) {
      row.add(',');
    }
    first = false;
  }

  @Override
  public void text(String text) {
    none();
    row.add(PLAIN.isPlain(text) ? text : quoted(neutralised(text)));
  }

  @Override
  public void word(String word) {
    none();
    row.add(quoted(word));
  }

  @Override
  public void number(long number) {
    none();
    row.number(number);
  }

  @Override
  public void time(Instant instant) {
    none();
    row.time(instant, UsageColumns.TIME);
  }

  @Override
  public void money(long nanos) {
    none();
    row.money(nanos);
  }

  static String neutralised(String text) {
    return !text.isEmpty() && "=+-@\t\r\n".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
  }

  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ',' || c == '"' || c == '\r' || c == '\n') {
        return false;
      }
    }
    return true;
  }

  static String quoted(String text) {
    return isPlain(text) ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
