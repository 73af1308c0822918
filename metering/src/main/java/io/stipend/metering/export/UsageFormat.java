package io.stipend.metering.export;

import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A format that usage is delivered in: one file for a range of time. */
public interface UsageFormat {
  /** Its name, as {@code --format} takes it. */
  String name();

  /** What the files of a folder begin with, such as {@code usage}. */
  default String stem() {
    return "usage";
  }

  /** What they end with, such as {@code csv}. */
  String ending();

  /** The columns, in their order. */
  List<Field> fields();

  /** Whether its rows are of whole UTC days. */
  default boolean isOfDays() {
    return false;
  }

  /**
   * What FOCUS wants to be told beside a file; null where the format is another.
   *
   * @param generatorVersion version of the program
   */
  default @Nullable FocusSchema focus(String generatorVersion) {
    return null;
  }

  /**
   * Writes the rows with {@code from <= started_at < to} to a file that appears whole or not at
   * all, in bounded memory.
   *
   * @param progress is told the rows so far, of an unknown number
   * @throws io.stipend.metering.ledger.LedgerException if the ledger cannot be read or the file
   *     cannot be written
   */
  Written write(LedgerReader reader, Instant from, Instant to, Path file, Progress progress);

  /**
   * A file that was written.
   *
   * @param summary what is in it
   * @param digest its bytes
   */
  record Written(UsageExport.Summary summary, WholeFile.Digest digest) {}

  /** A format that is text, and so can be written to standard output too. */
  interface OfText extends UsageFormat {
    /** Writes the same rows to an open writer, which is neither flushed nor closed. */
    UsageExport.Summary write(
        LedgerReader reader, Instant from, Instant to, Writer out, Progress progress);

    @Override
    default Written write(
        LedgerReader reader, Instant from, Instant to, Path file, Progress progress) {
      UsageExport.Summary[] summary = new UsageExport.Summary[1];
      WholeFile.Digest digest =
          WholeFile.writeText(file, out -> summary[0] = write(reader, from, to, out, progress));
      return new Written(summary[0], digest);
    }
  }

  /** One row per attempt, as text. */
  static OfText of(UsageExport.Format format) {
    String name = format.name().toLowerCase(Locale.ROOT);
    return new OfText() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public String ending() {
        return name;
      }

      @Override
      public List<Field> fields() {
        return UsageColumns.fields();
      }

      @Override
      public UsageExport.Summary write(
          LedgerReader reader, Instant from, Instant to, Writer out, Progress progress) {
        return UsageExport.write(reader, from, to, format, out, progress);
      }
    };
  }

  /** Parquet, written by an engine. */
  static UsageFormat parquet(ParquetEngine engine) {
    return new UsageFormat() {
      @Override
      public String name() {
        return "parquet";
      }

      @Override
      public String ending() {
        return "parquet";
      }

      @Override
      public List<Field> fields() {
        return UsageColumns.fields();
      }

      @Override
      public Written write(
          LedgerReader reader, Instant from, Instant to, Path file, Progress progress) {
        UsageExport.Summary[] summary = new UsageExport.Summary[1];
        WholeFile.Digest digest =
            WholeFile.write(
                file,
                temporary ->
                    engine.write(
                        temporary,
                        UsageColumns.fields(),
                        each ->
                            summary[0] =
                                UsageExport.each(
                                    reader,
                                    from,
                                    to,
                                    row -> each.accept(UsageColumns.values(row)),
                                    progress)));
        return new Written(summary[0], digest);
      }
    };
  }
}
