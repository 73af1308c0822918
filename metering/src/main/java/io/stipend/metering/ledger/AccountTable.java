package io.stipend.metering.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The projected tables of accounts and their lots. An account is read in the time of its lots, and
 * those that are not closed are found without a look at those that are. For one thread.
 */
final class AccountTable {
  private static final String SUMS =
      Sum.ALL.stream().map(Sum::column).collect(Collectors.joining(", "));

  static final String ACCOUNT =
      "create table account(name text primary key, budget text not null, unit text not null,"
          + " period text not null, "
          + Sum.ALL.stream()
              .map(sum -> sum.column() + " integer not null")
              .collect(Collectors.joining(", "))
          + ") without rowid";

  static final String ACCOUNT_UNCLOSED =
      "create index account_unclosed on account(budget, unit, period) where closed = 0";

  static final String LOT =
      "create table lot(account text not null, id text not null, amount integer not null,"
          + " priority integer not null, expires integer, granted_at integer not null,"
          + " expired integer not null, primary key(account, id)) without rowid";

  private static final String ADD_SUMS =
      "insert into account(name, budget, unit, period, "
          + SUMS
          + ") values(?, ?, ?, ?"
          + ", ?".repeat(Sum.ALL.size())
          + ") on conflict(name) do update set "
          + Sum.ALL.stream()
              .map(sum -> sum.update("excluded." + sum.column()))
              .collect(Collectors.joining(", "));

  /** What attempts move: nearly always nothing else of an account does. */
  private static final List<Sum> USE = List.of(Sum.USED, Sum.HELD, Sum.FIRST_USED);

  private static final String ADD_USE =
      "update account set "
          + Sum.USED.update("?1")
          + ", "
          + Sum.HELD.update("?2")
          + ", "
          + Sum.FIRST_USED.update("?3")
          + " where name = ?4";

  /** What came first says a lot's priority and its end, as {@link Lot#plus} has it. */
  private static final String ADD_LOT =
      "insert into lot(account, id, amount, priority, expires, granted_at, expired)"
          + " values(?, ?, ?, ?, ?, ?, ?) on conflict(account, id) do update set"
          + " amount = amount + excluded.amount, expired = expired + excluded.expired";

  private static final String SELECT = "select name, " + SUMS + " from account";
  static final String BY_NAME = SELECT + " where name = ?";

  /** Names begin with their budget and an @, whose next character is A. */
  static final String OF_BUDGET = SELECT + " where name >= ? and name < ?";

  static final String UNCLOSED_OF_BUDGET =
      SELECT + " where closed = 0 and budget = ? and unit = ? order by period";
  static final String FIRST_UNCLOSED =
      SELECT + " where closed = 0 order by budget, unit, period limit ?";
  static final String NEXT_UNCLOSED =
      SELECT
          + " where closed = 0 and (budget, unit, period) > (?, ?, ?)"
          + " order by budget, unit, period limit ?";
  private static final String SELECT_LOT =
      "select account, id, amount, priority, expires, granted_at, expired from lot";
  static final String LOTS_OF_ACCOUNT = SELECT_LOT + " where account = ?";

  private final Connection connection;

  AccountTable(Connection connection) {
    this.connection = connection;
  }

  void add(Map<AccountKey, AccountSums> moves) throws SQLException {
    try (PreparedStatement update = connection.prepareStatement(ADD_USE);
        PreparedStatement upsert = connection.prepareStatement(ADD_SUMS)) {
      for (Map.Entry<String, AccountKey> named : byName(moves.keySet()).entrySet()) {
        AccountKey account = named.getValue();
        AccountSums sums = moves.getOrDefault(account, new AccountSums());
        if (sums.only(USE) && addUse(update, named.getKey(), sums)) {
          continue;
        }
        upsert.setString(1, named.getKey());
        upsert.setString(2, account.budget());
        upsert.setString(3, account.unit().name());
        upsert.setString(4, account.period());
        int column = 5;
        for (Sum sum : Sum.ALL) {
          upsert.setLong(column++, sums.get(sum));
        }
        upsert.executeUpdate();
      }
    }
  }

  /** Returns false if the account is not there. */
  private static boolean addUse(PreparedStatement update, String account, AccountSums sums)
      throws SQLException {
    int column = 1;
    for (Sum sum : USE) {
      update.setLong(column++, sums.get(sum));
    }
    update.setString(column, account);
    return update.executeUpdate() > 0;
  }

  void addLots(Map<LotKey, Lot> lots) throws SQLException {
    try (PreparedStatement upsert = connection.prepareStatement(ADD_LOT)) {
      List<Map.Entry<String, Lot>> sorted = new ArrayList<>(lots.size());
      lots.forEach((key, lot) -> sorted.add(Map.entry(key.account().toString(), lot)));
      sorted.sort(Map.Entry.comparingByKey());
      for (Map.Entry<String, Lot> entry : sorted) {
        Lot lot = entry.getValue();
        upsert.setString(1, entry.getKey());
        upsert.setString(2, lot.id());
        upsert.setLong(3, lot.amount());
        upsert.setInt(4, lot.priority());
        Instant expiresAt = lot.expiresAt();
        upsert.setObject(5, expiresAt == null ? null : expiresAt.toEpochMilli());
        upsert.setLong(6, lot.grantedAt().toEpochMilli());
        upsert.setLong(7, lot.expired());
        upsert.executeUpdate();
      }
    }
  }

  /** In the order of the table: its pages are then written one after the other. */
  private static SortedMap<String, AccountKey> byName(Collection<AccountKey> accounts) {
    SortedMap<String, AccountKey> sorted = new TreeMap<>();
    accounts.forEach(account -> sorted.put(account.toString(), account));
    return sorted;
  }

  /** The sums of every account. */
  Map<AccountKey, AccountSums> sums() throws SQLException {
    Map<AccountKey, AccountSums> sums = new HashMap<>();
    read(SELECT, select -> {}, row -> sums.put(account(row), sums(row)));
    return sums;
  }

  /** The sums of one account; null if it was never used. */
  @Nullable AccountSums sums(AccountKey account) throws SQLException {
    List<AccountSums> sums = new ArrayList<>(1);
    read(BY_NAME, select -> select.setString(1, account.toString()), row -> sums.add(sums(row)));
    return sums.isEmpty() ? null : sums.get(0);
  }

  /** The sums of every account of one budget, of all periods and units. */
  Map<AccountKey, AccountSums> ofBudget(String budget) throws SQLException {
    Map<AccountKey, AccountSums> sums = new HashMap<>();
    read(
        OF_BUDGET,
        select -> {
          select.setString(1, budget + "@");
          select.setString(2, budget + "A");
        },
        row -> {
          AccountKey account = account(row);
          // An id may hold an @ itself, and be that of another person with more behind it.
          if (account.budget().equals(budget)) {
            sums.put(account, sums(row));
          }
        });
    return sums;
  }

  /** Every lot of every account. */
  Map<LotKey, Lot> lots() throws SQLException {
    Map<LotKey, Lot> lots = new HashMap<>();
    read(
        SELECT_LOT,
        select -> {},
        row -> lots.put(new LotKey(account(row), row.getString(2)), lot(row)));
    return lots;
  }

  /** The lots of one account. */
  List<Lot> lots(AccountKey account) throws SQLException {
    List<Lot> lots = new ArrayList<>();
    read(
        LOTS_OF_ACCOUNT,
        select -> select.setString(1, account.toString()),
        row -> lots.add(lot(row)));
    return lots;
  }

  /**
   * Those of these accounts that were ever used, and all accounts of the same budgets and units
   * that are not closed.
   */
  Map<AccountKey, AccountRecord> records(Collection<AccountKey> keys) throws SQLException {
    Map<AccountKey, AccountSums> found = new LinkedHashMap<>();
    Set<List<String>> budgets = new LinkedHashSet<>();
    for (AccountKey key : keys) {
      AccountSums sums = sums(key);
      if (sums != null) {
        found.put(key, sums);
      }
      budgets.add(List.of(key.budget(), key.unit().name()));
    }
    unclosedOf(budgets, row -> found.put(account(row), sums(row)));
    Map<AccountKey, AccountRecord> records = new LinkedHashMap<>();
    for (Map.Entry<AccountKey, AccountSums> entry : found.entrySet()) {
      AccountKey key = entry.getKey();
      records.put(key, record(key, entry.getValue(), lots(key)));
    }
    return records;
  }

  /** The accounts of these budgets and units that are not closed. */
  Set<AccountKey> unclosed(Collection<List<String>> budgets) throws SQLException {
    Set<AccountKey> keys = new LinkedHashSet<>();
    unclosedOf(budgets, row -> keys.add(account(row)));
    return keys;
  }

  private void unclosedOf(Collection<List<String>> budgets, Row each) throws SQLException {
    for (List<String> budget : budgets) {
      read(
          UNCLOSED_OF_BUDGET,
          select -> {
            select.setString(1, budget.get(0));
            select.setString(2, budget.get(1));
          },
          each);
    }
  }

  /**
   * Accounts that are not closed, by budget, unit and period.
   *
   * @param after the last one of the page before; null for the first page
   */
  List<AccountRecord> unclosed(@Nullable AccountKey after, int limit) throws SQLException {
    Map<AccountKey, AccountSums> found = new LinkedHashMap<>();
    read(
        after == null ? FIRST_UNCLOSED : NEXT_UNCLOSED,
        select -> {
          int column = 1;
          if (after != null) {
            select.setString(column++, after.budget());
            select.setString(column++, after.unit().name());
            select.setString(column++, after.period());
          }
          select.setInt(column, limit);
        },
        row -> found.put(account(row), sums(row)));
    List<AccountRecord> page = new ArrayList<>();
    for (Map.Entry<AccountKey, AccountSums> entry : found.entrySet()) {
      AccountKey key = entry.getKey();
      page.add(record(key, entry.getValue(), lots(key)));
    }
    return page;
  }

  static AccountRecord record(AccountKey account, AccountSums sums, List<Lot> lots) {
    List<Lot> sorted = new ArrayList<>(lots);
    sorted.sort(Comparator.comparing(Lot::id));
    return sums.record(account, sorted);
  }

  private static AccountKey account(ResultSet row) throws SQLException {
    return AccountKey.parse(row.getString(1));
  }

  private static AccountSums sums(ResultSet row) throws SQLException {
    AccountSums sums = new AccountSums();
    int column = 2;
    for (Sum sum : Sum.ALL) {
      sums.add(sum, row.getLong(column++));
    }
    return sums;
  }

  private static Lot lot(ResultSet row) throws SQLException {
    long expires = row.getLong(5);
    Instant expiresAt = row.wasNull() ? null : Instant.ofEpochMilli(expires);
    return new Lot(
        row.getString(2),
        row.getLong(3),
        row.getInt(4),
        expiresAt,
        Instant.ofEpochMilli(row.getLong(6)),
        row.getLong(7));
  }

  @FunctionalInterface
  private interface Binding {
    void bind(PreparedStatement select) throws SQLException;
  }

  @FunctionalInterface
  private interface Row {
    void read(ResultSet row) throws SQLException;
  }

  private void read(String sql, Binding binding, Row each) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      binding.bind(select);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          each.read(row);
        }
      }
    }
  }
}
