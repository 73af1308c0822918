package io.stipend.metering.ledger;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Tells of ranges of time what a delivery by day needs to know before it reads their lines. For one
 * thread; every method throws {@link LedgerException} if the ledger cannot be read.
 */
public final class BookedRanges implements AutoCloseable {
  private final Path file;
  private final Connection connection;
  private final LedgerTables tables;
  private final UsageTable usage;

  private BookedRanges(Path file, Connection connection) throws SQLException {
    this.file = file;
    this.connection = connection;
    tables = new LedgerTables(connection);
    usage = new UsageTable(connection, Definitions.stored(tables));
  }

  /** Opens the ledger of a data folder for reading. */
  public static BookedRanges open(Path dataDir) {
    Path file = LedgerFiles.database(dataDir);
    Connection connection = LedgerDatabase.openForReading(file);
    try {
      return new BookedRanges(file, connection);
    } catch (SQLException e) {
      throw ReadTransaction.failed(file, e);
    }
  }

  /**
   * A mark of the lines of the books with {@code from <= startedAt < to}: SHA-256 over all that
   * they are made of, as it is stored, which costs a fraction of reading them. While it is the
   * same, so are they. It may change where they do not: with what started a few seconds earlier,
   * when a last entry goes from the batches into the tables, when tables are made anew.
   *
   * @return in hex
   */
  public String mark(Instant from, Instant to) {
    return snapshot(
        () -> BookedMark.of(connection, Tail.read(connection, tables, usage), from, to));
  }

  /** About how many attempts started within a range of time, found without looking at them. */
  public long attempts(Instant from, Instant to) {
    return snapshot(() -> usage.started(from, to));
  }

  /** When the first attempt that has ended started; empty without one. */
  public Optional<Instant> first() {
    return snapshot(
        () ->
            Stream.concat(
                    usage.firstStart().stream(),
                    Tail.read(connection, tables, usage).settled().stream()
                        .map(UsageTable.Row::standsAt))
                .min(Comparator.naturalOrder()));
  }

  private <T> T snapshot(ReadTransaction.Reading<T> reading) {
    return ReadTransaction.run(file, connection, reading);
  }

  @Override
  public void close() {
    try {
      tables.close();
      connection.close();
    } catch (SQLException e) {
      throw ReadTransaction.failed(file, e);
    }
  }
}
