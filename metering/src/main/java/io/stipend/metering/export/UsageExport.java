package io.stipend.metering.export;

import io.stipend.metering.ledger.Booking;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.LedgerHead;
import io.stipend.metering.ledger.LedgerReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
  private UsageExport() {}

  /** The format of an export. */
  public enum Format {
    /** RFC 4180 with a header line; a null is an empty field. */
    CSV,
    /** One JSON object per line; costs are decimal strings, a null is {@code null}. */
    JSONL,
    /** CSV by the FinOps Open Cost and Usage Specification: rows of days, not of attempts. */
    FOCUS
  }

  /**
   * What was written.
   *
   * @param rows data rows of the file
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
    return write(reader, from, to, format, FocusOptions.DEFAULT, file);
  }

  /** The same, with what FOCUS wants to know. */
  public static Summary write(
      LedgerReader reader, Instant from, Instant to, Format format, FocusOptions focus, Path file) {
    try {
      Path target = file.toAbsolutePath();
      Path folder = target.getParent();
      if (folder != null && Files.notExists(folder)) {
        throw new NoSuchFileException(folder.toString(), null, "no such folder");
      }
      Path temporary = Files.createTempFile(folder, "." + target.getFileName() + ".", ".part");
      try {
        Summary summary;
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
          Writer out =
              new BufferedWriter(
                  new OutputStreamWriter(
                      Channels.newOutputStream(channel), StandardCharsets.UTF_8));
          summary = write(reader, from, to, format, focus, out);
          out.flush();
          channel.force(true);
        }
        move(temporary, target);
        return summary;
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new LedgerException(
          "export " + file + ": " + e + " (expected: a file in a folder that can be written)", e);
    }
  }

  /** Writes the same rows to an open writer, which is neither flushed nor closed. */
  public static Summary write(
      LedgerReader reader, Instant from, Instant to, Format format, Writer out) {
    return write(reader, from, to, format, FocusOptions.DEFAULT, out);
  }

  /** The same, with what FOCUS wants to know. */
  public static Summary write(
      LedgerReader reader,
      Instant from,
      Instant to,
      Format format,
      FocusOptions focus,
      Writer out) {
    RowWriter rows =
        switch (format) {
          case CSV -> new CsvWriter(out);
          case JSONL -> new JsonLinesWriter(out);
          case FOCUS -> new FocusWriter(focus, out);
        };
    Map<String, Long> totals = new TreeMap<>();
    long[] count = {0};
    rows.header();
    LedgerReader.BookedState state =
        reader.bookings(
            from,
            to,
            row -> {
              rows.row(row);
              totals.merge(row.attempt().currency(), row.usage().nanos(), Math::addExact);
              count[0]++;
            });
    rows.end();
    return new Summary(rows.written(count[0]), totals, state);
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

    /** Writes what was held back until all rows were known. */
    default void end() {}

    /** The data rows of the file, for so many lines of the books. */
    default long written(long lines) {
      return lines;
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
