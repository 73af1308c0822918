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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The projected table of ended attempts. Many of them are one row, a {@link UsageBlock}: what an
 * attempt costs there is the copying of its bytes. A released attempt is kept so that recovery and
 * the check know that it ended; it is not usage. For one thread.
 */
final class UsageTable {
  static final String USAGE =
      "create table usage(block integer primary key, after integer not null,"
          + " attempts integer not null, started integer not null, booked integer,"
          + " last_booked integer, body blob not null)";

  static final String USAGE_STARTED = "create index usage_started on usage(started)";

  static final String USAGE_BOOKED =
      "create index usage_booked on usage(booked) where booked is not null";

  static final String EXCHANGE_BLOCK =
      "create table exchange_block(prefix text not null, block integer not null,"
          + " primary key(prefix, block)) without rowid";

  private static final Comparator<EndedAttempt> BY_START =
      Comparator.comparingLong(EndedAttempt::start).thenComparingLong(EndedAttempt::number);

  private final Connection connection;
  private final Definitions definitions;
  private final NameWriter labels;

  /** What has no row yet, by {@link UsageBlock#key}. */
  private final Map<Long, UsageBlock> waiting = new HashMap<>();

  private final List<UsageBlock> full = new ArrayList<>();
  private @Nullable UsageBlock last;
  private long lastKey;

  UsageTable(Connection connection, Definitions definitions) {
    this.connection = connection;
    this.definitions = definitions;
    labels = (out, text) -> label(out, text, definitions);
  }

  /**
   * An attempt.
   *
   * @param number its place among all reservations
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

  /** Takes one attempt of a reading. */
  @FunctionalInterface
  interface Reading {
    void row(Row row) throws SQLException;
  }

  /** A label is the number of a name, or the text where none is at hand. */
  private static void label(ByteWriter out, @Nullable String text, Definitions definitions) {
    if (text == null) {
      out.varint(0);
      return;
    }
    Long number = definitions.number(text);
    if (number == null) {
      out.varint(1);
      out.text(text);
    } else {
      out.varint(number + BatchEncoder.FIRST_REFERENCE);
    }
  }

  /** Keeps an attempt until the next {@link #flush}. */
  void add(EndedAttempt attempt) {
    long key = UsageBlock.key(attempt);
    UsageBlock block = last;
    if (block == null || key != lastKey) {
      block = waiting.computeIfAbsent(key, absent -> new UsageBlock());
      last = block;
      lastKey = key;
    }
    block.add(attempt, labels);
    if (block.full()) {
      full.add(block);
      waiting.remove(key);
      last = null;
    }
  }

  /**
   * Writes the blocks that are full.
   *
   * @param after the batches up to this one ended none of their attempts
   */
  void flushFull(long after) throws SQLException {
    if (!full.isEmpty()) {
      insert(full, after);
      full.clear();
    }
  }

  /** Writes everything that was added. */
  void flush(long after) throws SQLException {
    full.addAll(waiting.values());
    waiting.clear();
    last = null;
    flushFull(after);
  }

  private void insert(List<UsageBlock> blocks, long after) throws SQLException {
    long number = count("select coalesce(max(block), 0) from usage");
    try (PreparedStatement insert =
            connection.prepareStatement("insert into usage values(?, ?, ?, ?, ?, ?, ?)");
        PreparedStatement index =
            connection.prepareStatement("insert into exchange_block values(?, ?)")) {
      for (UsageBlock block : blocks) {
        number++;
        insert.setLong(1, number);
        insert.setLong(2, after);
        insert.setInt(3, block.attempts());
        insert.setLong(4, block.firstStart());
        insert.setObject(5, block.moved() ? block.firstBooked() : null);
        insert.setObject(6, block.moved() ? block.lastBooked() : null);
        insert.setBytes(7, block.body());
        insert.executeUpdate();
        for (String prefix : block.prefixes()) {
          index.setString(1, prefix);
          index.setLong(2, number);
          index.executeUpdate();
        }
      }
    }
  }

  /**
   * Nets a correction into the attempt that it mends.
   *
   * @return the attempt as it stood before
   */
  Row correct(LedgerEntry.Corrected correction) throws SQLException {
    AttemptId id = correction.id();
    Row[] before = new Row[1];
    long[] place = new long[1];
    UsageBlock mended = new UsageBlock();
    blocksOf(
        id.exchange(),
        (block, attempts) -> {
          for (EndedAttempt attempt : attempts) {
            LedgerEntry.Settled settled = attempt.settled();
            if (before[0] == null && settled != null && settled.id().equals(id)) {
              before[0] = attempt.row();
              place[0] = block;
              for (EndedAttempt one : attempts) {
                mended.add(
                    one.number() == attempt.number() ? one.corrected(correction, settled) : one,
                    labels);
              }
            }
          }
        });
    if (before[0] == null) {
      throw new LedgerException(
          "correction "
              + correction.correctionId()
              + ": attempt "
              + id
              + " has not settled (expected: a settled attempt)",
          null);
    }
    try (PreparedStatement update =
        connection.prepareStatement("update usage set body = ? where block = ?")) {
      update.setBytes(1, mended.body());
      update.setLong(2, place[0]);
      update.executeUpdate();
    }
    return before[0];
  }

  @Nullable Row find(AttemptId id) throws SQLException {
    for (EndedAttempt attempt : ended(id.exchange())) {
      if (attempt.reserved().id().equals(id)) {
        return attempt.row();
      }
    }
    return null;
  }

  /** Which of these attempts have ended; each block is read once for all of them. */
  Set<AttemptId> ended(Collection<AttemptId> ids) throws SQLException {
    Map<String, String> oneOfEach = new HashMap<>();
    ids.forEach(id -> oneOfEach.put(UsageBlock.prefix(id.exchange()), id.exchange()));
    Set<AttemptId> wanted = new HashSet<>(ids);
    Set<AttemptId> found = new HashSet<>();
    for (String exchange : oneOfEach.values()) {
      blocksOf(
          exchange,
          (block, attempts) -> {
            for (EndedAttempt attempt : attempts) {
              if (wanted.contains(attempt.reserved().id())) {
                found.add(attempt.reserved().id());
              }
            }
          });
    }
    return found;
  }

  /** The ended attempts of an exchange, by number. */
  List<Row> find(String exchange) throws SQLException {
    return ended(exchange).stream().map(EndedAttempt::row).toList();
  }

  private List<EndedAttempt> ended(String exchange) throws SQLException {
    List<EndedAttempt> found = new ArrayList<>();
    blocksOf(
        exchange,
        (block, attempts) -> {
          for (EndedAttempt attempt : attempts) {
            if (attempt.reserved().id().exchange().equals(exchange)) {
              found.add(attempt);
            }
          }
        });
    found.sort(Comparator.comparingInt(attempt -> attempt.reserved().id().number()));
    return found;
  }

  private void blocksOf(String exchange, Blocks each) throws SQLException {
    read(
        "select block, body from usage where block in"
            + " (select block from exchange_block where prefix = ?) order by block",
        select -> select.setString(1, UsageBlock.prefix(exchange)),
        each);
  }

  /** The attempt of this number, which started at this time. */
  @Nullable Row get(long number, Instant started) throws SQLException {
    Row[] found = new Row[1];
    long start = started.toEpochMilli();
    read(
        "select block, body from usage where started >= ? and started <= ?",
        select -> {
          select.setLong(1, UsageBlock.span(start));
          select.setLong(2, start);
        },
        (block, attempts) -> {
          for (EndedAttempt attempt : attempts) {
            found[0] = attempt.number() == number ? attempt.row() : found[0];
          }
        });
    return found[0];
  }

  /** Streams the settled attempts with {@code from <= started < to}, by start and number. */
  void settled(Instant from, Instant to, Reading reading) throws SQLException {
    // Blocks come by their first start, so what started before it can go on its way.
    long first = millis(from);
    long end = millis(to);
    PriorityQueue<EndedAttempt> held = new PriorityQueue<>(BY_START);
    read(
        "select block, body from usage where started >= ? and started < ? order by started",
        select -> {
          select.setLong(1, UsageBlock.span(first));
          select.setLong(2, end);
        },
        (block, attempts) -> {
          long start = attempts.stream().mapToLong(EndedAttempt::start).min().orElse(first);
          for (EndedAttempt next = held.peek();
              next != null && next.start() < start;
              next = held.peek()) {
            reading.row(held.remove().row());
          }
          for (EndedAttempt attempt : attempts) {
            if (attempt.settled() != null && attempt.start() >= first && attempt.start() < end) {
              held.add(attempt);
            }
          }
        });
    while (!held.isEmpty()) {
      reading.row(held.remove().row());
    }
  }

  /** The attempts that stand within this range and did not start where they stand. */
  void moved(Instant from, Instant to, Reading reading) throws SQLException {
    read(
        "select block, body from usage where booked < ? and last_booked >= ?",
        select -> {
          select.setLong(1, millis(to));
          select.setLong(2, millis(from));
        },
        (block, attempts) -> {
          for (EndedAttempt attempt : attempts) {
            Instant booked = attempt.booked();
            if (booked != null && !booked.isBefore(from) && booked.isBefore(to)) {
              reading.row(attempt.row());
            }
          }
        });
  }

  /** About how many attempts of the table started within a range of time. */
  long started(Instant from, Instant to) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "select coalesce(sum(attempts), 0) from usage where started >= ? and started < ?")) {
      select.setLong(1, millis(from));
      select.setLong(2, millis(to));
      return count(select);
    }
  }

  /** When the first attempt of the table started; empty without one. */
  Optional<Instant> firstStart() throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("select min(started) from usage");
        ResultSet row = select.executeQuery()) {
      long first = row.next() ? row.getLong(1) : 0;
      return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(first));
    }
  }

  /** How many attempts have ended. */
  long count() throws SQLException {
    return count("select coalesce(sum(attempts), 0) from usage");
  }

  private long count(String sql) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      return count(select);
    }
  }

  private static long count(PreparedStatement select) throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
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

  /** Binds the parameters of a query. */
  @FunctionalInterface
  private interface Binding {
    void bind(PreparedStatement select) throws SQLException;
  }

  /** Takes one block of a reading. */
  @FunctionalInterface
  interface Blocks {
    void block(long block, List<EndedAttempt> attempts) throws SQLException;
  }

  private void read(String sql, Binding binding, Blocks each) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      binding.bind(select);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          each.block(row.getLong(1), UsageBlock.read(row.getBytes(2), definitions));
        }
      }
    }
  }

  /** Compares what finds the blocks with what they hold. */
  void check(Consumer<String> problems) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement(
                "select block, body, attempts, started, booked, last_booked from usage");
        PreparedStatement index =
            connection.prepareStatement(
                "select count(*) from exchange_block where prefix = ? and block = ?");
        ResultSet row = select.executeQuery()) {
      long indexed = 0;
      long prefixes = 0;
      while (row.next()) {
        UsageBlock block = new UsageBlock();
        for (EndedAttempt attempt : UsageBlock.read(row.getBytes(2), definitions)) {
          block.add(attempt, labels);
        }
        if (row.getInt(3) != block.attempts()
            || row.getLong(4) != block.firstStart()
            || (row.getObject(5) != null) != block.moved()
            || (block.moved()
                && (row.getLong(5) != block.firstBooked()
                    || row.getLong(6) != block.lastBooked()))) {
          problems.accept("block " + row.getLong(1) + " of usage is not found by what it holds");
        }
        for (String prefix : block.prefixes()) {
          index.setString(1, prefix);
          index.setLong(2, row.getLong(1));
          indexed += count(index);
        }
        prefixes += block.prefixes().size();
      }
      if (indexed != prefixes || indexed != count("select count(*) from exchange_block")) {
        problems.accept("exchanges are found elsewhere than where they are");
      }
    }
  }

  /** Streams all blocks in the order in which they were written. */
  void blocks(Blocks each) throws SQLException {
    read("select block, body from usage order by block", select -> {}, each);
  }
}
