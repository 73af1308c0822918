package io.stipend.metering.ledger;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Changes what a ledger's tables hold, behind its back. */
final class Tampering {
  private Tampering() {}

  /** Runs a statement. */
  static void execute(Path folder, String sql) throws SQLException {
    try (Connection connection = connect(folder);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Changes the ended attempts of every block, and nothing that the block is found by. */
  static void ended(Path folder, UnaryOperator<List<EndedAttempt>> change) throws SQLException {
    try (Connection connection = connect(folder);
        LedgerTables tables = new LedgerTables(connection)) {
      Map<Long, List<EndedAttempt>> blocks = new HashMap<>();
      try (Statement select = connection.createStatement();
          ResultSet row = select.executeQuery("select block, body from usage")) {
        while (row.next()) {
          blocks.put(row.getLong(1), UsageBlock.read(row.getBytes(2), Definitions.stored(tables)));
        }
      }
      try (PreparedStatement update =
          connection.prepareStatement("update usage set body = ? where block = ?")) {
        for (Map.Entry<Long, List<EndedAttempt>> block : blocks.entrySet()) {
          UsageBlock changed = new UsageBlock();
          for (EndedAttempt attempt : change.apply(block.getValue())) {
            changed.add(attempt, Tampering::label);
          }
          update.setBytes(1, changed.body());
          update.setLong(2, block.getKey());
          update.executeUpdate();
        }
      }
    }
  }

  /** Changes how the attempt of a number settled. */
  static void settled(Path folder, long number, UnaryOperator<LedgerEntry.Settled> change)
      throws SQLException {
    ended(
        folder,
        attempts ->
            attempts.stream()
                .map(
                    attempt ->
                        attempt.number() == number
                            ? new EndedAttempt(
                                number,
                                attempt.profileNumber(),
                                attempt.profile(),
                                attempt.reserved(),
                                change.apply(attempt.settled()),
                                null,
                                attempt.booked(),
                                attempt.priceVersion())
                            : attempt)
                .toList());
  }

  private static void label(ByteWriter out, String text) {
    out.varint(text == null ? 0 : 1);
    if (text != null) {
      out.text(text);
    }
  }

  private static Connection connect(Path folder) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(folder));
  }
}
