package io.stipend.metering.report;

import io.stipend.metering.Units;
import io.stipend.metering.ledger.BookedLine;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.SignedUsage;
import io.stipend.metering.report.page.Report;
import java.time.Instant;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.RandomAccess;
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
    lines = lines instanceof Lines ? lines : List.copyOf(lines);
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

  /** The sums of one agent, and what orders them. */
  private static final class Placed {
    final Agent agent;
    final Calls calls;

    /** When its session started, in milliseconds since 1970. */
    long start;

    Placed(Agent agent, Calls calls) {
      this.agent = agent;
      this.calls = calls;
    }

    boolean isOfSessionOf(Placed other) {
      return agent.person().equals(other.agent.person())
          && Objects.equals(agent.sessionId(), other.agent.sessionId());
    }
  }

  /** Lines that are made when they are asked for: there may be hundreds of thousands. */
  private static final class Lines extends AbstractList<Line> implements RandomAccess {
    private final List<Placed> placed;

    Lines(List<Placed> placed) {
      this.placed = placed;
    }

    @Override
    public Line get(int index) {
      Placed one = placed.get(index);
      return one.calls.line(one.agent);
    }

    @Override
    public int size() {
      return placed.size();
    }
  }

  private static final Comparator<Placed> BY_SESSION =
      Comparator.comparing((Placed placed) -> placed.agent.person())
          .thenComparing(placed -> placed.agent.sessionId(), NULLS_FIRST);

  private static final Comparator<Placed> ORDER =
      Comparator.comparing((Placed placed) -> placed.agent.person())
          .thenComparingLong(placed -> placed.start)
          .thenComparing(placed -> placed.agent.sessionId(), NULLS_FIRST)
          .thenComparingLong(placed -> placed.calls.first)
          .thenComparing(placed -> placed.agent.agentId(), NULLS_FIRST)
          .thenComparing(placed -> placed.agent.parentAgentId(), NULLS_FIRST)
          .thenComparing(placed -> placed.agent.client(), NULLS_FIRST);

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
    List<Placed> placed = new ArrayList<>(usage.sums().size());
    usage.sums().forEach((agent, calls) -> placed.add(new Placed(agent, calls)));
    placed.sort(BY_SESSION);
    int begin = 0;
    for (int end = 1; end <= placed.size(); end++) {
      if (end == placed.size() || !placed.get(end).isOfSessionOf(placed.get(begin))) {
        List<Placed> session = placed.subList(begin, end);
        long start = session.stream().mapToLong(one -> one.calls.first).min().orElse(0);
        session.forEach(one -> one.start = start);
        begin = end;
      }
    }
    placed.sort(ORDER);
    return new SessionReport(new Lines(placed), usage.totalNanos());
  }
}
