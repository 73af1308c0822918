package io.stipend.gateway.cli;

import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.Access;
import io.stipend.metering.report.BudgetVsActual;
import io.stipend.metering.report.Chargeback;
import io.stipend.metering.report.Scope;
import io.stipend.metering.report.SessionReport;
import io.stipend.metering.report.UsageForecast;
import io.stipend.metering.report.page.Report;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.report.QuotaFacts;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code report}: sums of the usage that answer a question. */
@Command(name = "report", description = "Sum up what was used.")
final class ReportCommand {
  private ReportCommand() {}

  static CommandLine line(Terminal terminal, Workspace workspace) {
    return new CommandLine(new ReportCommand())
        .addSubcommand("chargeback", new ByCostCenter(terminal, workspace))
        .addSubcommand("budget-vs-actual", new OfBudgets(terminal, workspace))
        .addSubcommand("forecast", new Ahead(terminal, workspace))
        .addSubcommand("access", new OfAccess(terminal, workspace))
        .addSubcommand("sessions", new Sessions(terminal, workspace));
  }

  /** What all of them have in common: they read only, whether a gateway runs or not. */
  private abstract static class Reading implements Callable<Integer> {
    private final Terminal terminal;
    private final Workspace workspace;

    @Mixin ReportOptions options = new ReportOptions();

    Reading(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    abstract Report report(LedgerReader reader, QuotaFile quota, Instant now);

    @Override
    public Integer call() {
      options.format();
      OutFile.check("--out", options.out);
      // Before the lines: what begins later they may lack.
      Instant now = workspace.now();
      QuotaFile quota = workspace.enrolled(workspace.quota(), workspace.recordFolder());
      Report report;
      try (LedgerReader reader = workspace.reader()) {
        report = report(reader, quota, now);
      }
      options.write(report, terminal);
      return Exit.DONE;
    }

    Workspace workspace() {
      return workspace;
    }

    static CommandFailure unexpected(String option, String value, Object[] expected) {
      return new CommandFailure(
          Exit.USAGE,
          option
              + ": "
              + value
              + " (expected: "
              + Arrays.stream(expected).map(Object::toString).collect(Collectors.joining(", "))
              + ")");
    }
  }

  /** {@code report chargeback}. */
  @Command(
      name = "chargeback",
      description = {
        "Show what each cost centre has to pay; the sum is the ledger's total.",
        "That is its own use and its part of shared costs; what nobody can be charged for "
            + "is a line of its own."
      })
  static final class ByCostCenter extends Reading {
    @Mixin RangeOptions times = new RangeOptions();

    @Option(
        names = "--by",
        paramLabel = "FIELD",
        split = ",",
        description =
            "cost_center,team,model,day (default), project, provider, service_tier, client.")
    List<String> by = List.of("cost_center", "team", "model", "day");

    @Option(
        names = "--split",
        paramLabel = "METHOD",
        description = "How shared costs are divided: usage (default), even or headcount.")
    String split = "usage";

    @Option(
        names = "--shared",
        paramLabel = "NAME",
        split = ",",
        description = "Cost centres and teams whose cost all others share.")
    List<String> shared = List.of();

    ByCostCenter(Terminal terminal, Workspace workspace) {
      super(terminal, workspace);
    }

    @Override
    Report report(LedgerReader reader, QuotaFile quota, Instant now) {
      RangeOptions.Range range = times.in(quota.timezone());
      QuotaFacts facts = new QuotaFacts(quota, Map.of());
      return Chargeback.report(
          reader,
          new Chargeback.Terms(
              new Scope(range.from(), range.to(), now, quota.timezone()),
              fields(),
              method(),
              shared(quota),
              facts.services(),
              facts.heads(now)));
    }

    private List<Chargeback.By> fields() {
      List<Chargeback.By> fields = new ArrayList<>();
      for (String name : by) {
        Chargeback.By field = Chargeback.By.of(name);
        if (field == null) {
          throw unexpected(
              "--by",
              name,
              Arrays.stream(Chargeback.By.values()).map(Chargeback.By::column).toArray());
        }
        if (!fields.contains(field)) {
          fields.add(field);
        }
      }
      return fields;
    }

    private Chargeback.Split method() {
      for (Chargeback.Split method : Chargeback.Split.values()) {
        if (method.label().equals(split)) {
          return method;
        }
      }
      throw unexpected(
          "--split",
          split,
          Arrays.stream(Chargeback.Split.values()).map(Chargeback.Split::label).toArray());
    }

    private Set<String> shared(QuotaFile quota) {
      Set<String> known =
          quota.teams().values().stream()
              .flatMap(
                  team ->
                      team.costCenter() == null
                          ? List.of(team.name()).stream()
                          : List.of(team.name(), team.costCenter()).stream())
              .collect(Collectors.toSet());
      for (String name : shared) {
        if (!known.contains(name)) {
          throw new CommandFailure(
              Exit.USAGE,
              "--shared: " + name + " (expected: a team or a cost centre of the quota file)");
        }
      }
      return Set.copyOf(shared);
    }
  }

  /** {@code report budget-vs-actual}. */
  @Command(
      name = "budget-vs-actual",
      description = {
        "Show what each cost centre was given in a month, and what it used.",
        "And why that differs from another month: by volume, mix, cache and price."
      })
  static final class OfBudgets extends Reading {
    @Option(
        names = "--month",
        required = true,
        paramLabel = "MONTH",
        description = "Such as 2026-11, in calendar.timezone.")
    String month = "";

    @Option(
        names = "--baseline",
        paramLabel = "MONTH",
        description = "What it is compared with. Default: the month before.")
    @Nullable String baseline;

    OfBudgets(Terminal terminal, Workspace workspace) {
      super(terminal, workspace);
    }

    @Override
    Report report(LedgerReader reader, QuotaFile quota, Instant now) {
      YearMonth of = ReportOptions.month("--month", month);
      String other = baseline;
      YearMonth before =
          other == null ? of.minusMonths(1) : ReportOptions.month("--baseline", other);
      QuotaFacts facts = new QuotaFacts(quota, reader.totals());
      Scope scope = scope(of, quota.timezone(), now);
      boolean running = !now.isBefore(scope.from()) && now.isBefore(scope.to());
      return BudgetVsActual.report(
          reader,
          new BudgetVsActual.Terms(
              of,
              before,
              scope,
              scope(before, quota.timezone(), now),
              quota.currency().name(),
              facts.budgets(of.atDay(1).atTime(12, 0).atZone(quota.timezone()).toInstant()),
              running ? facts.held() : Map.of()));
    }

    private static Scope scope(YearMonth month, ZoneId zone, Instant now) {
      return new Scope(
          month.atDay(1).atStartOfDay(zone).toInstant(),
          month.plusMonths(1).atDay(1).atStartOfDay(zone).toInstant(),
          now,
          zone);
    }
  }

  /** {@code report forecast}. */
  @Command(
      name = "forecast",
      description = {
        "Show what this month is going to cost, and how sure that is.",
        "And whose budget ends before its period does."
      })
  static final class Ahead extends Reading {
    Ahead(Terminal terminal, Workspace workspace) {
      super(terminal, workspace);
    }

    @Override
    Report report(LedgerReader reader, QuotaFile quota, Instant now) {
      return UsageForecast.report(
          reader,
          new UsageForecast.Terms(
              now,
              quota.timezone(),
              quota.currency().name(),
              RemainingBudgets.of(workspace().recorded(r -> r.all()), quota.currency())));
    }
  }

  /** {@code report access}. */
  @Command(
      name = "access",
      description = {
        "Show how evenly people use what they are given, and who is refused.",
        "By groups of a least size. Names nobody."
      })
  static final class OfAccess extends Reading {
    @Mixin RangeOptions times = new RangeOptions();

    @Option(
        names = "--by",
        paramLabel = "GROUP",
        description = "team (default), level (allowance) or site (timezone).")
    String by = "team";

    @Option(
        names = "--min-group",
        paramLabel = "N",
        description = "Groups of fewer people are hidden. Default: 5, least: 3.")
    int minGroup = Access.DEFAULT_GROUP;

    OfAccess(Terminal terminal, Workspace workspace) {
      super(terminal, workspace);
    }

    @Override
    Report report(LedgerReader reader, QuotaFile quota, Instant now) {
      Access.By groups = Access.By.of(by);
      if (groups == null) {
        throw unexpected(
            "--by", by, Arrays.stream(Access.By.values()).map(Access.By::label).toArray());
      }
      if (minGroup < Access.LEAST_GROUP) {
        throw new CommandFailure(
            Exit.USAGE,
            "--min-group: " + minGroup + " (expected: at least " + Access.LEAST_GROUP + ")");
      }
      RangeOptions.Range range = times.in(quota.timezone());
      QuotaFacts facts = new QuotaFacts(quota, reader.totals());
      return Access.report(
          reader,
          new Access.Terms(
              new Scope(range.from(), range.to(), now, quota.timezone()),
              groups,
              minGroup,
              quota.currency().name(),
              facts.entitled(groups, range.from(), range.to()),
              facts.services()));
    }
  }

  /** {@code report sessions}. */
  @Command(
      name = "sessions",
      description = {
        "Show what each session of an agent cost, and each sub-agent in it.",
        "Sums up the rows of the usage export."
      })
  static final class Sessions extends Reading {
    @Mixin RangeOptions times = new RangeOptions();

    Sessions(Terminal terminal, Workspace workspace) {
      super(terminal, workspace);
    }

    @Override
    Report report(LedgerReader reader, QuotaFile quota, Instant now) {
      RangeOptions.Range range = times.in(quota.timezone());
      return SessionReport.report(
          reader, new Scope(range.from(), range.to(), now, quota.timezone()));
    }
  }
}
