package io.stipend.metering.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes Parquet. What does it is too large for the serving jar and stands in one of its own: it is
 * found by its name, {@link #IMPLEMENTATION}.
 */
public interface ParquetEngine {
  /** Name of the class that does it; it has a constructor without parameters. */
  String IMPLEMENTATION = "io.stipend.metering.analytics.DuckParquet";

  /**
   * Writes a file, in the place of any old one, in bounded memory: zstd, in groups of rows.
   *
   * @param fields its columns
   * @param rows gives the rows, on the calling thread
   * @throws IOException if the file cannot be written; what stands there then is of no use
   */
  void write(Path file, List<Field> fields, RowSource rows) throws IOException;

  /** Gives rows: one value for each column, of the class that its {@link ColumnType} names. */
  @FunctionalInterface
  interface RowSource {
    /** Gives every row to {@code each}, in order. */
    void rows(Consumer<@Nullable Object[]> each);
  }
}
