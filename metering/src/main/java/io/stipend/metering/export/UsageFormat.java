package io.stipend.metering.export;

import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

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

  /** One of the formats that are text. */
  static UsageFormat of(UsageExport.Format format) {
    String name = format.name().toLowerCase(Locale.ROOT);
    return new UsageFormat() {
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
      public Written write(
          LedgerReader reader, Instant from, Instant to, Path file, Progress progress) {
        UsageExport.Summary[] summary = new UsageExport.Summary[1];
        WholeFile.Digest digest =
            WholeFile.writeText(
                file,
                out -> summary[0] = UsageExport.write(reader, from, to, format, out, progress));
        return new Written(summary[0], digest);
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
