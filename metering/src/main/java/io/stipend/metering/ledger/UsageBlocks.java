package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rows of ended attempts for whoever asks for nearly all of them, nearly in order: one
 * query for many rows. For one thread, within one read transaction.
 */
final class UsageBlocks {
  private static final int ROWS = 256;

  /** Attempts that started so much later may end before one that is still asked for. */
  private static final int BLOCKS = 64;

  private final UsageTable usage;
  private final Map<Long, Map<Long, UsageTable.Row>> blocks = new RecentMap<>(BLOCKS);

  UsageBlocks(UsageTable usage) {
    this.usage = usage;
  }

  UsageTable.@Nullable Row get(long number) throws SQLException {
    long block = number / ROWS;
    Map<Long, UsageTable.Row> rows = blocks.get(block);
    if (rows == null) {
      rows = read(block * ROWS);
      blocks.put(block, rows);
    }
    // A row is asked for once.
    return rows.remove(number);
  }

  private Map<Long, UsageTable.Row> read(long first) throws SQLException {
    Map<Long, UsageTable.Row> rows = new HashMap<>(2 * ROWS);
    usage.numbered(first, first + ROWS, row -> rows.put(row.number(), row));
    return rows;
  }
}
