package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.gateway.admin.AdminService.MonthOrder;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import java.nio.file.Path;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The closing and reopening of months: what may be closed, and what is. */
final class MonthClosings {
  /** As entries name a month. */
  private static final Pattern MONTH = Pattern.compile("\\d{4}-(0[1-9]|1[0-2])");

  private MonthClosings() {}

  /** Every month that ever was closed, with what was said of it last, oldest first. */
  static List<AdminService.MonthLine> lines(Path data) {
    try (LedgerReader reader = LedgerReader.open(data)) {
      return last(reader).values().stream().map(AdminService.MonthLine::of).toList();
    }
  }

  /** The entry that an order amounts to, checked against the record as it stands. */
  static LedgerEntry.MonthClosed entry(MonthOrder order, Path data, Instant now, String by) {
    Instant end = end(order.month());
    String reason = order.reason() == null ? "" : order.reason();
    try (LedgerReader reader = LedgerReader.open(data)) {
      LedgerEntry.MonthClosed before = last(reader).get(order.month());
      boolean closed = before != null && before.closed();
      if (order.isClosing()) {
        requireOver(order.month(), end, now);
        requireOpen(order.month(), closed ? before : null);
        requireEnded(order.month(), end, reader.oldestOpen());
      } else if (before == null || !closed) {
        throw new AdminException(
            Kind.CONFLICT, "month: " + order.month() + " is open (expected: one that is closed)");
      } else {
        requireAnother(before, by);
      }
    }
    return new LedgerEntry.MonthClosed(now, order.month(), order.isClosing(), by, reason);
  }

  private static SortedMap<String, LedgerEntry.MonthClosed> last(LedgerReader reader) {
    SortedMap<String, LedgerEntry.MonthClosed> months = new TreeMap<>();
    reader.monthClosings().forEach(entry -> months.put(entry.month(), entry));
    return months;
  }

  /** Two people see a month open again: who closed it cannot approve that it is not. */
  private static void requireAnother(LedgerEntry.MonthClosed closed, String by) {
    if (name(closed.by()).equals(name(by))) {
      throw new AdminException(
          Kind.CONFLICT,
          "by: "
              + by
              + " closed "
              + closed.month()
              + " at "
              + closed.at()
              + " (expected: the approval of somebody else)");
    }
  }

  /** Whose credential it was: {@code key:ID/NAME} and {@code oidc:ISSUER/NAME} are NAME. */
  private static String name(String by) {
    return by.substring(by.lastIndexOf('/') + 1);
  }

  private static Instant end(String month) {
    start(month);
    return YearMonth.parse(month).plusMonths(1).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  /** The first instant of a month; refuses what is none. */
  static Instant start(String month) {
    if (!MONTH.matcher(month).matches()) {
      throw new AdminException(
          Kind.INVALID,
          "month: " + Orders.shown(month) + " (expected: a month of UTC such as 2026-11)");
    }
    return YearMonth.parse(month).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private static void requireOver(String month, Instant end, Instant now) {
    if (end.isAfter(now)) {
      throw new AdminException(
          Kind.CONFLICT,
          "month: " + month + " ends at " + end + " (expected: one that is over at " + now + ")");
    }
  }

  private static void requireOpen(String month, LedgerEntry.@Nullable MonthClosed closed) {
    if (closed != null) {
      throw new AdminException(
          Kind.CONFLICT,
          "month: "
              + month
              + " was closed by "
              + closed.by()
              + " at "
              + closed.at()
              + " (expected: one that is open; --reopen opens it)");
    }
  }

  /** What ends later would be missing in its month for good. */
  private static void requireEnded(String month, Instant end, Optional<Instant> oldestOpen) {
    if (oldestOpen.isPresent() && oldestOpen.get().isBefore(end)) {
      throw new AdminException(
          Kind.CONFLICT,
          "month: "
              + month
              + " has an attempt under way that started at "
              + oldestOpen.get()
              + " (expected: all have ended; try again later)");
    }
  }
}
