package io.stipend.metering.ledger;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;

/**
 * Streams every fact that moves an account and is no use of it: grants, transfers, loans, expiries
 * and rolls, in the order of entry, as one consistent state that holds all that was durable when
 * the reading began.
 */
public final class AllowanceBook {
  private static final String KINDS =
      FactCodec.GRANTED
          + ", "
          + FactCodec.TRANSFERRED
          + ", "
          + FactCodec.LENT
          + ", "
          + FactCodec.EXPIRED
          + ", "
          + FactCodec.ROLLED;

  private AllowanceBook() {}

  /**
   * Reads the ledger of a data folder.
   *
   * @return the head of the state that was read
   * @throws LedgerException if the ledger cannot be read
   */
  public static LedgerHead read(Path dataDir, Consumer<LedgerEntry> facts) {
    Path file = LedgerFiles.database(dataDir);
    try (Connection connection = LedgerDatabase.openForReading(file);
        LedgerTables tables = new LedgerTables(connection)) {
      UsageTable usage = new UsageTable(connection, Definitions.stored(tables));
      Tail tail = Tail.read(connection, tables, usage);
      try (PreparedStatement select =
              connection.prepareStatement(
                  "select body from fact where kind in (" + KINDS + ") order by seq");
          ResultSet row = select.executeQuery()) {
        while (row.next()) {
          facts.accept(LedgerTables.fact(row.getBytes(1)));
        }
      }
      List<LedgerEntry> waiting = tail.facts(LedgerEntry.class);
      waiting.stream().filter(AllowanceBook::moves).forEach(facts);
      return BatchTable.head(connection);
    } catch (SQLException e) {
      throw new LedgerException("ledger " + file + ": " + e.getMessage(), e);
    }
  }

  private static boolean moves(LedgerEntry fact) {
    return fact instanceof LedgerEntry.Granted
        || fact instanceof LedgerEntry.Transferred
        || fact instanceof LedgerEntry.Lent
        || fact instanceof LedgerEntry.Expired
        || fact instanceof LedgerEntry.Rolled;
  }
}
