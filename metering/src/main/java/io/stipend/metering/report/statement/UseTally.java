package io.stipend.metering.report.statement;

import io.stipend.metering.ChargeLine;
import io.stipend.metering.ChargeLines;
import io.stipend.metering.ledger.Booking;
import io.stipend.metering.ledger.SignedUsage;
import io.stipend.metering.ledger.UsageRow;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sums up the lines of the books of one principal. In memory are the sums alone. */
final class UseTally {
  /** Sessions that have a line of their own. */
  private static final int SESSIONS = 10;

  private final ZoneId zone;
  private final boolean byMonth;
  private final Sums models = new Sums();
  private final Sums projects = new Sums();
  private final Sums sessions = new Sums();
  private final Sums times = new Sums();
  private final Sums sources = new Sums();
  private final Sums totals = new Sums();
  private long unlisted;
  private @Nullable Instant first;

  /**
   * @param byMonth whether times are months; else days
   */
  UseTally(ZoneId zone, boolean byMonth) {
    this.zone = zone;
    this.byMonth = byMonth;
  }

  private record Key(@Nullable String label, String currency) {}

  /** Lines by their names. */
  private static final class Sums {
    private final Map<Key, UseLine> lines = new HashMap<>();

    void add(@Nullable String label, UseLine one) {
      lines.merge(new Key(label, one.currency()), one.named(label), UseLine::plus);
    }

    List<UseLine> by(Comparator<UseLine> order) {
      return lines.values().stream().sorted(order).toList();
    }
  }

  /** The start of the first line; null if there is none. */
  @Nullable Instant first() {
    return first;
  }

  void add(Booking booking) {
    first = first == null ? booking.startedAt() : first;
    UsageRow row = booking.attempt();
    SignedUsage usage = booking.usage();
    long input = Math.addExact(usage.input(), usage.cacheRead());
    long list = list(booking);
    UseLine one =
        new UseLine(
            null,
            row.currency(),
            booking.correction() ? 0 : 1,
            Math.addExact(Math.addExact(input, usage.cacheWrite()), usage.output()),
            usage.nanos(),
            list);
    var day = booking.startedAt().atZone(zone).toLocalDate();
    models.add(row.modelServed(), one);
    projects.add(row.project(), one);
    sessions.add(row.sessionId(), one);
    times.add(byMonth ? YearMonth.from(day).toString() : day.toString(), one);
    sources.add(booking.correction() ? Booking.CORRECTION : row.usageSource().label(), one);
    totals.add(row.currency(), one);
  }

  /** Rounded as the cost is, so that whoever pays list prices has no difference. */
  private long list(Booking booking) {
    long cost = booking.usage().nanos();
    List<ChargeLine> lines = booking.lines();
    if (lines.isEmpty()) {
      unlisted += cost == 0 ? 0 : 1;
      return cost;
    }
    long more = Math.subtractExact(ChargeLines.listNanos(lines), ChargeLines.nanos(lines));
    return Math.addExact(cost, more);
  }

  Statement.Use use() {
    List<UseLine> all = sessions.by(UseLine.DEAREST);
    List<UseLine> shown = new ArrayList<>();
    Sums others = new Sums();
    long count = 0;
    for (UseLine session : all) {
      // One more has as much room as the words that would stand for it.
      if (shown.size() < SESSIONS || all.size() == SESSIONS + 1) {
        shown.add(session);
      } else {
        others.add("", session);
        count++;
      }
    }
    shown.addAll(others.by(UseLine.DEAREST));
    return new Statement.Use(
        models.by(UseLine.DEAREST),
        projects.by(UseLine.DEAREST),
        shown,
        times.by(UseLine.BY_LABEL),
        sources.by(UseLine.DEAREST),
        totals.by(UseLine.BY_LABEL),
        count,
        unlisted);
  }
}
