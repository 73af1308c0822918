package io.stipend.metering.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The projected table of corrections that stand apart from their attempts. For one thread. */
final class AdjustmentTable {
  static final String ADJUSTMENT =
      "create table adjustment(seq integer primary key, correction text not null unique,"
          + " attempt integer not null, started integer not null, stands integer not null,"
          + " booked integer not null, input integer not null,"
          + " cache_read integer not null, cache_write integer not null,"
          + " cache_write_1h integer not null, output integer not null,"
          + " reasoning integer not null, nanos integer not null, lines blob not null,"
          + " version_before text not null, version text not null)";

  static final String ADJUSTMENT_BOOKED = "create index adjustment_booked on adjustment(booked)";

  private static final String FIGURES =
      "input, cache_read, cache_write, cache_write_1h, output, reasoning, nanos, lines,"
          + " version_before, version";
  private static final String SELECT =
      "select correction, attempt, started, stands, booked, " + FIGURES + " from adjustment";

  private final Connection connection;

  AdjustmentTable(Connection connection) {
    this.connection = connection;
  }

  void insert(Adjustment adjustment) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "insert into adjustment(correction, attempt, started, stands, booked, "
                + FIGURES
                + ") values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      SignedUsage more = adjustment.more();
      insert.setString(1, adjustment.correctionId());
      insert.setLong(2, adjustment.attempt());
      insert.setLong(3, adjustment.started().toEpochMilli());
      insert.setLong(4, adjustment.stands().toEpochMilli());
      insert.setLong(5, adjustment.booked().toEpochMilli());
      insert.setLong(6, more.input());
      insert.setLong(7, more.cacheRead());
      insert.setLong(8, more.cacheWrite());
      insert.setLong(9, more.cacheWrite1h());
      insert.setLong(10, more.output());
      insert.setLong(11, more.reasoning());
      insert.setLong(12, more.nanos());
      ByteWriter lines = new ByteWriter(256);
      BasisCodec.writeLines(lines, adjustment.lines());
      insert.setBytes(13, lines.toByteArray());
      insert.setString(14, adjustment.versionBefore());
      insert.setString(15, adjustment.version());
      insert.executeUpdate();
    }
  }

  @Nullable Adjustment find(String correctionId) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SELECT + " where correction = ?")) {
      select.setString(1, correctionId);
      List<Adjustment> found = read(select);
      return found.isEmpty() ? null : found.get(0);
    }
  }

  /** Those with {@code from <= booked < to}, in the order of entry. */
  List<Adjustment> booked(Instant from, Instant to) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(SELECT + " where booked >= ? and booked < ? order by seq")) {
      select.setLong(1, UsageTable.millis(from));
      select.setLong(2, UsageTable.millis(to));
      return read(select);
    }
  }

  /** By number of the attempt, the sum of what stands apart from rows of this range. */
  Map<Long, Apart> apart(Instant from, Instant to) throws SQLException {
    Map<Long, Apart> sums = new HashMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(SELECT + " where stands >= ? and stands < ? order by seq")) {
      select.setLong(1, UsageTable.millis(from));
      select.setLong(2, UsageTable.millis(to));
      for (Adjustment one : read(select)) {
        sums.merge(one.attempt(), Apart.of(one), Apart::then);
      }
    }
    return sums;
  }

  private static List<Adjustment> read(PreparedStatement select) throws SQLException {
    List<Adjustment> found = new ArrayList<>();
    try (ResultSet row = select.executeQuery()) {
      while (row.next()) {
        found.add(
            new Adjustment(
                row.getString(1),
                row.getLong(2),
                Instant.ofEpochMilli(row.getLong(3)),
                Instant.ofEpochMilli(row.getLong(4)),
                Instant.ofEpochMilli(row.getLong(5)),
                new SignedUsage(
                    row.getLong(6),
                    row.getLong(7),
                    row.getLong(8),
                    row.getLong(9),
                    row.getLong(10),
                    row.getLong(11),
                    row.getLong(12)),
                BasisCodec.readLines(new ByteReader(row.getBytes(13))),
                row.getString(14),
                row.getString(15)));
      }
    }
    return found;
  }
}
