package io.stipend.metering.ledger;

import io.stipend.metering.ChargeLine;
import io.stipend.metering.ChargeLines;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Streams the lines of a range of time. Nearly all are attempts that stand where they started, and
 * come from the table in their order; the few others are held in memory and merged in.
 */
final class Bookings {
  private static final Comparator<Line> ORDER =
      Comparator.comparing(Line::at).thenComparing(Line::attempt).thenComparing(Line::place);

  private final UsageTable usage;
  private final AdjustmentTable adjustments;
  private final Tail tail;
  private final Instant from;
  private final Instant to;

  /** By number of the attempt: what corrections add that stand elsewhere. */
  private final Map<Long, Apart> apart;

  private final List<Line> few = new ArrayList<>();

  private Bookings(
      UsageTable usage, AdjustmentTable adjustments, Tail tail, Instant from, Instant to)
      throws SQLException {
    this.usage = usage;
    this.adjustments = adjustments;
    this.tail = tail;
    this.from = from;
    this.to = to;
    apart = adjustments.apart(from, to);
    for (Adjustment adjustment : tail.adjustments()) {
      apart.merge(adjustment.attempt(), Apart.of(adjustment), Apart::then);
    }
  }

  /**
   * A line and what orders it.
   *
   * @param place 0 for an attempt, then its corrections in the order of entry
   */
  private record Line(Instant at, long attempt, int place, Booking booking) {}

  /** Streams the lines with {@code from <= startedAt < to}, by start. */
  static void read(
      UsageTable usage,
      AdjustmentTable adjustments,
      Tail tail,
      Instant from,
      Instant to,
      Consumer<Booking> lines)
      throws SQLException {
    new Bookings(usage, adjustments, tail, from, to).run(lines);
  }

  private void run(Consumer<Booking> lines) throws SQLException {
    for (UsageTable.Row row : tail.settled()) {
      addAttempt(row);
    }
    usage.moved(from, to, row -> addAttempt(tail.netted(row)));
    List<Adjustment> corrections = new ArrayList<>(adjustments.booked(from, to));
    corrections.addAll(tail.adjustments());
    for (int i = 0; i < corrections.size(); i++) {
      addCorrection(corrections.get(i), i + 1);
    }
    few.sort(ORDER);
    int[] next = {0};
    usage.unmoved(
        from,
        to,
        row -> {
          Line line = line(tail.netted(row));
          while (next[0] < few.size() && ORDER.compare(few.get(next[0]), line) < 0) {
            lines.accept(few.get(next[0]++).booking());
          }
          lines.accept(line.booking());
        });
    while (next[0] < few.size()) {
      lines.accept(few.get(next[0]++).booking());
    }
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
            adjustment.booked(),
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
        row.standsAt(),
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
