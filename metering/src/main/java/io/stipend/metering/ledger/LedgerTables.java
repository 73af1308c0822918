package io.stipend.metering.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the projected tables, other than usage and accounts. For one thread. */
final class LedgerTables implements AutoCloseable {
  private static final String ACCOUNT_SEPARATOR = "\n";

  private static final int RECENT_NAMES = 32_768;

  private final Connection connection;
  private final AccountTable accounts;
  private final PreparedStatement selectName;
  private final PreparedStatement selectProfile;
  private final PreparedStatement selectFact;

  LedgerTables(Connection connection) throws SQLException {
    this.connection = connection;
    accounts = new AccountTable(connection);
    selectName = connection.prepareStatement("select text from name where id = ?");
    selectFact = connection.prepareStatement("select body from fact where kind = ? and id = ?");
    selectProfile =
        connection.prepareStatement(
            "select person, team, cost_center, project, key_id, dialect, provider, model, tier,"
                + " price_version, currency, accounts from profile where id = ?");
  }

  @Nullable String name(long number) {
    try {
      selectName.setLong(1, number);
      try (ResultSet row = selectName.executeQuery()) {
        return row.next() ? row.getString(1) : null;
      }
    } catch (SQLException e) {
      throw new LedgerException("ledger: name " + number + ": " + e.getMessage(), e);
    }
  }

  @Nullable Profile profile(long number) {
    try {
      selectProfile.setLong(1, number);
      try (ResultSet row = selectProfile.executeQuery()) {
        return row.next() ? profile(row) : null;
      }
    } catch (SQLException e) {
      throw new LedgerException("ledger: profile " + number + ": " + e.getMessage(), e);
    }
  }

  private static Profile profile(ResultSet row) throws SQLException {
    List<AccountKey> accounts = new ArrayList<>();
    for (String account : row.getString(12).split(ACCOUNT_SEPARATOR, -1)) {
      if (!account.isEmpty()) {
        accounts.add(AccountKey.parse(account));
      }
    }
    return new Profile(
        row.getString(1),
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        row.getString(7),
        row.getString(8),
        row.getString(9),
        row.getString(10),
        row.getString(11),
        accounts);
  }

  /** The accounts of a profile as its column holds them. */
  static String accounts(Profile profile) {
    return profile.accounts().stream()
        .map(AccountKey::toString)
        .collect(Collectors.joining(ACCOUNT_SEPARATOR));
  }

  /** Whether an attempt or a refusal is of this person. */
  boolean isPerson(String id) throws SQLException {
    for (String table : List.of("profile", "refusal")) {
      try (PreparedStatement select =
          connection.prepareStatement("select 1 from " + table + " where person = ? limit 1")) {
        select.setString(1, id);
        try (ResultSet row = select.executeQuery()) {
          if (row.next()) {
            return true;
          }
        }
      }
    }
    return false;
  }

  long projectedSeq() throws SQLException {
    return LedgerDatabase.meta(connection, "projected_seq", 0);
  }

  /** Number of the reservation after the last one of the tables. */
  long nextAttempt() throws SQLException {
    return LedgerDatabase.meta(connection, "next_attempt", 1);
  }

  AccountTable accounts() {
    return accounts;
  }

  Map<Long, OpenReservation> open() throws SQLException {
    Map<Long, OpenReservation> open = new TreeMap<>();
    query(
        "select attempt, profile, body from open_attempt order by attempt",
        row -> {
          long number = row.getLong(1);
          open.put(
              number,
              OpenReservation.read(number, row.getLong(2), new ByteReader(row.getBytes(3))));
        });
    return open;
  }

  /** The facts of one kind, in the order of entry. */
  List<LedgerEntry> facts(int kind) throws SQLException {
    List<LedgerEntry> facts = new ArrayList<>();
    facts(kind, facts::add);
    return facts;
  }

  /** Streams the facts of one kind, in the order of entry. */
  void facts(int kind, Consumer<LedgerEntry> each) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("select body from fact where kind = ? order by seq")) {
      select.setInt(1, kind);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          each.accept(fact(row.getBytes(1)));
        }
      }
    }
  }

  /** Streams the facts of some kinds, in the order of entry. */
  void entered(Set<Class<? extends LedgerEntry>> kinds, Consumer<Entered> each)
      throws SQLException {
    String tags =
        kinds.stream()
            .map(kind -> Integer.toString(FactCodec.tag(kind)))
            .collect(Collectors.joining(", "));
    query(
        "select body, batch from fact where kind in (" + tags + ") order by seq",
        row -> each.accept(new Entered(fact(row.getBytes(1)), row.getLong(2))));
  }

  @Nullable LedgerEntry fact(int kind, String id) throws SQLException {
    selectFact.setInt(1, kind);
    selectFact.setString(2, id);
    try (ResultSet row = selectFact.executeQuery()) {
      return row.next() ? fact(row.getBytes(1)) : null;
    }
  }

  List<LedgerEntry.RefusalsCounted> refusals() throws SQLException {
    List<LedgerEntry.RefusalsCounted> refusals = new ArrayList<>();
    query(
        "select last, person, day, reason, count from refusal order by day, person, reason",
        row ->
            refusals.add(
                new LedgerEntry.RefusalsCounted(
                    Instant.ofEpochMilli(row.getLong(1)),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4),
                    row.getLong(5))));
    return refusals;
  }

  /** The names with the greatest numbers, oldest first. */
  private void recentNames(int limit, BatchEncoder encoder, Definitions definitions)
      throws SQLException {
    query(
        "select id, text from (select id, text from name order by id desc limit "
            + limit
            + ") order by id",
        row -> {
          encoder.remember(row.getLong(1), row.getString(2));
          definitions.define(row.getLong(1), row.getString(2));
        });
  }

  /** One more than the greatest value of a column; 1 for an empty table. */
  private long next(String table, String column) throws SQLException {
    long[] next = new long[1];
    query(
        "select coalesce(max(" + column + "), 0) + 1 from " + table,
        row -> next[0] = row.getLong(1));
    return next[0];
  }

  /**
   * An encoder that goes on where these tables end; every batch must be projected.
   *
   * @param definitions learn the names that it knows
   */
  BatchEncoder encoder(Definitions definitions) throws SQLException {
    BatchEncoder encoder =
        new BatchEncoder(nextAttempt(), next("name", "id"), next("profile", "id"));
    recentNames(RECENT_NAMES, encoder, definitions);
    return encoder;
  }

  static byte[] body(LedgerEntry fact) {
    ByteWriter out = new ByteWriter(256);
    FactCodec.write(out, NameWriter.INLINE, 0, fact);
    return out.toByteArray();
  }

  static LedgerEntry fact(byte[] body) {
    ByteReader in = new ByteReader(body);
    return FactCodec.read(in.u8(), in, NameReader.INLINE, 0);
  }

  @FunctionalInterface
  private interface Row {
    void read(ResultSet row) throws SQLException;
  }

  private void query(String sql, Row each) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql);
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        each.read(row);
      }
    }
  }

  @Override
  public void close() throws SQLException {
    selectName.close();
    selectProfile.close();
    selectFact.close();
  }
}
