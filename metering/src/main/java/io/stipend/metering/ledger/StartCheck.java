package io.stipend.metering.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the end of the record before anything is written to it: the batches that are not in the
 * tables yet and a few before. All of it is the work of {@code ledger verify}.
 *
 * <p>One batch is committed at a time and nobody is told before its commit is durable. So a batch
 * was acknowledged if another follows it, if the tables hold it, or if the in-flight table says so;
 * only the last one may be none of these. That one alone is cut when it is broken, and kept in a
 * file. Everything else that is broken or missing was acknowledged: it is named, and the ledger is
 * not opened.
 */
final class StartCheck {
  private static final Logger LOG = LoggerFactory.getLogger(StartCheck.class);

  /** Batches that are looked at though the tables hold them; their reading takes milliseconds. */
  private static final int RECENT = 16;

  private final Path folder;
  private final Path file;
  private final long head;

  /** Every batch up to this one was acknowledged. */
  private final long acknowledged;

  private @Nullable Torn torn;

  private StartCheck(Path folder, long head, long acknowledged) {
    this.folder = folder;
    this.file = LedgerFiles.database(folder);
    this.head = head;
    this.acknowledged = acknowledged;
  }

  /** A last batch that is broken. */
  private record Torn(long seq, String problem) {}

  /**
   * Checks the end of the record.
   *
   * @param told the last batch that the in-flight table says was acknowledged; 0 if none
   * @throws LedgerException if what was acknowledged is broken or missing
   */
  static StartCheck run(Path folder, long told) {
    try (Connection connection = LedgerDatabase.connectForReading(LedgerFiles.database(folder))) {
      if (!LedgerDatabase.hasRecord(connection)) {
        return checked(new StartCheck(folder, 0, told), connection);
      }
      LedgerDatabase.checkVersion(
          LedgerDatabase.meta(connection, "schema", LedgerDatabase.SCHEMA),
          LedgerFiles.database(folder));
      long projected = LedgerDatabase.meta(connection, "projected_seq", 0);
      long head = head(connection);
      return checked(new StartCheck(folder, head, Math.max(projected, told)), connection);
    } catch (SQLException e) {
      throw LedgerDatabase.unusable(LedgerFiles.database(folder), "cannot be read", e);
    }
  }

  private static StartCheck checked(StartCheck check, Connection connection) throws SQLException {
    if (check.head < check.acknowledged) {
      throw check.refused(
          "batches " + (check.head + 1) + ".." + check.acknowledged + " are missing",
          "they were acknowledged");
    }
    if (check.head > 0) {
      check.read(connection);
    }
    return check;
  }

  private static long head(Connection connection) throws SQLException {
    try (PreparedStatement last = connection.prepareStatement("select max(seq) from batch");
        ResultSet row = last.executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  private void read(Connection connection) throws SQLException {
    long after = Math.max(0, Math.min(acknowledged, head) - RECENT);
    Redactions redactions = new Redactions(connection);
    byte[][] previous = {after == 0 ? Chain.genesis() : null};
    long[] next = {after + 1};
    try {
      int read;
      do {
        read =
            BatchTable.read(
                connection,
                next[0] - 1,
                RECENT,
                (seq, prevHash, hash, blob) -> {
                  String problem =
                      Chain.problem(next[0], seq, previous[0], prevHash, hash, blob, redactions);
                  if (problem != null) {
                    broken(new Torn(seq, problem));
                  }
                  previous[0] = hash;
                  next[0] = seq + 1;
                });
      } while (read == RECENT);
    } catch (SQLException e) {
      if (DiskFault.damaged(e)) {
        throw refused("batch " + next[0] + " cannot be read", String.valueOf(e.getMessage()));
      }
      throw e;
    }
  }

  private void broken(Torn batch) {
    if (batch.seq() != head || batch.seq() <= acknowledged) {
      throw refused(
          batch.problem(),
          batch.seq() != head ? head + " is the last batch" : "it was acknowledged");
    }
    torn = batch;
  }

  private LedgerException refused(String what, String why) {
    return new LedgerException(
        "ledger " + file + ": " + what + ", and " + why + " (" + LedgerDatabase.REPAIR + ")", null);
  }

  /** Cuts the last batch if it is broken. Whoever opened the ledger calls this before reading. */
  void cut(Connection connection, Instant at) throws SQLException {
    Torn batch = torn;
    if (batch == null) {
      return;
    }
    Path aside = folder.resolve("cut-batch-" + batch.seq() + "-" + at.toEpochMilli() + ".bin");
    BatchTable.read(
        connection,
        batch.seq() - 1,
        1,
        (seq, prevHash, hash, blob) -> save(List.of(prevHash, hash, blob), aside));
    try (PreparedStatement delete =
        connection.prepareStatement("delete from batch where seq = ?")) {
      delete.setLong(1, batch.seq());
      delete.executeUpdate();
    }
    LOG.error(
        "ledger {}: {}; nobody was told of it, so it is cut, and kept as {}",
        file,
        batch.problem(),
        aside);
  }

  /** Previous hash, hash and blob, one after the other, on the disk before the row goes. */
  private static void save(List<byte[]> parts, Path aside) {
    try {
      LedgerFiles.createFile(aside);
      try (FileChannel out = FileChannel.open(aside, StandardOpenOption.WRITE)) {
        for (byte[] part : parts) {
          ByteBuffer bytes = ByteBuffer.wrap(part);
          while (bytes.hasRemaining()) {
            out.write(bytes);
          }
        }
        out.force(true);
      }
    } catch (IOException e) {
      throw new LedgerException("cut batch " + aside + ": cannot be kept: " + e, e);
    }
  }
}
