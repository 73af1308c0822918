package io.stipend.metering.ledger;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/** One state of a ledger's file, as long as it is read. */
final class ReadTransaction {
  private ReadTransaction() {}

  /** Reads something. */
  @FunctionalInterface
  interface Reading<T> {
    T read() throws SQLException;
  }

  /**
   * Runs a reading in one read transaction, which ends with it.
   *
   * @param connection to that file, not in auto-commit mode
   * @throws LedgerException if the file cannot be read
   */
  static <T> T run(Path file, Connection connection, Reading<T> reading) {
    try {
      try {
        return reading.read();
      } finally {
        connection.rollback();
      }
    } catch (SQLException e) {
      throw failed(file, e);
    }
  }

  static LedgerException failed(Path file, SQLException e) {
    return new LedgerException("ledger " + file + ": " + e.getMessage(), e);
  }
}
