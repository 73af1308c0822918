package io.stipend.metering.ledger;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The projected table of ended attempts. A row without a source is a released attempt, kept so that
 * recovery and the check know that it ended; it is not usage. For one thread.
 */
final class UsageTable implements AutoCloseable {
  private static final String COLUMNS =
      "attempt, exchange, number, started, took, profile, session, client, input, cache_read,"
          + " cache_write, cache_write_1h, output, reasoning, source, outcome, status, model, tier,"
          + " nanos, request, debits, flags, booked";

  private final Connection connection;
  private final Definitions definitions;
  private final List<Ended> waiting = new ArrayList<>();
  private @Nullable PreparedStatement insert;
  private @Nullable PreparedStatement select;

  UsageTable(Connection connection, Definitions definitions) {
    this.connection = connection;
    this.definitions = definitions;
  }

  /**
   * A row.
   *
   * @param number the attempt's place among all reservations
   * @param settled its usage; null if it was released
   * @param booked where it stands if its month was closed before it ended; null if where it started
   */
  record Row(long number, @Nullable SettledAttempt settled, @Nullable Instant booked) {
    /** What decides the month that it stands in. */
    Instant standsAt() {
      if (settled == null) {
        throw new IllegalStateException("attempt " + number + " was released");
      }
      return booked == null ? settled.row().startedAt() : booked;
    }
  }

  /** Takes one row of a reading. */
  @FunctionalInterface
  interface Reading {
    void row(Row row) throws SQLException;
  }

  /** An attempt that ended and has no row yet: of the two entries one is there. */
  private record Ended(
      OpenReservation reservation,
      LedgerEntry.@Nullable Settled settled,
      LedgerEntry.@Nullable Released released,
      @Nullable Instant booked) {}

  /** Keeps an attempt until the next {@link #flush}. */
  void add(OpenReservation reservation, LedgerEntry.Settled settled, @Nullable Instant booked) {
    waiting.add(new Ended(reservation, settled, null, booked));
  }

  /** The same for one that was never sent. */
  void add(OpenReservation reservation, LedgerEntry.Released released) {
    waiting.add(new Ended(reservation, null, released, null));
  }

  /** Writes the rows that wait. */
  void flush() throws SQLException {
    for (Ended ended : waiting) {
      if (ended.settled() != null) {
        insert(ended.reservation(), ended.settled(), ended.booked());
      } else if (ended.released() != null) {
        insert(ended.reservation(), ended.released());
      }
    }
    waiting.clear();
  }

  private void insert(
      OpenReservation reservation, LedgerEntry.Settled settled, @Nullable Instant booked)
      throws SQLException {
    PreparedStatement into = insert();
    SettledAttempt attempt = UsageRows.of(reservation, settled);
    bindReservation(into, reservation, settled.at());
    bindUsage(into, attempt.row().usage());
    UsageRow row = attempt.row();
    into.setInt(15, Codes.SOURCES.indexOf(row.usageSource()));
    label(into, 16, row.outcome());
    into.setInt(17, row.httpStatus());
    label(into, 18, row.modelServed().equals(row.modelRequested()) ? null : row.modelServed());
    label(into, 19, row.serviceTier());
    into.setLong(20, row.nanos());
    into.setString(21, row.providerRequestId());
    into.setBytes(22, debits(attempt, reservation.profile()));
    label(into, 23, row.flags().isEmpty() ? null : row.flags());
    into.setObject(24, booked == null ? null : booked.toEpochMilli());
    into.executeUpdate();
  }

  private void insert(OpenReservation reservation, LedgerEntry.Released released)
      throws SQLException {
    PreparedStatement into = insert();
    bindReservation(into, reservation, released.at());
    for (int column = 9; column <= 24; column++) {
      into.setNull(column, Types.INTEGER);
    }
    label(into, 16, released.outcome());
    into.executeUpdate();
  }

  /**
   * Nets a correction into the row that it mends.
   *
   * @return the row as it stood before
   */
  Row correct(LedgerEntry.Corrected correction) throws SQLException {
    Row before = find(correction.id());
    if (before == null || before.settled() == null) {
      throw new LedgerException(
          "correction "
              + correction.correctionId()
              + ": attempt "
              + correction.id()
              + " has not settled (expected: a settled attempt)",
          null);
    }
    SettledAttempt after = UsageRows.corrected(before.settled(), correction);
    try (PreparedStatement update =
        connection.prepareStatement(
            "update usage set input = ?, cache_read = ?, cache_write = ?, cache_write_1h = ?,"
                + " output = ?, reasoning = ?, nanos = ?, debits = ? where attempt = ?")) {
      TokenUsage usage = after.row().usage();
      update.setLong(1, usage.input());
      update.setLong(2, usage.cacheRead());
      update.setLong(3, usage.cacheWrite());
      update.setLong(4, usage.cacheWrite1h());
      update.setLong(5, usage.output());
      update.setLong(6, usage.reasoning());
      update.setLong(7, after.row().nanos());
      update.setBytes(8, debits(after, null));
      update.setLong(9, before.number());
      update.executeUpdate();
    }
    return before;
  }

  @Nullable Row find(AttemptId id) throws SQLException {
    for (Row row : find(id.exchange(), id.number())) {
      return row;
    }
    return null;
  }

  /** The ended attempts of an exchange, by number. */
  List<Row> find(String exchange) throws SQLException {
    return find(exchange, 0);
  }

  private List<Row> find(String exchange, int number) throws SQLException {
    List<Row> rows = new ArrayList<>();
    try (PreparedStatement find =
        connection.prepareStatement(
            "select "
                + COLUMNS
                + " from usage where substr(exchange, 1, 12) = substr(?, 1, 12)"
                + " and exchange = ? and (? = 0 or number = ?) order by number")) {
      find.setString(1, exchange);
      find.setString(2, exchange);
      find.setInt(3, number);
      find.setInt(4, number);
      try (ResultSet row = find.executeQuery()) {
        while (row.next()) {
          rows.add(read(row));
        }
      }
    }
    return rows;
  }

  @Nullable Row get(long number) throws SQLException {
    if (select == null) {
      select = connection.prepareStatement("select " + COLUMNS + " from usage where attempt = ?");
    }
    select.setLong(1, number);
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? read(row) : null;
    }
  }

  /** Streams the settled attempts with {@code from <= started < to}, by start and number. */
  void settled(Instant from, Instant to, Reading reading) throws SQLException {
    range(
        "started >= ? and started < ? and source is not null order by started, attempt",
        from,
        to,
        reading);
  }

  /** Those of them that stand where they started. */
  void unmoved(Instant from, Instant to, Reading reading) throws SQLException {
    range(
        "started >= ? and started < ? and source is not null and booked is null"
            + " order by started, attempt",
        from,
        to,
        reading);
  }

  /** The others that stand within this range instead. */
  void moved(Instant from, Instant to, Reading reading) throws SQLException {
    range("booked >= ? and booked < ?", from, to, reading);
  }

  /** Streams all rows with {@code from <= number < to}, by number. */
  void numbered(long from, long to, Reading reading) throws SQLException {
    range("attempt >= ? and attempt < ? order by attempt", from, to, reading);
  }

  private void range(String condition, Instant from, Instant to, Reading reading)
      throws SQLException {
    range(condition, millis(from), millis(to), reading);
  }

  private void range(String condition, long from, long to, Reading reading) throws SQLException {
    try (PreparedStatement range =
        connection.prepareStatement("select " + COLUMNS + " from usage where " + condition)) {
      range.setLong(1, from);
      range.setLong(2, to);
      try (ResultSet row = range.executeQuery()) {
        while (row.next()) {
          reading.row(read(row));
        }
      }
    }
  }

  /** Rows start at whole milliseconds, so a bound between two is the later one. */
  static long millis(Instant bound) {
    if (bound.isBefore(Instant.ofEpochMilli(Long.MIN_VALUE))) {
      return Long.MIN_VALUE;
    }
    if (!bound.isBefore(Instant.ofEpochMilli(Long.MAX_VALUE))) {
      return Long.MAX_VALUE;
    }
    long floor = bound.toEpochMilli();
    return Instant.ofEpochMilli(floor).isBefore(bound) ? floor + 1 : floor;
  }

  private PreparedStatement insert() throws SQLException {
    if (insert == null) {
      insert =
          connection.prepareStatement(
              "insert into usage("
                  + COLUMNS
                  + ") values(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    }
    return insert;
  }

  private void bindReservation(PreparedStatement into, OpenReservation reservation, Instant ended)
      throws SQLException {
    LedgerEntry.Reserved reserved = reservation.reserved();
    into.setLong(1, reservation.number());
    into.setString(2, reserved.id().exchange());
    into.setInt(3, reserved.id().number());
    into.setLong(4, reserved.at().toEpochMilli());
    into.setLong(5, ended.toEpochMilli() - reserved.at().toEpochMilli());
    into.setLong(6, reservation.profileNumber());
    label(into, 7, reserved.facts().sessionId());
    label(into, 8, reserved.facts().client());
  }

  private static void bindUsage(PreparedStatement into, TokenUsage usage) throws SQLException {
    into.setLong(9, usage.input());
    into.setLong(10, usage.cacheRead());
    into.setLong(11, usage.cacheWrite());
    into.setLong(12, usage.cacheWrite1h());
    into.setLong(13, usage.output());
    into.setLong(14, usage.reasoning());
  }

  private void label(PreparedStatement into, int column, @Nullable String text)
      throws SQLException {
    Long number = text == null ? null : definitions.number(text);
    if (number != null) {
      into.setLong(column, number);
    } else {
      into.setString(column, text);
    }
  }

  private @Nullable String label(ResultSet row, int column) throws SQLException {
    Object value = row.getObject(column);
    return value instanceof Number number ? definitions.name(number.longValue()) : (String) value;
  }

  /** Null where the profile's accounts bear the row's cost, each in its unit. */
  private static byte @Nullable [] debits(SettledAttempt attempt, @Nullable Profile profile) {
    if (profile != null
        && PostingCodec.isExpected(attempt.debits(), profile.accounts(), charge(attempt.row()))) {
      return null;
    }
    ByteWriter out = new ByteWriter(256);
    AccountAmounts.write(out, attempt.debits());
    return out.toByteArray();
  }

  private static Charge charge(UsageRow row) {
    return AttemptCodec.charge(row.nanos(), row.usage());
  }

  private Row read(ResultSet row) throws SQLException {
    long number = row.getLong(1);
    int source = row.getInt(15);
    if (row.wasNull()) {
      return new Row(number, null, null);
    }
    Profile profile = definitions.profile(row.getLong(6));
    String model = label(row, 18);
    String flags = label(row, 23);
    String outcome = label(row, 16);
    long started = row.getLong(4);
    UsageRow usage =
        UsageRows.of(
            new AttemptId(row.getString(2), row.getInt(3)),
            Instant.ofEpochMilli(started),
            Instant.ofEpochMilli(started + row.getLong(5)),
            profile,
            label(row, 7),
            label(row, 8),
            model == null ? profile.modelRequested() : model,
            label(row, 19),
            new TokenUsage(
                row.getLong(9),
                row.getLong(10),
                row.getLong(11),
                row.getLong(12),
                row.getLong(13),
                row.getLong(14)),
            Codes.SOURCES.get(source),
            outcome == null ? "" : outcome,
            row.getInt(17),
            row.getLong(20),
            row.getString(21),
            flags == null ? "" : flags);
    byte[] debits = row.getBytes(22);
    long booked = row.getLong(24);
    Instant moved = row.wasNull() ? null : Instant.ofEpochMilli(booked);
    return new Row(
        number,
        new SettledAttempt(
            usage,
            debits == null
                ? PostingCodec.spread(
                    profile.accounts(), charge(usage).nanos(), charge(usage).tokens())
                : AccountAmounts.read(new ByteReader(debits))),
        moved);
  }

  @Override
  public void close() throws SQLException {
    if (insert != null) {
      insert.close();
    }
    if (select != null) {
      select.close();
    }
  }
}
