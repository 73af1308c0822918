package io.stipend.metering.ledger;

import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The proof of batches that hold less than they were written with. Their links and hashes stand as
 * they were; what they hold now hashes to what a {@link LedgerEntry.Redacted} of a later batch says
 * of them. A table of the record says which later batch that is: it only finds the proof, and is
 * believed in nothing.
 *
 * <p>For one thread, within one read transaction.
 */
final class Redactions {
  static final String TABLE =
      "create table if not exists redacted(seq integer primary key, by_seq integer not null)";

  /** More proofs that prove one another than anyone makes: bounds what a broken record costs. */
  private static final int MAX_DEPTH = 64;

  private final Connection connection;
  private final MessageDigest sha256 = Chain.sha256();
  private @Nullable Boolean present;

  /** Ends with the connection: it is asked once for each batch. */
  private @Nullable PreparedStatement select;

  /** Of the batch of proofs that was read last: its number, and what it lists. */
  private long read;

  private Map<Long, String> listed = Map.of();

  Redactions(Connection connection) {
    this.connection = connection;
  }

  /** Whether this content of a batch was left by a redaction that the record proves. */
  boolean cover(long seq, byte[] blob) throws SQLException {
    return cover(seq, blob, 0);
  }

  private boolean cover(long seq, byte[] blob, int depth) throws SQLException {
    long by = by(seq);
    if (by <= seq || depth > MAX_DEPTH) {
      return false;
    }
    String hash = HexFormat.of().formatHex(sha256.digest(blob));
    return hash.equals(listed(by, depth).get(seq));
  }

  /** The batch whose entry says what another one holds now; 0 if none. */
  long by(long seq) throws SQLException {
    if (!present()) {
      return 0;
    }
    PreparedStatement statement = select;
    if (statement == null) {
      statement = connection.prepareStatement("select by_seq from redacted where seq = ?");
      select = statement;
    }
    statement.setLong(1, seq);
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  private Map<Long, String> listed(long by, int depth) throws SQLException {
    if (by != read) {
      Map<Long, String> found = new HashMap<>();
      byte[][] row = new byte[3][];
      BatchTable.read(
          connection,
          by - 1,
          1,
          (seq, prevHash, hash, blob) -> {
            if (seq == by) {
              row[0] = prevHash;
              row[1] = hash;
              row[2] = blob;
            }
          });
      if (row[2] != null && good(by, row, depth)) {
        try {
          for (LedgerEntry.Redacted entry : RedactedCodec.readBatch(row[2])) {
            entry.batches().forEach(batch -> found.put(batch.seq(), batch.hash()));
          }
        } catch (LedgerException e) {
          found.clear();
        }
      }
      listed = found;
      read = by;
    }
    return listed;
  }

  private boolean good(long seq, byte[][] row, int depth) throws SQLException {
    return MessageDigest.isEqual(row[1], Chain.hash(row[0], seq, row[2]))
        || cover(seq, row[2], depth + 1);
  }

  /** A ledger of the versions before has no such table, and nothing that it would find. */
  private boolean present() throws SQLException {
    Boolean known = present;
    if (known == null) {
      try (PreparedStatement select =
              connection.prepareStatement(
                  "select count(*) from sqlite_master where type = 'table' and name = 'redacted'");
          ResultSet row = select.executeQuery()) {
        known = row.next() && row.getInt(1) > 0;
      }
      present = known;
    }
    return known;
  }

  /** Notes in the record where the proof of a batch is. */
  static void note(Connection connection, long seq, long by) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("insert or replace into redacted(seq, by_seq) values(?, ?)")) {
      insert.setLong(1, seq);
      insert.setLong(2, by);
      insert.executeUpdate();
    }
  }
}
