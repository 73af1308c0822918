package io.stipend.metering.analytics;

import io.stipend.metering.export.ColumnType;
import io.stipend.metering.export.Field;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBDataChunkWriter;
import org.duckdb.DuckDBLogicalType;
import org.duckdb.DuckDBTableFunction;
import org.duckdb.DuckDBTableFunctionBindInfo;
import org.duckdb.DuckDBTableFunctionCallInfo;
import org.duckdb.DuckDBTableFunctionInitInfo;
import org.duckdb.DuckDBWritableVector;
import org.jspecify.annotations.Nullable;

/**
 * Rows on their way from the thread that reads them to the engine, which takes them as a table: a
 * bounded number of chunks, so that whoever is faster waits.
 */
final class RowQueue implements DuckDBTableFunction<Object, Object, Object> {
  /** As many rows as the engine takes at once. */
  private static final int ROWS_PER_CHUNK = 2_048;

  private static final int CHUNKS = 4;
  private static final long LOOK_MILLIS = 200;
  private static final int PRECISION = 38;
  private static final int SCALE = 9;
  private static final List<@Nullable Object[]> END = List.of();

  private final List<Field> fields;
  private final BlockingQueue<List<@Nullable Object[]>> chunks = new ArrayBlockingQueue<>(CHUNKS);
  private List<@Nullable Object[]> filling = new ArrayList<>(ROWS_PER_CHUNK);
  private volatile boolean stopped;
  private volatile boolean failed;

  RowQueue(List<Field> fields) {
    this.fields = List.copyOf(fields);
  }

  /** The engine takes no more rows. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stopped() {
      super("the engine has stopped", null, false, false);
    }
  }

  // Called by the thread that reads the rows.

  /** Adds a row; waits while the queue is full. */
  void add(@Nullable Object[] row) {
    filling.add(row);
    if (filling.size() == ROWS_PER_CHUNK) {
      put(filling);
      filling = new ArrayList<>(ROWS_PER_CHUNK);
    }
  }

  /** There are no more rows. */
  void end() {
    if (!filling.isEmpty()) {
      put(filling);
    }
    put(END);
  }

  /** The rows cannot be read to their end: nothing must become of those that were. */
  void fail() {
    failed = true;
  }

  private void put(List<@Nullable Object[]> chunk) {
    try {
      while (!chunks.offer(chunk, LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        if (stopped) {
          throw new Stopped();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Stopped();
    }
  }

  // Called by the engine's thread.

  /** Nobody takes rows any more. */
  void stop() {
    stopped = true;
  }

  @Override
  public Object bind(DuckDBTableFunctionBindInfo info) throws SQLException {
    for (Field field : fields) {
      try (DuckDBLogicalType type = type(field.type())) {
        info.addResultColumn(field.name(), type);
      }
    }
    return this;
  }

  private static DuckDBLogicalType type(ColumnType type) throws SQLException {
    return switch (type) {
      case TEXT, WORD -> DuckDBLogicalType.of(DuckDBColumnType.VARCHAR);
      case TIME -> DuckDBLogicalType.of(DuckDBColumnType.TIMESTAMP_WITH_TIME_ZONE);
      case INTEGER -> DuckDBLogicalType.of(DuckDBColumnType.BIGINT);
      case DECIMAL -> DuckDBLogicalType.decimal(PRECISION, SCALE);
    };
  }

  @Override
  public Object init(DuckDBTableFunctionInitInfo info) {
    info.setMaxThreads(1);
    return this;
  }

  /** Fills one chunk; 0 rows are the end. */
  @Override
  public long apply(DuckDBTableFunctionCallInfo info, DuckDBDataChunkWriter out)
      throws InterruptedException {
    List<@Nullable Object[]> rows = next();
    for (int column = 0; column < fields.size() && !rows.isEmpty(); column++) {
      DuckDBWritableVector vector = out.vector(column);
      ColumnType type = fields.get(column).type();
      for (int row = 0; row < rows.size(); row++) {
        Object value = rows.get(row)[column];
        if (value == null) {
          vector.setNull(row);
        } else {
          set(vector, row, type, value);
        }
      }
    }
    return rows.size();
  }

  private List<@Nullable Object[]> next() throws InterruptedException {
    while (true) {
      List<@Nullable Object[]> rows = chunks.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      if (failed) {
        throw new IllegalStateException("the rows could not be read to their end");
      }
      if (rows != null) {
        return rows;
      }
    }
  }

  private static void set(DuckDBWritableVector to, int row, ColumnType type, Object value) {
    switch (type) {
      case TEXT, WORD -> to.setString(row, (String) value);
      case TIME -> to.setOffsetDateTime(row, ((Instant) value).atOffset(ZoneOffset.UTC));
      case INTEGER -> to.setLong(row, (Long) value);
      case DECIMAL ->
          to.setBigDecimal(row, ((BigDecimal) value).setScale(SCALE, RoundingMode.UNNECESSARY));
    }
  }
}
