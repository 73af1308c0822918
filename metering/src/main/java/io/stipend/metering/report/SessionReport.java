package io.stipend.metering.report;

import io.stipend.metering.Units;
import io.stipend.metering.ledger.Booking;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.SignedUsage;
import io.stipend.metering.ledger.UsageRow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What each agent of each session cost: the lines of the usage export, summed up by what the
 * clients said of themselves. The lines of a range of time sum up to its export; what names no
 * session is a line of its person and client. In memory are the sums alone.
 *
 * @param lines by person, then by the start of the session, then by the agent's first call
 * @param totalNanos the sum of all costs in nano-units, by currency; empty without lines
 */
public record SessionReport(List<Line> lines, Map<String, Long> totalNanos) {
  private static final Comparator<@Nullable String> NULLS_FIRST =
      Comparator.nullsFirst(Comparator.naturalOrder());

  /** Copies both. */
  public SessionReport {
    lines = List.copyOf(lines);
    totalNanos = Map.copyOf(totalNanos);
  }

  /**
   * Whose calls a line sums up.
   *
   * @param sessionId null for calls that named none
   * @param agentId null for calls of the session's own agent
   * @param parentAgentId null where none was named
   * @param client null if unknown
   */
  public record Agent(
      String person,
      @Nullable String sessionId,
      @Nullable String agentId,
      @Nullable String parentAgentId,
      @Nullable String client,
      String currency) {}

  /**
   * One agent of one session.
   *
   * @param calls attempts that were sent; corrections are none
   * @param usage tokens by kind, and cost
   * @param units what was used that is not a token
   * @param first start of the first call
   * @param last end of the last one
   */
  public record Line(
      Agent agent, long calls, SignedUsage usage, Units units, Instant first, Instant last) {
    /** All tokens, each counted once. */
    public long tokens() {
      long input = Math.addExact(usage.input(), usage.cacheRead());
      return Math.addExact(Math.addExact(input, usage.cacheWrite()), usage.output());
    }

    private static Line of(Booking booking) {
      UsageRow row = booking.attempt();
      return new Line(
          new Agent(
              row.person(),
              row.sessionId(),
              row.agentId(),
              row.parentAgentId(),
              row.client(),
              row.currency()),
          booking.correction() ? 0 : 1,
          booking.usage(),
          booking.correction() ? Units.NONE : row.units(),
          booking.startedAt(),
          booking.finishedAt());
    }

    private Line plus(Line other) {
      return new Line(
          agent,
          calls + other.calls,
          usage.plus(other.usage),
          units.plus(other.units),
          first.isBefore(other.first) ? first : other.first,
          last.isAfter(other.last) ? last : other.last);
    }
  }

  /** Whose session it is. */
  private record Session(String person, @Nullable String id) {}

  /** Sums up the lines of the usage export with {@code from <= started_at < to}. */
  public static SessionReport read(LedgerReader reader, Instant from, Instant to) {
    Map<Agent, Line> sums = new HashMap<>();
    reader.bookings(
        from,
        to,
        booking -> {
          Line one = Line.of(booking);
          sums.merge(one.agent(), one, Line::plus);
        });
    Map<Session, Instant> starts = new HashMap<>();
    Map<String, Long> totals = new TreeMap<>();
    for (Line line : sums.values()) {
      starts.merge(session(line), line.first(), (a, b) -> a.isBefore(b) ? a : b);
      totals.merge(line.agent().currency(), line.usage().nanos(), Math::addExact);
    }
    List<Line> lines = new ArrayList<>(sums.values());
    lines.sort(
        Comparator.comparing((Line line) -> line.agent().person())
            .thenComparing(line -> starts.get(session(line)))
            .thenComparing(line -> line.agent().sessionId(), NULLS_FIRST)
            .thenComparing(Line::first)
            .thenComparing(line -> line.agent().agentId(), NULLS_FIRST)
            .thenComparing(line -> line.agent().parentAgentId(), NULLS_FIRST)
            .thenComparing(line -> line.agent().client(), NULLS_FIRST));
    return new SessionReport(lines, totals);
  }

  private static Session session(Line line) {
    return new Session(line.agent().person(), line.agent().sessionId());
  }
}
