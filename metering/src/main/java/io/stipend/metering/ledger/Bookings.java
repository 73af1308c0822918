package io.stipend.metering.ledger;

import io.stipend.metering.ChargeLine;
import io.stipend.metering.ChargeLines;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a range of time. Nearly all are attempts that stand where they started, and come
 * from the table in their order; the few others are held in memory and merged in. Used once, within
 * one read transaction.
 */
final class Bookings {
  private static final Comparator<Line> ORDER =
      Comparator.comparingLong(Line::at)
          .thenComparingLong(Line::attempt)
          .thenComparingInt(Line::place);

  private final Connection connection;
  private final UsageTable usage;
  private final Tail tail;
  private final Instant from;
  private final Instant to;

  /** By number of the attempt: what corrections add that stand elsewhere. */
  private final Map<Long, Apart> apart;

  /** What does not stand where it started. */
  private final List<Line> few = new ArrayList<>();

  Bookings(
      Connection connection,
      UsageTable usage,
      AdjustmentTable adjustments,
      Tail tail,
      Instant from,
      Instant to)
      throws SQLException {
    this(connection, usage, tail, from, to, apart(adjustments, tail, from, to));
    for (UsageTable.Row row : tail.settled()) {
      addAttempt(row);
    }
    usage.moved(from, to, row -> addAttempt(tail.netted(row)));
    List<Adjustment> corrections = new ArrayList<>(adjustments.booked(from, to));
    corrections.addAll(tail.adjustments());
    for (int i = 0; i < corrections.size(); i++) {
      addCorrection(corrections.get(i), i + 1);
    }
  }

  /** For single lines that stand within a range; it looks for none. */
  private Bookings(
      Connection connection,
      UsageTable usage,
      Tail tail,
      Instant from,
      Instant to,
      Map<Long, Apart> apart) {
    this.connection = connection;
    this.usage = usage;
    this.tail = tail;
    this.from = from;
    this.to = to;
    this.apart = apart;
  }

  private static Map<Long, Apart> apart(
      AdjustmentTable adjustments, Tail tail, Instant from, Instant to) throws SQLException {
    Map<Long, Apart> apart = new HashMap<>(adjustments.apart(from, to));
    for (Adjustment adjustment : tail.adjustments()) {
      apart.merge(adjustment.attempt(), Apart.of(adjustment), Apart::then);
    }
    return apart;
  }

  /** The line of one attempt, with every correction netted in that does not stand apart. */
  static Booking attempt(
      Connection connection,
      UsageTable usage,
      AdjustmentTable adjustments,
      Tail tail,
      UsageTable.Row row)
      throws SQLException {
    Instant at = row.standsAt();
    Instant to = at.plusMillis(1);
    Map<Long, Apart> apart = apart(adjustments, tail, at, to);
    return new Bookings(connection, usage, tail, at, to, apart).line(row).booking();
  }

  /** The line of one correction that stands apart. */
  static Booking correction(
      Connection connection, UsageTable usage, Tail tail, Adjustment correction)
      throws SQLException {
    Instant at = correction.booked();
    Bookings one = new Bookings(connection, usage, tail, at, at.plusMillis(1), Map.of());
    one.addCorrection(correction, 1);
    return one.few.get(0).booking();
  }

  /**
   * A line and what orders it.
   *
   * @param at where it stands, in milliseconds since 1970
   * @param place 0 for an attempt, then its corrections in the order of entry
   */
  private record Line(long at, long attempt, int place, Booking booking) {}

  /** Goes through a chunk of blocks, for one thread at a time. */
  private final class Reader {
    private final AttemptCursor cursor;
    private final long first = UsageTable.millis(from);
    private final long end = UsageTable.millis(to);

    Reader(NamesOfThread.Shared names) {
      cursor = new AttemptCursor(new NamesOfThread(names));
    }

    /** The lines of a chunk and the few that stand among them, in their order. */
    List<Booking> lines(BlockFeed.Chunk chunk) {
      List<Line> lines = new ArrayList<>();
      each(
          chunk,
          () -> lines.add(new Line(cursor.startedAt(), cursor.number(), 0, cursor.booking())),
          lines::add);
      for (Line line : few) {
        if (line.at() >= chunk.from() && line.at() < chunk.until()) {
          lines.add(line);
        }
      }
      lines.sort(ORDER);
      List<Booking> bookings = new ArrayList<>(lines.size());
      lines.forEach(line -> bookings.add(line.booking()));
      return bookings;
    }

    /** Shows the cursor for each line that is what it says, and the others as they are. */
    void each(BlockFeed.Chunk chunk, Runnable plain, Consumer<Line> others) {
      boolean allPlain = apart.isEmpty() && tail.correctsNone();
      for (byte[] body : chunk.bodies()) {
        cursor.open(body);
        while (cursor.next()) {
          long start = cursor.startedAt();
          if (cursor.isSettled() && start >= first && start < end) {
            UsageTable.Row other = allPlain ? null : other();
            if (other == null) {
              plain.run();
            } else {
              others.accept(line(other));
            }
          }
        }
      }
    }

    /** The attempt if it was corrected in a way that its block does not show. */
    private UsageTable.@Nullable Row other() {
      UsageTable.Row netted =
          tail.correctsNone()
              ? null
              : tail.corrected(new AttemptId(cursor.exchangeId(), cursor.attempt()));
      return netted == null && apart.containsKey(cursor.number())
          ? new UsageTable.Row(cursor.number(), new SettledAttempt(cursor.row(), List.of()), null)
          : netted;
    }
  }

  /**
   * Gives the lines with {@code from <= startedAt < to}, by start.
   *
   * @param threads how many work
   * @param work makes something of some lines, by any thread
   * @param results takes that in the order of the lines, in the thread of the caller
   */
  <T> void read(int threads, Function<List<Booking>, T> work, Consumer<T> results)
      throws SQLException {
    try (BlockFeed feed = feed();
        LedgerTables tables = new LedgerTables(connection)) {
      NamesOfThread.Shared names = new NamesOfThread.Shared(Definitions.stored(tables));
      ConcurrentLinkedQueue<Reader> idle = new ConcurrentLinkedQueue<>();
      Chunks.run(
          threads,
          feed,
          chunk -> {
            Reader known = idle.poll();
            Reader reader = known == null ? new Reader(names) : known;
            List<Booking> lines = reader.lines(chunk);
            idle.add(reader);
            return work.apply(lines);
          },
          results);
    }
  }

  /** A thread's reader, and what it sums up into. */
  private record Worker<S>(Bookings.Reader reader, S sums) {}

  /** Shows the same lines in no order, each to one of several sums. */
  <S> List<S> scan(int threads, Supplier<S> sums, BiConsumer<S, BookedLine> each)
      throws SQLException {
    S ofFew = sums.get();
    List<S> all = new ArrayList<>(List.of(ofFew));
    few.forEach(line -> each.accept(ofFew, new BookingView(line.booking())));
    try (BlockFeed feed = feed();
        LedgerTables tables = new LedgerTables(connection)) {
      NamesOfThread.Shared names = new NamesOfThread.Shared(Definitions.stored(tables));
      ConcurrentLinkedQueue<Worker<S>> idle = new ConcurrentLinkedQueue<>();
      for (int i = threads; i > 0; i--) {
        Worker<S> worker = new Worker<>(new Reader(names), sums.get());
        idle.add(worker);
        all.add(worker.sums());
      }
      Chunks.run(
          threads,
          feed,
          chunk -> {
            Worker<S> worker = idle.remove();
            S own = worker.sums();
            AttemptCursor cursor = worker.reader().cursor;
            worker
                .reader()
                .each(
                    chunk,
                    () -> each.accept(own, cursor),
                    line -> each.accept(own, new BookingView(line.booking())));
            idle.add(worker);
            return chunk;
          },
          chunk -> {});
    }
    return all;
  }

  private BlockFeed feed() throws SQLException {
    return new BlockFeed(connection, UsageTable.millis(from), UsageTable.millis(to));
  }

  private void addAttempt(UsageTable.Row row) {
    if (within(row.standsAt())) {
      few.add(line(row));
    }
  }

  private void addCorrection(Adjustment adjustment, int place) throws SQLException {
    if (!within(adjustment.booked())) {
      return;
    }
    UsageTable.Row row = tail.find(adjustment.attempt());
    if (row == null) {
      row = usage.get(adjustment.attempt(), adjustment.started());
    }
    List<ChargeLine> lines = adjustment.lines();
    few.add(
        new Line(
            adjustment.booked().toEpochMilli(),
            adjustment.attempt(),
            place,
            new Booking(
                attempt(row).row(),
                adjustment.booked(),
                adjustment.booked(),
                adjustment.more(),
                true,
                known(lines, adjustment.more()),
                adjustment.version())));
  }

  private Line line(UsageTable.Row row) {
    UsageRow attempt = attempt(row).row();
    Instant moved = row.booked();
    Apart less = apart.isEmpty() ? null : apart.get(row.number());
    SignedUsage stands = SignedUsage.of(attempt);
    SignedUsage counted = less == null ? stands : stands.minus(less.more());
    return new Line(
        row.standsAt().toEpochMilli(),
        row.number(),
        0,
        new Booking(
            attempt,
            row.standsAt(),
            moved == null ? attempt.finishedAt() : moved,
            counted,
            false,
            less == null ? null : known(ChargeLines.minus(attempt.lines(), less.lines()), counted),
            less == null ? attempt.priceVersion() : less.version()));
  }

  /** Lines that are not what is counted are lines of something else: one of both is unknown. */
  private static List<ChargeLine> known(List<ChargeLine> lines, SignedUsage counted) {
    return ChargeLines.areDifference(lines, counted.nanos()) ? lines : List.of();
  }

  private boolean within(Instant at) {
    return !at.isBefore(from) && at.isBefore(to);
  }

  private static SettledAttempt attempt(UsageTable.@Nullable Row row) {
    SettledAttempt settled = row == null ? null : row.settled();
    if (settled == null) {
      throw new IllegalStateException("a line of what has not settled: " + row);
    }
    return settled;
  }
}
