package io.stipend.metering.report;

import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.page.Cell;
import io.stipend.metering.report.page.Fact;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a report is of.
 *
 * @param from first instant
 * @param to the instant after the last one
 * @param now when it was made; what begins later it may lack
 * @param zone in which days are days
 */
public record Scope(Instant from, Instant to, Instant now, ZoneId zone) {
  /** The facts at the head of a report: its range, its total and the record it was read from. */
  List<Fact> facts(Map<String, Long> totalNanos, LedgerReader.BookedState state) {
    List<Fact> facts = new ArrayList<>(range());
    facts.add(totals(totalNanos));
    facts.addAll(record(state));
    return facts;
  }

  List<Fact> range() {
    return List.of(
        Fact.of("from", "From", Cell.time(from)),
        Fact.of("to", "To", Cell.time(to)),
        Fact.of("timezone", "Days of", Cell.text(zone.getId())));
  }

  static Fact totals(Map<String, Long> totalNanos) {
    Map<String, Cell> totals = new TreeMap<>();
    totalNanos.forEach((currency, nanos) -> totals.put(currency, Cell.exact(nanos)));
    return Fact.by("totals", "Total cost", totals);
  }

  List<Fact> record(LedgerReader.BookedState state) {
    Instant open = state.oldestOpen();
    Instant least = open != null && open.isBefore(now) ? open : now;
    return List.of(
        Fact.of("complete_until", "Complete until", time(least.isBefore(to) ? least : to)),
        Fact.of("closed_months", "Closed months", Cell.text(closed(state))),
        Fact.of("head_seq", "Ledger head", Cell.count(state.head().seq())),
        Fact.of("head_hash", "Its hash", Cell.text(state.head().hash())),
        Fact.of("made_at", "Made at", time(now)));
  }

  /** Rounded down: nobody needs what comes after the millisecond. */
  private static Cell time(Instant at) {
    return Cell.time(at.truncatedTo(ChronoUnit.MILLIS));
  }

  /** The months of UTC within the range that are closed: their lines stay as they are. */
  private String closed(LedgerReader.BookedState state) {
    String first = YearMonth.from(from.atOffset(ZoneOffset.UTC)).toString();
    String last = YearMonth.from(to.minusNanos(1).atOffset(ZoneOffset.UTC)).toString();
    String months =
        state.months().values().stream()
            .filter(LedgerEntry.MonthClosed::closed)
            .map(LedgerEntry.MonthClosed::month)
            .filter(month -> month.compareTo(first) >= 0 && month.compareTo(last) <= 0)
            .collect(Collectors.joining(" "));
    return months.isEmpty() ? "none" : months;
  }
}
