package io.stipend.metering.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the blocks of attempts that stand where they started, in chunks of many: all that started
 * within one span is in one chunk, and chunks follow each other by start. For one thread, within
 * one read transaction.
 */
final class BlockFeed implements AutoCloseable {
  private static final int CHUNK_BYTES = 128 * 1_024;

  private final PreparedStatement select;
  private @Nullable ResultSet row;
  private boolean more;

  /**
   * @param from the first start that is asked for, in milliseconds
   * @param to the first that is not
   */
  BlockFeed(Connection connection, long from, long to) throws SQLException {
    select =
        connection.prepareStatement(
            "select started, body from usage where started >= ? and started < ?"
                + " and booked is null order by started");
    select.setLong(1, UsageBlock.span(from));
    select.setLong(2, to);
  }

  /** Bodies of the next blocks; empty at the end. */
  List<byte[]> next() throws SQLException {
    ResultSet blocks = row;
    if (blocks == null) {
      blocks = select.executeQuery();
      row = blocks;
      more = blocks.next();
    }
    List<byte[]> chunk = new ArrayList<>();
    int size = 0;
    long span = more ? UsageBlock.span(blocks.getLong(1)) : 0;
    while (more) {
      long next = UsageBlock.span(blocks.getLong(1));
      if (size >= CHUNK_BYTES && next != span) {
        return chunk;
      }
      span = next;
      byte[] body = blocks.getBytes(2);
      chunk.add(body);
      size += body.length;
      more = blocks.next();
    }
    return chunk;
  }

  @Override
  public void close() throws SQLException {
    select.close();
  }
}
