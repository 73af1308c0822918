package io.stipend.metering.export;

import io.stipend.metering.ledger.Booking;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.LedgerHead;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import java.io.CharArrayWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The usage export: one row per attempt that was sent and has ended, by the instant of its
 * reservation, corrections netted in; but rows of a closed month stay as they are, and what is
 * corrected later is a row of its own in the open month ({@link Booking}).
 *
 * <p>Both formats have the columns of {@link UsageColumns}, in its order. The file holds nothing
 * but rows; what proves them (row count, totals, head of the ledger) is the returned {@link
 * Summary}, to be kept beside it.
 */
public final class UsageExport {
  private static final int ROWS_BETWEEN_TELLING = 4_096;
  private static final BinaryOperator<Long> EXACT = Math::addExact;

  private UsageExport() {}

  /** The format of an export. */
  public enum Format {
    /** RFC 4180 with a header line; a null is an empty field. */
    CSV,
    /** One JSON object per line; costs are decimal strings, a null is {@code null}. */
    JSONL
  }

  /**
   * What was written.
   *
   * @param rows data rows
   * @param totalNanos the sum of all costs in nano-units, by currency; empty without rows
   * @param state the state of the ledger that was read
   */
  public record Summary(long rows, Map<String, Long> totalNanos, LedgerReader.BookedState state) {
    /** Copies the totals. */
    public Summary {
      totalNanos = Map.copyOf(totalNanos);
    }

    /** End of the ledger that was read. */
    public LedgerHead head() {
      return state.head();
    }
  }

  /**
   * Writes the rows with {@code from <= started_at < to} to a file, in the place of any old one. It
   * appears whole or not at all.
   *
   * @throws LedgerException if the ledger cannot be read or the file cannot be written
   */
  public static Summary write(
      LedgerReader reader, Instant from, Instant to, Format format, Path file) {
    Summary[] summary = new Summary[1];
    WholeFile.writeText(file, out -> summary[0] = write(reader, from, to, format, out));
    return summary[0];
  }

  /** Writes the same rows to an open writer, which is neither flushed nor closed. */
  public static Summary write(
      LedgerReader reader, Instant from, Instant to, Format format, Writer out) {
    return write(reader, from, to, format, out, Progress.NONE);
  }

  /** The same, telling how many rows there are so far, of an unknown number. */
  public static Summary write(
      LedgerReader reader, Instant from, Instant to, Format format, Writer out, Progress progress) {
    writer(format, out).header();
    Map<String, Long> totals = new TreeMap<>();
    long[] count = {0};
    LedgerReader.BookedState state =
        reader.bookings(
            from,
            to,
            lines -> Page.of(lines, format),
            page -> {
              page.writeTo(out);
              page.totals().forEach((currency, nanos) -> totals.merge(currency, nanos, EXACT));
              long before = count[0] / ROWS_BETWEEN_TELLING;
              count[0] += page.rows();
              if (count[0] / ROWS_BETWEEN_TELLING > before) {
                progress.at(count[0], 0);
              }
            });
    return new Summary(count[0], totals, state);
  }

  private static RowWriter writer(Format format, Writer out) {
    return format == Format.CSV ? new CsvWriter(out) : new JsonLinesWriter(out);
  }

  /**
   * Some rows, written out.
   *
   * @param totals the sum of their costs, by currency
   */
  private record Page(CharArrayWriter text, long rows, Map<String, Long> totals) {
    private static final int CHARS_PER_ROW = 512;

    static Page of(List<Booking> lines, Format format) {
      CharArrayWriter text = new CharArrayWriter(CHARS_PER_ROW * (1 + lines.size()));
      RowWriter writer = writer(format, text);
      Map<String, Long> totals = new TreeMap<>();
      for (Booking line : lines) {
        writer.row(line);
        totals.merge(line.attempt().currency(), line.usage().nanos(), EXACT);
      }
      return new Page(text, lines.size(), totals);
    }

    void writeTo(Writer out) {
      try {
        text.writeTo(out);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Gives the same rows, and sums them up. */
  static Summary each(
      LedgerReader reader, Instant from, Instant to, Consumer<Booking> rows, Progress progress) {
    Map<String, Long> totals = new TreeMap<>();
    long[] count = {0};
    LedgerReader.BookedState state =
        reader.bookings(
            from,
            to,
            row -> {
              rows.accept(row);
              totals.merge(row.attempt().currency(), row.usage().nanos(), Math::addExact);
              count[0]++;
              if (count[0] % ROWS_BETWEEN_TELLING == 0) {
                progress.at(count[0], 0);
              }
            });
    return new Summary(count[0], totals, state);
  }

  /**
   * The same rows of one person, each as a JSON object.
   *
   * @param most the most rows that are given
   * @return null if there are more
   */
  public static @Nullable List<String> lines(
      LedgerReader reader, Instant from, Instant to, String person, int most) {
    List<String> lines = new ArrayList<>();
    reader.bookings(
        from,
        to,
        row -> {
          if (row.attempt().person().equals(person) && lines.size() <= most) {
            StringWriter line = new StringWriter();
            new JsonLinesWriter(line).row(row);
            lines.add(line.toString().strip());
          }
        });
    return lines.size() > most ? null : lines;
  }

  /** One format. */
  interface RowWriter {
    void header();

    void row(Booking row);
  }
}
