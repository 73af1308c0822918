package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The UTC months that are closed after the entries so far. Order of entry alone decides, so that
 * where an entry stands is settled when it is entered and never changes. For one thread.
 */
final class Months {
  /** As entries name them, such as {@code 2026-11}. */
  private final Set<String> closed = new HashSet<>();

  /** Before the first entry. */
  Months() {}

  /** After the entries that the tables hold. */
  static Months stored(LedgerTables tables) throws SQLException {
    Months months = new Months();
    for (LedgerEntry fact : tables.facts(FactCodec.MONTH_CLOSED)) {
      months.apply((LedgerEntry.MonthClosed) fact);
    }
    return months;
  }

  void apply(LedgerEntry.MonthClosed entry) {
    if (entry.closed()) {
      closed.add(entry.month());
    } else {
      closed.remove(entry.month());
    }
  }

  boolean closed(Instant at) {
    return !closed.isEmpty() && closed.contains(month(at).toString());
  }

  /**
   * Where something of this instant stands that is entered now: there, or at the beginning of the
   * next open month if its own is closed.
   */
  Instant open(Instant at) {
    if (!closed(at)) {
      return at;
    }
    YearMonth month = month(at);
    do {
      month = month.plusMonths(1);
    } while (closed.contains(month.toString()));
    return month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  /**
   * Where an attempt stands that ends now, if its own month is closed; null if where it started.
   */
  @Nullable Instant moved(Instant startedAt, Instant endedAt) {
    return closed(startedAt) ? open(endedAt) : null;
  }

  private static YearMonth month(Instant at) {
    return YearMonth.from(at.atOffset(ZoneOffset.UTC));
  }
}
