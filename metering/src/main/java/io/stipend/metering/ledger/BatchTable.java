package io.stipend.metering.ledger;

import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** The chained batches: the record itself. One row is one durable commit. */
final class BatchTable implements AutoCloseable {
  private final PreparedStatement insert;
  private final Storage storage;
  private final MessageDigest sha256 = Chain.sha256();
  private long seq;
  private byte[] hash;

  /** Continues after the last batch. */
  BatchTable(Connection connection, Storage storage) throws SQLException {
    this.storage = storage;
    insert =
        connection.prepareStatement(
            "insert into batch(seq, prev_hash, hash, blob) values(?, ?, ?, ?)");
    seq = 0;
    hash = Chain.genesis();
    try (PreparedStatement last =
            connection.prepareStatement("select seq, hash from batch order by seq desc limit 1");
        ResultSet row = last.executeQuery()) {
      if (row.next()) {
        seq = row.getLong(1);
        hash = row.getBytes(2);
      }
    }
  }

  long seq() {
    return seq;
  }

  /** Hash of the last batch. */
  byte[] hash() {
    return hash;
  }

  /** Appends a batch in a transaction of its own: durable when this returns. */
  void append(byte[] blob) throws SQLException {
    byte[] next = Chain.hash(sha256, hash, seq + 1, blob);
    insert.setLong(1, seq + 1);
    insert.setBytes(2, hash);
    insert.setBytes(3, next);
    insert.setBytes(4, blob);
    storage.beforeCommit(Storage.Commit.BATCH);
    insert.executeUpdate();
    storage.afterCommit(Storage.Commit.BATCH);
    seq++;
    hash = next;
  }

  /**
   * Appends a batch of another ledger as it stands there; durable with the caller's transaction.
   */
  void copy(byte[] prevHash, byte[] stored, byte[] blob) throws SQLException {
    insert.setLong(1, seq + 1);
    insert.setBytes(2, prevHash);
    insert.setBytes(3, stored);
    insert.setBytes(4, blob);
    insert.executeUpdate();
    seq++;
    hash = stored;
  }

  @Override
  public void close() throws SQLException {
    insert.close();
  }

  static LedgerHead head(Connection connection) throws SQLException {
    try (PreparedStatement last =
            connection.prepareStatement("select seq, hash from batch order by seq desc limit 1");
        ResultSet row = last.executeQuery()) {
      return row.next()
          ? Chain.head(row.getLong(1), row.getBytes(2))
          : Chain.head(0, Chain.genesis());
    }
  }

  /** Hash of a batch in hex; null if there is none of that number. */
  static @Nullable String hash(Connection connection, long seq) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("select hash from batch where seq = ?")) {
      select.setLong(1, seq);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? HexFormat.of().formatHex(row.getBytes(1)) : null;
      }
    }
  }

  /** Takes one batch of a reading. */
  @FunctionalInterface
  interface Reading {
    void batch(long seq, byte[] prevHash, byte[] hash, byte[] blob) throws SQLException;
  }

  /** Reads at most {@code limit} batches after {@code after}, in order. Returns how many. */
  static int read(Connection connection, long after, int limit, Reading reading)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "select seq, prev_hash, hash, blob from batch where seq > ? order by seq limit ?")) {
      select.setLong(1, after);
      select.setInt(2, limit);
      int count = 0;
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          reading.batch(row.getLong(1), row.getBytes(2), row.getBytes(3), row.getBytes(4));
          count++;
        }
      }
      return count;
    }
  }
}
