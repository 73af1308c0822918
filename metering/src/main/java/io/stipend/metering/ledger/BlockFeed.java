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
  private static final int CHUNK_BYTES = 32 * 1_024;

  private final PreparedStatement select;
  private @Nullable ResultSet row;
  private boolean more = true;
  private long next = Long.MIN_VALUE;

  /**
   * Blocks that lie side by side.
   *
   * @param bodies their bodies
   * @param from all that starts at this time or later, in milliseconds, and in no chunk before
   * @param until and before this
   */
  record Chunk(List<byte[]> bodies, long from, long until) {}

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

  /** The next blocks, nearly always some; null at the end, never before one chunk. */
  @Nullable Chunk next() throws SQLException {
    if (!more) {
      return null;
    }
    ResultSet blocks = row;
    if (blocks == null) {
      blocks = select.executeQuery();
      row = blocks;
      more = blocks.next();
    }
    List<byte[]> bodies = new ArrayList<>();
    long from = next;
    next = Long.MAX_VALUE;
    int size = 0;
    long span = more ? UsageBlock.span(blocks.getLong(1)) : 0;
    while (more) {
      long start = UsageBlock.span(blocks.getLong(1));
      if (size >= CHUNK_BYTES && start != span) {
        next = start;
        break;
      }
      span = start;
      byte[] body = blocks.getBytes(2);
      bodies.add(body);
      size += body.length;
      more = blocks.next();
    }
    return new Chunk(bodies, from, next);
  }

  @Override
  public void close() throws SQLException {
    select.close();
  }
}
