package io.stipend.metering.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * The batches that hold less in a record that is being written: in a table of that record, which is
 * gone when this is closed, because there may be as many as there are batches. For one thread.
 */
final class ReducedBatches implements AutoCloseable {
  private final Connection connection;
  private final PreparedStatement insert;
  private final PreparedStatement select;
  private long count;
  private long taken;

  ReducedBatches(Connection connection) throws SQLException {
    this.connection = connection;
    execute("create table reduced(seq integer primary key, hash text not null)");
    insert = connection.prepareStatement("insert into reduced(seq, hash) values(?, ?)");
    select =
        connection.prepareStatement(
            "select seq, hash from reduced where seq > ? order by seq limit "
                + RedactedCodec.MAX_BATCHES);
  }

  /** Batches come in their order. */
  void add(long seq, String hash) throws SQLException {
    insert.setLong(1, seq);
    insert.setString(2, hash);
    insert.executeUpdate();
    count++;
  }

  long count() {
    return count;
  }

  /** As many of those that were not given yet as one entry lists; empty if all were. */
  List<ReducedBatch> next() throws SQLException {
    List<ReducedBatch> part = new ArrayList<>();
    select.setLong(1, taken);
    try (ResultSet row = select.executeQuery()) {
      while (row.next()) {
        taken = row.getLong(1);
        part.add(new ReducedBatch(taken, row.getString(2)));
      }
    }
    return part;
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() throws SQLException {
    insert.close();
    select.close();
    execute("drop table reduced");
  }
}
