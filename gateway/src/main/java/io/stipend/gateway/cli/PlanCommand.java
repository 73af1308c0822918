package io.stipend.gateway.cli;

import io.stipend.gateway.admin.Table;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import io.stipend.policy.config.Enrolments;
import io.stipend.policy.config.Problem;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.plan.Plan;
import io.stipend.policy.plan.PlanReport;
import io.stipend.policy.plan.PlanReport.ModelLine;
import io.stipend.policy.plan.PlanReport.PersonLine;
import io.stipend.policy.plan.PlanReport.TeamLine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code plan}: what a changed quota file would have done to past usage. */
@Command(
    name = "plan",
    description = {
      "Show what a changed quota file (--config) would have done to past usage.",
      "Tells who would have been refused, and what the change costs by team. Changes nothing; a gateway"
          + " may run meanwhile.",
      "Ends with 1 if the file has problems."
    })
final class PlanCommand implements Callable<Integer> {
  private static final String FILE_IN_FORCE = "stipend.yaml";
  private static final int MAX_DAYS = 3_660;
  private static final int MAX_NAMES = 20;

  private final Terminal terminal;
  private final Workspace workspace;

  @Option(
      names = "--current",
      paramLabel = "FILE",
      description = {
        "The quota file in force, which is compared with and whose ledger is read.",
        "Default: stipend.yaml beside the changed file, else ./stipend.yaml"
      })
  @Nullable Path current;

  @Option(
      names = "--days",
      paramLabel = "N",
      description = "How far back calls are counted. Default: 30.")
  int days = 30;

  @Mixin JsonOption json = new JsonOption();

  PlanCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  /**
   * The shape of {@code --json}.
   *
   * @param problems of the changed file, as {@code check} tells them
   * @param plan null if there are any
   */
  record Report(
      boolean valid,
      List<Problem> problems,
      String config,
      @Nullable String current,
      @Nullable PlanReport plan) {}

  @Override
  public Integer call() {
    if (days < 1 || days > MAX_DAYS) {
      throw new CommandFailure(Exit.USAGE, "--days: " + days + " (expected: 1.." + MAX_DAYS + ")");
    }
    Path changed = workspace.config();
    QuotaFile.Result result = workspace.read(changed);
    if (result instanceof QuotaFile.Broken broken) {
      return broken(changed, broken.problems());
    }
    QuotaFile next = ((QuotaFile.Loaded) result).quotaFile();
    Path inForce = inForce(changed);
    QuotaFile now = inForce == null ? next : workspace.quota(inForce);
    if (inForce == null) {
      terminal.note(
          "stipend: no quota file in force to compare "
              + changed
              + " with: it is compared with itself (expected: --current FILE)");
    }
    PlanReport plan = plan(now, next);
    if (json.on) {
      String file = inForce == null ? null : inForce.toString();
      terminal.json(new Report(true, List.of(), changed.toString(), file, plan));
    } else {
      print(changed, inForce == null ? changed : inForce, plan);
    }
    return Exit.DONE;
  }

  private int broken(Path changed, List<Problem> problems) {
    if (json.on) {
      terminal.json(new Report(false, problems, changed.toString(), null, null));
    } else {
      problems.forEach(problem -> terminal.line(problem.toString()));
      terminal.note(
          "stipend: " + problems.size() + (problems.size() == 1 ? " problem" : " problems"));
    }
    return Exit.FAILED;
  }

  /** What is in force unless somebody says otherwise; null if there is nothing but the change. */
  private @Nullable Path inForce(Path changed) {
    if (current != null) {
      return current;
    }
    Path self = changed.toAbsolutePath().normalize();
    for (Path path : List.of(self.resolveSibling(FILE_IN_FORCE), Path.of(FILE_IN_FORCE))) {
      if (Files.exists(path) && !path.toAbsolutePath().normalize().equals(self)) {
        return path;
      }
    }
    return null;
  }

  private PlanReport plan(QuotaFile now, QuotaFile next) {
    Instant to = workspace.now();
    Duration span = Duration.ofDays(days);
    Path data = now.gateway().data();
    if (!workspace.hasLedger(data)) {
      terminal.note("stipend: no ledger in " + data + " yet: no usage to run again");
      return Plan.of(now, next, null, to, span, Progress.NONE);
    }
    try (LedgerReader reader = LedgerReader.open(data);
        ProgressLine progress = ProgressLine.of(terminal, "plan")) {
      Enrolments enrolments = new Enrolments(reader.enrolments());
      return Plan.of(now.with(enrolments), next.with(enrolments), reader, to, span, progress);
    }
  }

  private void print(Path changed, Path inForce, PlanReport plan) {
    terminal.line(
        "%s instead of %s, over %d calls from %s to %s:"
            .formatted(changed, inForce, plan.calls(), plan.from(), plan.to()));
    people(plan.people());
    teams(plan);
    if (!plan.models().isEmpty()) {
      terminal.line("\nModels in use that would be refused:");
      Table table = new Table("MODEL", "REASON", "CALLS", "USED", "UNIT");
      for (ModelLine m : plan.models()) {
        table.row(m.model(), m.reason(), Long.toString(m.calls()), m.used(), m.currency());
      }
      terminal.text(table);
    }
    names("people", plan.added().people(), plan.removed().people());
    names("teams", plan.added().teams(), plan.removed().teams());
    names("models", plan.added().models(), plan.removed().models());
    if (plan.skipped() > 0) {
      terminal.line(
          "\n"
              + plan.skipped()
              + " recorded grants, transfers or advances could not be repeated under both files.");
    }
  }

  private void people(List<PersonLine> people) {
    if (people.isEmpty()) {
      terminal.line("\nNobody would have been refused.");
      return;
    }
    terminal.line("\nWho would have been refused:");
    SparseTable table =
        new SparseTable(
            Set.of("SHORTENED"),
            "PERSON",
            "TEAM",
            "CALLS",
            "REFUSED NOW",
            "REFUSED NEW",
            "SHORTENED",
            "FIRST",
            "USED NOW",
            "USED NEW",
            "REFUSED AMOUNT",
            "WHY");
    for (PersonLine p : people) {
      table.row(
          p.person(),
          Objects.requireNonNullElse(p.team(), ""),
          Long.toString(p.calls()),
          Long.toString(p.refusedNow()),
          Long.toString(p.refusedNew()),
          Long.toString(p.shortenedNew()),
          Objects.requireNonNullElse(p.firstRefusedNew(), ""),
          p.usedNow(),
          p.usedNew(),
          p.refusedAmountNew(),
          reasons(p.reasonsNew()));
    }
    terminal.text(table.table());
  }

  private static String reasons(Map<String, Long> reasons) {
    return new TreeMap<>(reasons)
        .entrySet().stream()
            .map(e -> e.getKey() + " " + e.getValue())
            .collect(Collectors.joining(", "));
  }

  private void teams(PlanReport plan) {
    terminal.line("\nWhat the change costs in a month:");
    Table table =
        new Table(
            "TEAM",
            "UNIT",
            "GRANTED NOW",
            "GRANTED NEW",
            "CHANGE",
            "BUDGET NOW",
            "BUDGET NEW",
            "USED",
            "REFUSED NEW");
    plan.teams().forEach(team -> row(table, team.team().isEmpty() ? "(none)" : team.team(), team));
    plan.total().forEach(total -> row(table, "(all)", total));
    terminal.text(table);
  }

  private static void row(Table table, String name, TeamLine team) {
    table.row(
        name,
        team.unit(),
        team.grantedPerMonthNow(),
        team.grantedPerMonthNew(),
        team.changePerMonth(),
        Objects.requireNonNullElse(team.budgetPerMonthNow(), ""),
        Objects.requireNonNullElse(team.budgetPerMonthNew(), ""),
        team.used(),
        team.refusedAmountNew());
  }

  private void names(String what, List<String> added, List<String> removed) {
    names(what + " added", added);
    names(what + " removed", removed);
  }

  private void names(String title, List<String> names) {
    if (!names.isEmpty()) {
      int more = names.size() - MAX_NAMES;
      terminal.line(
          title
              + ": "
              + String.join(", ", names.subList(0, Math.min(names.size(), MAX_NAMES)))
              + (more > 0 ? " and " + more + " more (--json lists all)" : ""));
    }
  }
}
