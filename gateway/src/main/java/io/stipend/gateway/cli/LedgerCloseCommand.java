package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminService.MonthLine;
import io.stipend.gateway.admin.AdminService.MonthOrder;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ledger close}. */
@Command(
    name = "close",
    description = {
      "Close a month, so that its rows in exports stay as they are: a later correction",
      "is a row of its own in the month in which it is entered.",
      "--reopen lets corrections change the month's own rows again."
    })
final class LedgerCloseCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(paramLabel = "MONTH", description = "A month of UTC that is over, such as 2026-11.")
  String month = "";

  @Option(names = "--reopen", description = "Open a month that was closed; needs a reason.")
  boolean reopen;

  @Option(names = "--reason", description = "Why; part of the record.")
  @Nullable String reason;

  @Option(
      names = "--by",
      paramLabel = "WHO",
      description = "Who approved it. Default: who runs the command.")
  @Nullable String by;

  @Mixin JsonOption json = new JsonOption();

  LedgerCloseCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    if (reopen && reason == null) {
      throw new CommandFailure(
          Exit.USAGE, "--reason is missing (expected: why " + month + " is reopened)");
    }
    MonthOrder order = new MonthOrder(month, !reopen, reason);
    String approver = ReasonOptions.by(by, workspace);
    MonthLine made = workspace.change(admin -> admin.closeMonth(order, approver));
    if (json.on) {
      terminal.json(made);
    } else {
      terminal.line(
          made.closed()
              ? made.month()
                  + " is closed: its rows stay as they are; later corrections are rows of the month"
                  + " in which they are entered."
              : made.month()
                  + " is open again: corrections change its rows. Those entered while it was closed"
                  + " stay where they are.");
    }
    return Exit.DONE;
  }
}
