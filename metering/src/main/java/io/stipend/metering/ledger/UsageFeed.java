package io.stipend.metering.ledger;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows the ledger and tells every settle and every correction in the order of entry, from any
 * position on: for whoever is told of usage as it happens. What is held is the attempts that are
 * open and a few batches, however far behind the position is.
 *
 * <p>Reads beside a gateway that writes. For one thread; every method throws {@link
 * LedgerException} if the ledger cannot be read.
 */
public final class UsageFeed implements AutoCloseable {
  private static final int BATCHES_AT_ONCE = 16;

  private final Path file;
  private final Connection connection;
  private final LedgerTables tables;
  private final UsageTable usage;
  private final AdjustmentTable adjustments;
  private final Map<Long, OpenReservation> open = new HashMap<>();
  private final FeedSink sink = new FeedSink();
  private final Replay replay;

  /** What was replayed and not told yet. */
  private final Deque<Waiting> waiting = new ArrayDeque<>();

  /** Attempts that are in {@link #open} though they may have ended; none after this batch. */
  private final Set<Long> perhapsEnded = new HashSet<>();

  private long endedBy;

  /** The last batch that was replayed. */
  private long replayed;

  /** Where telling begins. */
  private final Position begin;

  private boolean startedOver;

  /**
   * A place in the record: after so many events of a batch.
   *
   * @param seq the batch; 0 before the first
   * @param events how many of its events are behind this place
   * @param hash of the batch, in hex; empty before the first
   */
  public record Position(long seq, int events, String hash) {
    /** Before everything. */
    public static final Position START = new Position(0, 0, "");
  }

  /**
   * Something happened to a line of the books.
   *
   * @param id unique, and the same whenever it is told: {@code exchange#attempt} of a settle, the
   *     id of a correction
   * @param subject the line, which a later event of the same subject replaces: {@code
   *     exchange#attempt}, or the id of a correction that stands apart because the month was closed
   * @param corrected whether it is a correction; else a settle
   * @param at when it happened
   * @param line the line, as it was settled or as it stands now
   * @param after the place after it
   */
  public record Event(
      String id, String subject, boolean corrected, Instant at, Booking line, Position after) {}

  /** An event whose line is not looked up yet: a settle has a reservation. */
  record Waiting(@Nullable OpenReservation settled, LedgerEntry entry, Position after) {}

  private UsageFeed(Path file, Connection connection, Position from) throws SQLException {
    this.file = file;
    this.connection = connection;
    tables = new LedgerTables(connection);
    Definitions definitions = Definitions.stored(tables);
    usage = new UsageTable(connection, definitions);
    adjustments = new AdjustmentTable(connection);
    replay = new Replay(definitions, open, sink);
    startedOver = !known(from);
    begin = startedOver ? Position.START : from;
    replayed = Math.max(0, begin.seq() - 1);
    if (replayed > 0) {
      findOpen();
    }
    connection.rollback();
  }

  /**
   * Opens the ledger of a data folder.
   *
   * @param from where to begin; at the very beginning if this ledger does not have that place
   */
  public static UsageFeed open(Path dataDir, Position from) {
    Path file = LedgerFiles.database(dataDir);
    Connection connection = LedgerDatabase.openForReading(file);
    try {
      return new UsageFeed(file, connection, from);
    } catch (SQLException e) {
      throw ReadTransaction.failed(file, e);
    }
  }

  /** Whether the place to begin at is not in this ledger: it was of another, or of a lost part. */
  public boolean startedOver() {
    return startedOver;
  }

  /** What tells this ledger from others: the hash of its first batch, in hex; empty without one. */
  public String ledgerId() {
    return snapshot(() -> hash(1));
  }

  private boolean known(Position position) throws SQLException {
    return position.seq() == 0 || hash(position.seq()).equals(position.hash());
  }

  private String hash(long seq) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("select hash from batch where seq = ?")) {
      select.setLong(1, seq);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? HexFormat.of().formatHex(row.getBytes(1)) : "";
      }
    }
  }

  /**
   * What is open before the next batch: of the attempts that began before it, those that ended
   * later, which the table of usage has, and those that are open still. The table tells only about
   * when they ended, so a few may have ended before.
   */
  private void findOpen() throws SQLException {
    long[] first = new long[1];
    BatchTable.read(
        connection,
        replayed,
        1,
        (seq, prevHash, hash, blob) -> {
          ByteReader in = new ByteReader(blob);
          in.u8();
          first[0] = in.varint();
        });
    endedBy = tables.projectedSeq();
    usage.endedAfter(
        replayed,
        attempt -> {
          if (attempt.number() < first[0]) {
            perhapsEnded.add(attempt.number());
            open.put(
                attempt.number(),
                new OpenReservation(
                    attempt.number(),
                    attempt.profileNumber(),
                    attempt.profile(),
                    attempt.reserved(),
                    attempt.reserved().holds(),
                    0,
                    0));
          }
        });
    tables.open().forEach((number, one) -> keepOpen(number, one, first[0]));
  }

  private void keepOpen(long number, OpenReservation one, long first) {
    if (number < first) {
      open.put(number, one);
      perhapsEnded.remove(number);
    }
  }

  /** The next events, at most so many; empty if there is nothing new. */
  public List<Event> next(int most) {
    return snapshot(
        () -> {
          boolean more = true;
          while (more && waiting.size() < most) {
            more = BatchTable.read(connection, replayed, BATCHES_AT_ONCE, this::apply) > 0;
          }
          List<Waiting> taken = new ArrayList<>();
          while (taken.size() < most && !waiting.isEmpty()) {
            taken.add(waiting.remove());
          }
          return taken.isEmpty()
              ? List.of()
              : new FeedLines(connection, tables, usage, adjustments).of(taken);
        });
  }

  private void apply(long seq, byte[] prevHash, byte[] hash, byte[] blob) throws SQLException {
    replay.apply(blob);
    String name = HexFormat.of().formatHex(hash);
    int count = 0;
    for (FeedSink.Told told : sink.take()) {
      count++;
      if (seq > begin.seq() || count > begin.events()) {
        waiting.add(new Waiting(told.settled(), told.entry(), new Position(seq, count, name)));
      }
    }
    replayed = seq;
    if (replayed >= endedBy && !perhapsEnded.isEmpty()) {
      perhapsEnded.forEach(open::remove);
      perhapsEnded.clear();
    }
  }

  private <T> T snapshot(ReadTransaction.Reading<T> reading) {
    return ReadTransaction.run(file, connection, reading);
  }

  @Override
  public void close() {
    try {
      tables.close();
      connection.close();
    } catch (SQLException e) {
      throw ReadTransaction.failed(file, e);
    }
  }
}
