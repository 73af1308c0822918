package io.stipend.metering.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/** What one part of a {@link BookedRanges#mark} is made of. */
final class BookedMark {
  private final Connection connection;
  private final Instant from;
  private final Instant to;
  private final MessageDigest digest = Chain.sha256();

  private BookedMark(Connection connection, Instant from, Instant to) {
    this.connection = connection;
    this.from = from;
    this.to = to;
  }

  static String of(Connection connection, Tail tail, Instant from, Instant to) throws SQLException {
    BookedMark mark = new BookedMark(connection, from, to);
    mark.stored();
    mark.waiting(tail);
    return HexFormat.of().formatHex(mark.digest.digest());
  }

  private void stored() throws SQLException {
    long first = UsageTable.millis(from);
    long end = UsageTable.millis(to);
    rows(
        "select body from usage where started >= ? and started < ? and booked is null"
            + " order by block",
        UsageBlock.span(first),
        end);
    rows(
        "select body from usage where last_booked >= ? and booked < ? and booked is not null"
            + " order by block",
        first,
        end);
    rows(
        "select correction || ' ' || booked || ' ' || nanos from adjustment"
            + " where booked >= ? and booked < ? order by seq",
        first,
        end);
    rows(
        "select correction || ' ' || stands from adjustment"
            + " where stands >= ? and stands < ? order by seq",
        first,
        end);
  }

  private void rows(String sql, long first, long end) throws SQLException {
    part();
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setLong(1, first);
      select.setLong(2, end);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          add(row.getBytes(1));
        }
      }
    }
  }

  /** What is not in the tables yet; once it is, the mark is another one. */
  private void waiting(Tail tail) {
    List<UsageTable.Row> rows = new ArrayList<>(tail.settled());
    rows.addAll(tail.corrected());
    rows.sort(Comparator.comparingLong(UsageTable.Row::number));
    part();
    for (UsageTable.Row row : rows) {
      if (within(row.standsAt())) {
        add(row.toString().getBytes(StandardCharsets.UTF_8));
      }
    }
    for (Adjustment adjustment : tail.adjustments()) {
      if (within(adjustment.booked()) || within(adjustment.stands())) {
        add(adjustment.toString().getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private boolean within(Instant at) {
    return !at.isBefore(from) && at.isBefore(to);
  }

  /** No bytes of one part can be taken for those of another. */
  private void part() {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(-1).array());
  }

  private void add(byte[] bytes) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    digest.update(bytes);
  }
}
