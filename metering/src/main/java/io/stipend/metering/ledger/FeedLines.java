package io.stipend.metering.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the lines of events, within one read transaction. */
final class FeedLines {
  private final Connection connection;
  private final UsageTable usage;
  private final AdjustmentTable adjustments;
  private final Tail tail;

  /** Months that ever were closed: what is of them may stand elsewhere. */
  private final Set<String> turned = new HashSet<>();

  FeedLines(
      Connection connection, LedgerTables tables, UsageTable usage, AdjustmentTable adjustments)
      throws SQLException {
    this.connection = connection;
    this.usage = usage;
    this.adjustments = adjustments;
    tail = Tail.read(connection, tables, usage);
    tables.facts(
        FactCodec.MONTH_CLOSED, fact -> turned.add(((LedgerEntry.MonthClosed) fact).month()));
    tail.facts(LedgerEntry.MonthClosed.class).forEach(fact -> turned.add(fact.month()));
  }

  List<UsageFeed.Event> of(List<UsageFeed.Waiting> waiting) throws SQLException {
    List<UsageFeed.Event> events = new ArrayList<>();
    for (UsageFeed.Waiting one : waiting) {
      OpenReservation reservation = one.settled();
      events.add(
          reservation == null
              ? corrected((LedgerEntry.Corrected) one.entry(), one.after())
              : settled(reservation, (LedgerEntry.Settled) one.entry(), one.after()));
    }
    return events;
  }

  private UsageFeed.Event settled(
      OpenReservation reservation, LedgerEntry.Settled entry, UsageFeed.Position after)
      throws SQLException {
    UsageTable.Row row =
        turned.contains(month(reservation.reserved().at()))
            ? stands(entry.id())
            : new UsageTable.Row(reservation.number(), UsageRows.of(reservation, entry), null);
    Booking line = Bookings.attempt(connection, usage, adjustments, tail, row);
    return new UsageFeed.Event(name(entry.id()), name(entry.id()), false, entry.at(), line, after);
  }

  private UsageFeed.Event corrected(LedgerEntry.Corrected entry, UsageFeed.Position after)
      throws SQLException {
    Adjustment apart = apart(entry.correctionId());
    Booking line =
        apart == null
            ? Bookings.attempt(connection, usage, adjustments, tail, stands(entry.id()))
            : Bookings.correction(connection, usage, tail, apart);
    return new UsageFeed.Event(
        entry.correctionId(),
        apart == null ? name(entry.id()) : entry.correctionId(),
        true,
        entry.at(),
        line,
        after);
  }

  /** The attempt as it stands now. */
  private UsageTable.Row stands(AttemptId id) throws SQLException {
    UsageTable.Row row = usage.find(id);
    if (row != null) {
      return tail.netted(row);
    }
    for (UsageTable.Row settled : tail.settled()) {
      SettledAttempt attempt = settled.settled();
      if (attempt != null && UsageRows.id(attempt.row()).equals(id)) {
        return settled;
      }
    }
    throw new LedgerException("attempt " + id + " has not settled (expected: it has)", null);
  }

  private @Nullable Adjustment apart(String correction) throws SQLException {
    for (Adjustment adjustment : tail.adjustments()) {
      if (adjustment.correctionId().equals(correction)) {
        return adjustment;
      }
    }
    return adjustments.find(correction);
  }

  private static String name(AttemptId id) {
    return id.exchange() + "#" + id.number();
  }

  private static String month(Instant at) {
    return YearMonth.from(at.atOffset(ZoneOffset.UTC)).toString();
  }
}
