package io.stipend.gateway.cli;

import io.stipend.metering.ledger.Redaction;
import io.stipend.metering.ledger.RetentionClass;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ledger clean}: drops texts that are older than the quota file keeps them. */
@Command(
    name = "clean",
    description = {
      "Drop texts that are older than the quota file keeps them (retention).",
      "Never amounts, tokens, models or prices. The ledger still verifies. Stop the gateway first."
    })
final class LedgerCleanCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Option(names = "--dry-run", description = "Only say what would go.")
  boolean dryRun;

  @Option(names = "--reason", description = "Why; part of the record.")
  String reason = "";

  @Option(
      names = "--by",
      paramLabel = "WHO",
      description = "Who approved it. Default: who runs the command.")
  @Nullable String by;

  @Mixin JsonOption json = new JsonOption();

  LedgerCleanCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    Map<RetentionClass, Instant> before = before();
    if (before.isEmpty()) {
      throw new CommandFailure(
          Exit.FAILED,
          workspace.config()
              + ": has no retention, so everything is kept (expected: retention: { labels: 400"
              + " days })");
    }
    Redaction.Order order = workspace.redaction(ReasonOptions.by(by, workspace), reason, dryRun);
    Redaction.Outcome done;
    try (ProgressLine progress = ProgressLine.of(terminal, "ledger clean")) {
      done = Redaction.clean(workspace.recordFolder(), before, order, progress);
    }
    Map<String, String> cuts = new TreeMap<>();
    before.forEach((kind, cut) -> cuts.put(kind.label(), cut.toString()));
    if (json.on) {
      terminal.json(
          new Cleaned(
              dryRun,
              cuts,
              new TreeMap<>(done.counts()),
              done.batches(),
              done.head().seq(),
              done.head().hash()));
    } else {
      cuts.forEach((kind, cut) -> terminal.line(kind + ": what is before " + cut));
      new TreeMap<>(done.counts())
          .forEach((kind, count) -> terminal.line("  " + kind + " " + count));
      terminal.line(
          (dryRun ? "Would go from " : "Gone from ")
              + done.batches()
              + " batches; ledger head "
              + done.head().seq()
              + " "
              + done.head().hash());
    }
    return Exit.DONE;
  }

  /** By whole days of UTC, so that a second run of a day finds nothing. */
  private Map<RetentionClass, Instant> before() {
    Instant today = workspace.now().truncatedTo(ChronoUnit.DAYS);
    Map<RetentionClass, Instant> before = new TreeMap<>();
    workspace
        .quota()
        .retention()
        .forEach((kind, days) -> before.put(kind, today.minus(days, ChronoUnit.DAYS)));
    return before;
  }

  /**
   * The shape of {@code --json}.
   *
   * @param before by class, what happened before this instant goes
   * @param counts how many of each kind go
   * @param batches how many batches hold less then
   */
  record Cleaned(
      boolean dryRun,
      Map<String, String> before,
      Map<String, Long> counts,
      long batches,
      long headSeq,
      String headHash) {}
}
