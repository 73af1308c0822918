package io.stipend.metering.ledger;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.sqlite.SQLiteConfig;

/**
 * The SQLite file: how it is opened, and its schema.
 *
 * <p>{@code meta} and {@code batch} are the record. All other tables are projected from the batches
 * and can be dropped at any time: when {@link #PROJECTION} grows they are, and are filled anew.
 */
final class LedgerDatabase {
  /** Version of the record. A migration from each older one stands in {@link #MIGRATIONS}. */
  static final int SCHEMA = 3;

  /** Version of the tables that are projected from the record. */
  static final int PROJECTION = 7;

  /**
   * From version 2 on an attempt may name its agent, and its usage may be more than tokens. What
   * was written before reads as it did; the number keeps a build from the file that would misread
   * it.
   */
  private static final List<String> ENTRIES_MAY_SAY_MORE = List.of();

  /**
   * From version 3 on an attempt may say how the lines of its cost are found, and a correction that
   * they are found otherwise. What was written before reads as it did, as above.
   */
  private static final List<String> COSTS_MAY_HAVE_LINES = List.of();

  /** {@code MIGRATIONS.get(n - 1)} leads from version n to n + 1. */
  private static final List<List<String>> MIGRATIONS =
      List.of(ENTRIES_MAY_SAY_MORE, COSTS_MAY_HAVE_LINES);

  /** What to do about a damaged record. */
  static final String REPAIR =
      "expected: a whole record; run `ledger verify`, then restore a backup into an empty folder";

  private static final int BUSY_MILLIS = 10_000;

  /** Accounts are touched in no order: what is touched often should stay in memory. */
  private static final int CACHE_KIB = 32 * 1_024;

  private static final List<String> RECORD =
      List.of(
          "create table if not exists meta(key text primary key, value integer not null)"
              + " without rowid",
          "create table if not exists batch(seq integer primary key, prev_hash blob not null,"
              + " hash blob not null, blob blob not null)");

  private static final List<String> PROJECTED =
      List.of(
          "create table name(id integer primary key, text text not null)",
          "create table profile(id integer primary key, person text not null, team text,"
              + " cost_center text, project text, key_id text not null, dialect text not null,"
              + " provider text not null, model text not null, tier text,"
              + " price_version text not null, currency text not null, accounts text not null)",
          AccountTable.ACCOUNT,
          AccountTable.ACCOUNT_UNCLOSED,
          AccountTable.LOT,
          UsageTable.USAGE,
          UsageTable.USAGE_STARTED,
          UsageTable.USAGE_BOOKED,
          UsageTable.EXCHANGE_BLOCK,
          AdjustmentTable.ADJUSTMENT,
          AdjustmentTable.ADJUSTMENT_BOOKED,
          "create table open_attempt(attempt integer primary key, profile integer not null,"
              + " body blob not null)",
          "create table fact(seq integer primary key, kind integer not null, id text,"
              + " body blob not null)",
          "create unique index fact_id on fact(kind, id)",
          "create table refusal(day text, person text, reason text, count integer not null,"
              + " last integer not null, primary key(day, person, reason)) without rowid");

  private static final List<String> PROJECTED_TABLES =
      List.of(
          "name",
          "profile",
          "account",
          "lot",
          "usage",
          "exchange_block",
          "adjustment",
          "open_attempt",
          "fact",
          "refusal");

  private LedgerDatabase() {}

  /** Opens for writing, makes or migrates the schema. */
  static Connection openForWriting(Path folder) {
    Path file = LedgerFiles.database(folder);
    try {
      SQLiteConfig config = new SQLiteConfig();
      config.setJournalMode(SQLiteConfig.JournalMode.WAL);
      config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
      config.setBusyTimeout(BUSY_MILLIS);
      config.setCacheSize(-CACHE_KIB);
      config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
      // Else the driver asks for the row id after each insert, which costs as much again.
      config.setGetGeneratedKeys(false);
      Connection connection = config.createConnection("jdbc:sqlite:" + file.toAbsolutePath());
      try {
        prepare(connection, file);
        return connection;
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException e) {
      throw unusable(file, "cannot be opened", e);
    }
  }

  /** Opens for reading only, also while another process writes. */
  static Connection openForReading(Path file) {
    if (!Files.isReadable(file)) {
      throw new LedgerException(
          "ledger " + file + ": not there (expected: the data folder of a gateway that ran)", null);
    }
    try {
      Connection connection = connectForReading(file);
      try {
        checkVersion(meta(connection, "schema", 0), file);
        long projection = meta(connection, "projection", 0);
        if (projection != PROJECTION) {
          throw new LedgerException(
              "ledger "
                  + file
                  + ": tables of version "
                  + projection
                  + " (expected: "
                  + PROJECTION
                  + "; serve once with this version)",
              null);
        }
        connection.setAutoCommit(false);
        return connection;
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException e) {
      throw unusable(file, "cannot be read", e);
    }
  }

  static LedgerException unusable(Path file, String what, SQLException e) {
    return new LedgerException(
        "ledger "
            + file
            + ": "
            + (DiskFault.damaged(e)
                ? "damaged: " + e.getMessage() + " (" + REPAIR + ")"
                : what + ": " + e.getMessage()),
        e);
  }

  /** A connection that only reads, whatever the file's version. */
  static Connection connectForReading(Path file) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(BUSY_MILLIS);
    return config.createConnection("jdbc:sqlite:" + file.toAbsolutePath());
  }

  /** Whether there is a record at all. */
  static boolean hasRecord(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select count(*) from sqlite_master where type = 'table'"
                    + " and name in ('meta', 'batch')")) {
      return row.next() && row.getInt(1) == 2;
    }
  }

  private static void prepare(Connection connection, Path file) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("begin immediate");
      for (String sql : RECORD) {
        statement.execute(sql);
      }
      long version = meta(connection, "schema", SCHEMA);
      checkVersion(version, file);
      for (long from = version; from < SCHEMA; from++) {
        for (String sql : MIGRATIONS.get((int) from - 1)) {
          statement.execute(sql);
        }
      }
      setMeta(connection, "schema", SCHEMA);
      if (meta(connection, "projection", 0) != PROJECTION) {
        resetProjection(connection);
      }
      statement.execute("commit");
    }
  }

  /** Empties the projected tables, so that they are filled anew from the batches. */
  static void resetProjection(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : PROJECTED_TABLES) {
        statement.execute("drop table if exists " + table);
      }
      for (String sql : PROJECTED) {
        statement.execute(sql);
      }
    }
    setMeta(connection, "projection", PROJECTION);
    setMeta(connection, "projected_seq", 0);
    setMeta(connection, "next_attempt", 1);
  }

  static void checkVersion(long version, Path file) {
    if (version < 1 || version > SCHEMA) {
      throw new LedgerException(
          "ledger "
              + file
              + ": schema version "
              + version
              + " (expected: 1.."
              + SCHEMA
              + "; a newer Stipend wrote it, or it is no ledger)",
          null);
    }
  }

  static long meta(Connection connection, String key, long otherwise) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("select value from meta where key = ?")) {
      select.setString(1, key);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getLong(1) : otherwise;
      }
    }
  }

  static void setMeta(Connection connection, String key, long value) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("insert or replace into meta(key, value) values(?, ?)")) {
      insert.setString(1, key);
      insert.setLong(2, value);
      insert.executeUpdate();
    }
  }
}
