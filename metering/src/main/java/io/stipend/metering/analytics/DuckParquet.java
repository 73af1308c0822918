package io.stipend.metering.analytics;

import io.stipend.metering.export.Field;
import io.stipend.metering.export.ParquetEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.duckdb.DuckDBDriver;
import org.duckdb.DuckDBFunctions;

/**
 * Parquet as DuckDB writes it. The engine takes the rows out of a small queue as a table of its
 * own, so that they are written once, from one row group to the next, and never lie anywhere else:
 * what is held is the queue and one group, however many rows there are.
 */
public final class DuckParquet implements ParquetEngine {
  private static final String TABLE = "stipend_rows";

  /** Of the engine's own memory; it holds about a group of rows. */
  private static final String MEMORY = "384MB";

  private static final int ROWS_PER_GROUP = 61_440;

  /** Loads the engine: it must be on the class path. */
  public DuckParquet() throws ReflectiveOperationException {
    // Here, so that whoever finds this class without the engine learns it now.
    Class.forName("org.duckdb.DuckDBDriver", true, DuckParquet.class.getClassLoader());
  }

  @Override
  public void write(Path file, List<Field> fields, RowSource rows) throws IOException {
    try (Connection connection = connect()) {
      RowQueue queue = new RowQueue(fields);
      DuckDBFunctions.tableFunction().withName(TABLE).withFunction(queue).register(connection);
      CompletableFuture<Void> copied = new CompletableFuture<>();
      Thread engine = new Thread(() -> copy(connection, file, queue, copied), "stipend-parquet");
      engine.setDaemon(true);
      engine.start();
      try {
        rows.rows(queue::add);
        queue.end();
      } catch (RowQueue.Stopped e) {
        // The engine has failed: what it says is the reason.
      } catch (RuntimeException e) {
        queue.fail();
        finish(copied);
        throw e;
      }
      String problem = finish(copied);
      if (problem != null) {
        throw new IOException(problem);
      }
    } catch (SQLException e) {
      throw new IOException(first(e), e);
    }
  }

  /** In memory; nothing is fetched, nothing is loaded, no other file is read. */
  private static Connection connect() throws SQLException {
    Properties settings = new Properties();
    settings.setProperty("memory_limit", MEMORY);
    settings.setProperty("threads", "1");
    settings.setProperty("autoinstall_known_extensions", "false");
    settings.setProperty("autoload_known_extensions", "false");
    settings.setProperty("temp_directory", "");
    Connection connection = new DuckDBDriver().connect("jdbc:duckdb:", settings);
    if (connection == null) {
      throw new SQLException("no connection to the engine");
    }
    return connection;
  }

  private static void copy(
      Connection connection, Path file, RowQueue queue, CompletableFuture<Void> copied) {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "copy (select * from "
              + TABLE
              + "()) to '"
              + file.toString().replace("'", "''")
              // Into the file that is there: another one would not be its owner's alone.
              + "' (format parquet, compression zstd, use_tmp_file false, row_group_size "
              + ROWS_PER_GROUP
              + ")");
      copied.complete(null);
    } catch (SQLException | RuntimeException | Error e) {
      copied.completeExceptionally(e);
    } finally {
      queue.stop();
    }
  }

  /** Waits for the end; what went wrong, or null. */
  private static @org.jspecify.annotations.Nullable String finish(CompletableFuture<Void> copied) {
    try {
      copied.get();
      return null;
    } catch (ExecutionException e) {
      return first(e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  /** The engine's messages have the stack of every frame below their first line. */
  private static String first(Throwable failure) {
    String said = String.valueOf(failure.getMessage());
    return said.lines().findFirst().orElse(failure.toString());
  }
}
