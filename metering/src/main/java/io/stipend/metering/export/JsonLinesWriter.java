package io.stipend.metering.export;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.stipend.metering.ledger.Booking;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.time.Instant;
import java.util.List;

/** One JSON object per line: numbers as numbers, but a cost as a decimal string, null as null. */
final class JsonLinesWriter implements UsageExport.RowWriter, Cells {
  private static final JsonStringEncoder ENCODER = JsonStringEncoder.getInstance();

  private static final PlainTexts PLAIN = new PlainTexts(JsonLinesWriter::isPlain);

  /** What stands before each value. */
  private static final List<String> BEFORE =
      UsageColumns.ALL.stream()
          .map(
              column ->
                  (column.equals(UsageColumns.ALL.get(0)) ? "{" : ",")
                      + "\""
                      + column.name()
                      + "\":")
          .toList();

  private final Writer out;
  private final RowText row = new RowText();

  JsonLinesWriter(Writer out) {
    this.out = out;
  }

  @Override
  public void header() {
    // Each line names its fields.
  }

  @Override
  public void row(Booking booking) {
    for (int i = 0; i < BEFORE.size(); i++) {
      row.add(BEFORE.get(i));
      UsageColumns.ALL.get(i).put().put(booking, this);
    }
    row.add("}\n");
    try {
      row.moveTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void none() {
    row.add("null");
  }

  @Override
  public void text(String text) {
    row.add('"');
    if (PLAIN.isPlain(text)) {
      row.add(text);
    } else {
      row.add(ENCODER.quoteAsString(text));
    }
    row.add('"');
  }

  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\') {
        return false;
      }
    }
    return true;
  }

  @Override
  public void word(String word) {
    text(word);
  }

  @Override
  public void number(long number) {
    row.number(number);
  }

  @Override
  public void time(Instant instant) {
    row.add('"');
    row.time(instant, UsageColumns.TIME);
    row.add('"');
  }

  @Override
  public void money(long nanos) {
    row.add('"');
    row.money(nanos);
    row.add('"');
  }
}
