package io.stipend.metering.report.page;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a report can be written as. */
public enum Format {
  /** Aligned text for a terminal. */
  TABLE,
  /**
   * RFC 4180, all tables in one: the first column names the table, and the others are all columns
   * of all tables, empty where a table has none of that name. Facts are the rows of {@code about}.
   */
  CSV,
  /** One object: each fact and each table is a field of its name; money is a decimal string. */
  JSON,
  /** A page that needs nothing else, in well-formed XML. */
  HTML;

  /** Its name on a command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The format of this name; null if there is none. */
  public static @Nullable Format of(String label) {
    for (Format format : values()) {
      if (format.label().equals(label.toLowerCase(Locale.ROOT))) {
        return format;
      }
    }
    return null;
  }

  /**
   * Writes a report; the writer is neither flushed nor closed.
   *
   * @throws UncheckedIOException if the writer fails
   */
  public void write(Report report, Writer out) {
    try {
      switch (this) {
        case TABLE -> out.write(TextReport.of(report));
        case CSV -> CsvReport.write(report, out);
        case JSON -> JsonReport.write(report, out);
        case HTML -> out.write(HtmlReport.of(report));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
