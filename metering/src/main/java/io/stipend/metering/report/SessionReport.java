package io.stipend.metering.report;

import io.stipend.metering.Units;
import io.stipend.metering.ledger.BookedLine;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.SignedUsage;
import io.stipend.metering.report.page.Report;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
      return Sum.tokens(usage);
    }
  }

  private static Agent agent(BookedLine line) {
    return new Agent(
        line.person(),
        line.sessionId(),
        line.agentId(),
        line.parentAgentId(),
        line.client(),
        line.currency());
  }

  /** A line in the making. */
  private static final class Calls implements UsageSums.Tally<Calls> {
    private long calls;
    private long input;
    private long cacheRead;
    private long cacheWrite;
    private long cacheWrite1h;
    private long output;
    private long reasoning;
    private long nanos;
    private Units units = Units.NONE;
    private long first = Long.MAX_VALUE;
    private long last = Long.MIN_VALUE;

    @Override
    public void add(BookedLine line) {
      calls += line.correction() ? 0 : 1;
      input = Math.addExact(input, line.input());
      cacheRead = Math.addExact(cacheRead, line.cacheRead());
      cacheWrite = Math.addExact(cacheWrite, line.cacheWrite());
      cacheWrite1h = Math.addExact(cacheWrite1h, line.cacheWrite1h());
      output = Math.addExact(output, line.output());
      reasoning = Math.addExact(reasoning, line.reasoning());
      nanos = Math.addExact(nanos, line.nanos());
      units = line.correction() ? units : units.plus(line.units());
      first = Math.min(first, line.startedAt());
      last = Math.max(last, line.finishedAt());
    }

    @Override
    public void add(Calls o) {
      calls += o.calls;
      input = Math.addExact(input, o.input);
      cacheRead = Math.addExact(cacheRead, o.cacheRead);
      cacheWrite = Math.addExact(cacheWrite, o.cacheWrite);
      cacheWrite1h = Math.addExact(cacheWrite1h, o.cacheWrite1h);
      output = Math.addExact(output, o.output);
      reasoning = Math.addExact(reasoning, o.reasoning);
      nanos = Math.addExact(nanos, o.nanos);
      units = units.plus(o.units);
      first = Math.min(first, o.first);
      last = Math.max(last, o.last);
    }

    Line line(Agent agent) {
      return new Line(
          agent,
          calls,
          new SignedUsage(input, cacheRead, cacheWrite, cacheWrite1h, output, reasoning, nanos),
          units,
          Instant.ofEpochMilli(first),
          Instant.ofEpochMilli(last));
    }
  }

  /** Whose session it is. */
  private record Session(String person, @Nullable String id) {}

  /** Sums up the lines of the usage export with {@code from <= started_at < to}. */
  public static SessionReport read(LedgerReader reader, Instant from, Instant to) {
    return of(sums(reader, from, to));
  }

  /** The report. */
  public static Report report(LedgerReader reader, Scope scope) {
    UsageSums<Agent, Calls> usage = sums(reader, scope.from(), scope.to());
    return new SessionPage(of(usage), scope, usage.state()).report();
  }

  private static UsageSums<Agent, Calls> sums(LedgerReader reader, Instant from, Instant to) {
    return UsageSums.read(reader, from, to, () -> SessionReport::agent, Calls::new);
  }

  private static SessionReport of(UsageSums<Agent, Calls> usage) {
    Map<Session, Instant> starts = new HashMap<>();
    List<Line> lines = new ArrayList<>();
    usage.sums().forEach((agent, calls) -> lines.add(calls.line(agent)));
    for (Line line : lines) {
      starts.merge(session(line), line.first(), (a, b) -> a.isBefore(b) ? a : b);
    }
    lines.sort(
        Comparator.comparing((Line line) -> line.agent().person())
            .thenComparing(line -> starts.get(session(line)))
            .thenComparing(line -> line.agent().sessionId(), NULLS_FIRST)
            .thenComparing(Line::first)
            .thenComparing(line -> line.agent().agentId(), NULLS_FIRST)
            .thenComparing(line -> line.agent().parentAgentId(), NULLS_FIRST)
            .thenComparing(line -> line.agent().client(), NULLS_FIRST));
    return new SessionReport(lines, usage.totalNanos());
  }

  private static Session session(Line line) {
    return new Session(line.agent().person(), line.agent().sessionId());
  }
}
