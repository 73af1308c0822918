package io.stipend.metering.report;

import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.SessionReport.Agent;
import io.stipend.metering.report.SessionReport.Line;
import io.stipend.metering.report.page.Block;
import io.stipend.metering.report.page.Cell;
import io.stipend.metering.report.page.Chart;
import io.stipend.metering.report.page.Column;
import io.stipend.metering.report.page.Fact;
import io.stipend.metering.report.page.Kind;
import io.stipend.metering.report.page.Report;
import io.stipend.metering.report.page.Table;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/** How a {@link SessionReport} is shown, and how the costs of whole sessions are spread. */
final class SessionPage {
  private static final String ALL = "All clients";
  private static final String UNKNOWN = "(unknown)";
  private static final int MEDIAN = 50;
  private static final int HIGH = 90;

  private final SessionReport made;
  private final Scope scope;
  private final LedgerReader.BookedState state;

  SessionPage(SessionReport made, Scope scope, LedgerReader.BookedState state) {
    this.made = made;
    this.scope = scope;
    this.state = state;
  }

  Report report() {
    List<Fact> facts = new ArrayList<>(scope.range());
    facts.add(
        Fact.of("calls", "Calls", Cell.count(made.lines().stream().mapToLong(Line::calls).sum())));
    Map<String, Cell> totals = new TreeMap<>();
    made.totalNanos().forEach((currency, nanos) -> totals.put(currency, Cell.exact(nanos)));
    facts.add(Fact.by("totals", "Total cost", totals));
    facts.addAll(scope.record(state));
    SortedMap<List<String>, List<Long>> clients = costs();
    List<Block> blocks = new ArrayList<>();
    blocks.add(distribution(clients));
    chart(blocks, clients);
    blocks.add(lines());
    return new Report("sessions", "Cost of agent sessions", facts, blocks, notes());
  }

  /** The costs of whole sessions, ascending, by currency and client; all clients are the last. */
  private SortedMap<List<String>, List<Long>> costs() {
    SortedMap<List<String>, List<Long>> costs =
        new TreeMap<>(
            (a, b) -> {
              int currency = a.get(0).compareTo(b.get(0));
              int all = Boolean.compare(a.get(1).equals(ALL), b.get(1).equals(ALL));
              return currency != 0 ? currency : all != 0 ? all : a.get(1).compareTo(b.get(1));
            });
    // Lines of one session follow one another.
    Map<List<String>, Long> session = new HashMap<>();
    Agent last = null;
    for (Line line : made.lines()) {
      Agent agent = line.agent();
      if (last != null && !isOfOneSession(agent, last)) {
        add(costs, session);
      }
      last = agent;
      if (agent.sessionId() != null) {
        String client = agent.client() == null ? UNKNOWN : agent.client();
        session.merge(List.of(agent.currency(), client), line.usage().nanos(), Math::addExact);
      }
    }
    add(costs, session);
    costs.values().forEach(list -> list.sort(null));
    return costs;
  }

  private static boolean isOfOneSession(Agent one, Agent other) {
    return one.person().equals(other.person())
        && Objects.equals(one.sessionId(), other.sessionId());
  }

  /** Adds what a session cost by client, to that client and to all, and begins the next one. */
  private static void add(
      SortedMap<List<String>, List<Long>> costs, Map<List<String>, Long> session) {
    session.forEach(
        (key, nanos) -> {
          for (String client : List.of(key.get(1), ALL)) {
            costs.computeIfAbsent(List.of(key.get(0), client), c -> new ArrayList<>()).add(nanos);
          }
        });
    session.clear();
  }

  private static Table distribution(SortedMap<List<String>, List<Long>> clients) {
    Table.Making table =
        Table.of(
            "by_client",
            "What a session costs, by client",
            Column.text("client", "Client"),
            Column.text("currency", "Currency"),
            Column.count("sessions", "Sessions"),
            Column.money("median", "Median"),
            Column.money("p90", "p90"),
            Column.money("mean", "Mean"),
            Column.money("most", "Most"),
            Column.money("cost", "In all"));
    clients.forEach(
        (key, costs) -> {
          long sum = costs.stream().mapToLong(n -> n).reduce(0, Math::addExact);
          table.row(
              Cell.text(key.get(1)),
              Cell.text(key.get(0)),
              Cell.count(costs.size()),
              Cell.money(Exactly.quantile(costs, MEDIAN)),
              Cell.money(Exactly.quantile(costs, HIGH)),
              Cell.money(
                  Exactly.divided(BigInteger.valueOf(sum), BigInteger.valueOf(costs.size()))),
              Cell.money(costs.get(costs.size() - 1)),
              Cell.money(sum));
        });
    return table.note("A session is one of one person and client, with all of its agents.").made();
  }

  private static void chart(List<Block> blocks, SortedMap<List<String>, List<Long>> clients) {
    clients.keySet().stream()
        .map(key -> key.get(0))
        .distinct()
        .forEach(
            currency -> {
              List<Chart.Bar> bars = new ArrayList<>();
              clients.forEach(
                  (key, costs) -> {
                    if (key.get(0).equals(currency)) {
                      bars.add(
                          new Chart.Bar(key.get(1) + ", median", Exactly.quantile(costs, MEDIAN)));
                      bars.add(
                          new Chart.Bar(key.get(1) + ", p90", Exactly.quantile(costs, HIGH), true));
                    }
                  });
              blocks.add(new Chart.Bars("Cost of a session", Kind.MONEY, currency, bars));
            });
  }

  private Table lines() {
    Table.Making table =
        Table.of(
            "sessions",
            "Sessions and their agents",
            Column.text("person", "Person"),
            Column.text("session_id", "Session"),
            Column.text("agent_id", "Agent").whereUsed(),
            Column.text("parent_agent_id", "Parent").whereUsed(),
            Column.text("client", "Client"),
            Column.count("calls", "Calls"),
            Column.count("tokens", "Tokens"),
            Column.count("input_tokens", "Input").unshown(),
            Column.count("cache_read_tokens", "Cache reads").unshown(),
            Column.count("cache_write_tokens", "Cache writes").unshown(),
            Column.count("output_tokens", "Output").unshown(),
            Column.text("units", "Units").whereUsed(),
            Column.money("cost", "Cost"),
            Column.text("currency", "Currency"),
            Column.time("first", "First"),
            Column.time("last", "Last"));
    List<Line> lines = made.lines();
    return table.rows(lines.size(), index -> cells(lines.get(index))).made();
  }

  private static List<Cell> cells(Line line) {
    Agent agent = line.agent();
    return List.of(
        Cell.text(agent.person()),
        Cell.text(agent.sessionId()),
        Cell.text(agent.agentId()),
        Cell.text(agent.parentAgentId()),
        Cell.text(agent.client()),
        Cell.count(line.calls()),
        Cell.count(line.tokens()),
        Cell.count(line.usage().input()),
        Cell.count(line.usage().cacheRead()),
        Cell.count(line.usage().cacheWrite()),
        Cell.count(line.usage().output()),
        line.units().isNone() ? Cell.NONE : Cell.text(line.units().text()),
        Cell.money(line.usage().nanos()),
        Cell.text(agent.currency()),
        Cell.time(line.first()),
        Cell.time(line.last()));
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    notes.add(
        "A line is an agent of a session, as the client named them; without a name it is the session's"
            + " own agent. Calls that named no session are a line of their person and client, and are"
            + " no session in the first table.");
    notes.add(
        "Median and p90: the smallest cost that half, and nine tenths, of the sessions do not exceed"
            + " (nearest rank).");
    return notes;
  }
}
