package io.stipend.gateway.cli;

import static java.util.stream.Collectors.joining;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.SessionReport;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code report}: sums of the usage. */
@Command(name = "report", description = "Sum up what was used.")
final class ReportCommand {
  private static final List<String> NOT_BUILT =
      List.of("chargeback", "budget-vs-actual", "forecast", "access");

  private ReportCommand() {}

  static CommandLine line(Terminal terminal, Workspace workspace) {
    CommandLine line =
        new CommandLine(new ReportCommand())
            .addSubcommand("sessions", new Sessions(terminal, workspace));
    NOT_BUILT.forEach(name -> Stipend.notBuilt(line, terminal, name, "report " + name));
    return line;
  }

  /** {@code report sessions}. */
  @Command(
      name = "sessions",
      description = {
        "Show what each session of an agent cost, and each sub-agent in it.",
        "Sums up the rows of the usage export; works while a gateway runs and while none does."
      })
  static final class Sessions implements Callable<Integer> {
    private final Terminal terminal;
    private final Workspace workspace;

    @Mixin RangeOptions times = new RangeOptions();

    @Mixin JsonOption json = new JsonOption();

    Sessions(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    @Override
    public Integer call() {
      RangeOptions.Range range = times.in(workspace.quota().timezone());
      SessionReport report;
      try (LedgerReader reader = workspace.reader()) {
        report = SessionReport.read(reader, range.from(), range.to());
      }
      if (json.on) {
        terminal.json(Shown.of(range, report));
      } else {
        show(Shown.of(range, report));
      }
      return Exit.DONE;
    }

    private void show(Shown report) {
      SparseTable table =
          new SparseTable(
              Set.of("AGENT", "PARENT", "UNITS"),
              "PERSON",
              "SESSION",
              "AGENT",
              "PARENT",
              "CLIENT",
              "CALLS",
              "TOKENS",
              "COST",
              "CURRENCY",
              "FIRST",
              "LAST",
              "UNITS");
      for (Shown.Line line : report.sessions()) {
        table.row(
            line.person(),
            orEmpty(line.sessionId()),
            orEmpty(line.agentId()),
            orEmpty(line.parentAgentId()),
            orEmpty(line.client()),
            Long.toString(line.calls()),
            Long.toString(line.tokens()),
            line.cost(),
            line.currency(),
            line.first(),
            line.last(),
            orEmpty(line.units()));
      }
      terminal.text(table.table());
      terminal.line(
          "In all: "
              + report.sessions().stream().mapToLong(Shown.Line::calls).sum()
              + " calls"
              + report.totals().entrySet().stream()
                  .map(total -> ", " + total.getValue() + " " + total.getKey())
                  .collect(joining()));
    }

    private static String orEmpty(@Nullable String text) {
      return Objects.requireNonNullElse(text, "");
    }
  }

  /**
   * The shape of {@code report sessions --json}. What was not named is null.
   *
   * @param totals the sum of all costs by currency, as decimal strings
   */
  record Shown(String from, String to, List<Line> sessions, Map<String, String> totals) {
    /**
     * One agent of one session.
     *
     * @param tokens of all kinds, each counted once
     * @param cost as a decimal string
     * @param units such as {@code web_search=3}; null if nothing but tokens was used
     */
    record Line(
        String person,
        @Nullable String sessionId,
        @Nullable String agentId,
        @Nullable String parentAgentId,
        @Nullable String client,
        long calls,
        long tokens,
        long inputTokens,
        long cacheReadTokens,
        long cacheWriteTokens,
        long outputTokens,
        @Nullable String units,
        String cost,
        String currency,
        String first,
        String last) {
      static Line of(SessionReport.Line line) {
        SessionReport.Agent agent = line.agent();
        return new Line(
            agent.person(),
            agent.sessionId(),
            agent.agentId(),
            agent.parentAgentId(),
            agent.client(),
            line.calls(),
            line.tokens(),
            line.usage().input(),
            line.usage().cacheRead(),
            line.usage().cacheWrite(),
            line.usage().output(),
            line.units().isNone() ? null : line.units().text(),
            new Unit(agent.currency()).format(line.usage().nanos()),
            agent.currency(),
            line.first().toString(),
            line.last().toString());
      }
    }

    static Shown of(RangeOptions.Range range, SessionReport report) {
      Map<String, String> totals = new TreeMap<>();
      report
          .totalNanos()
          .forEach((currency, nanos) -> totals.put(currency, new Unit(currency).format(nanos)));
      return new Shown(
          range.from().toString(),
          range.to().toString(),
          report.lines().stream().map(Line::of).toList(),
          totals);
    }
  }
}
