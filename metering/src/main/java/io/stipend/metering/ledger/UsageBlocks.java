package io.stipend.metering.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ended attempts for whoever asks for all of them in the order of their ends: the blocks
 * were written in that order, a few batches at a time. For one thread, within one read transaction.
 */
final class UsageBlocks implements AutoCloseable {
  private final Definitions definitions;
  private final PreparedStatement select;
  private final Map<Long, EndedAttempt> held = new HashMap<>();
  private @Nullable ResultSet row;
  private long after;
  private boolean more;

  UsageBlocks(Connection connection, Definitions definitions) throws SQLException {
    this.definitions = definitions;
    select = connection.prepareStatement("select after, body from usage order by block");
  }

  /**
   * The attempt of this number, which ended in this batch; null if there is none. An attempt is
   * asked for once.
   */
  UsageTable.@Nullable Row take(long number, long batch) throws SQLException {
    ResultSet blocks = row;
    if (blocks == null) {
      blocks = select.executeQuery();
      row = blocks;
      next(blocks);
    }
    while (!held.containsKey(number) && more && after < batch) {
      for (EndedAttempt attempt : UsageBlock.read(blocks.getBytes(2), definitions)) {
        held.put(attempt.number(), attempt);
      }
      next(blocks);
    }
    EndedAttempt found = held.remove(number);
    return found == null ? null : found.row();
  }

  private void next(ResultSet blocks) throws SQLException {
    more = blocks.next();
    after = more ? blocks.getLong(1) : 0;
  }

  @Override
  public void close() throws SQLException {
    select.close();
  }
}
