package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminService.MonthLine;
import io.stipend.gateway.admin.AdminService.MonthOrder;
import java.io.UncheckedIOException;
import java.nio.file.Path;
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
      "Close a month, so that its rows in exports stay as they are.",
      "A later correction is a row of its own in the month in which it is entered. What the"
          + " month amounts to is signed, for an auditor to verify.",
      "--reopen lets corrections change the month's own rows again; it needs the approval "
          + "of somebody else than who closed it."
    })
final class LedgerCloseCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(paramLabel = "MONTH", description = "A month of UTC that is over, such as 2026-11.")
  String month = "";

  @Option(
      names = "--reopen",
      description = "Open a month that was closed; needs --reason and --by.")
  boolean reopen;

  @Option(names = "--reason", description = "Why; part of the record.")
  @Nullable String reason;

  @Option(
      names = "--by",
      paramLabel = "WHO",
      description = "Who approved it. Default: who runs the command.")
  @Nullable String by;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Where the signed head goes. Default: month-heads/MONTH.jws in the data folder.")
  @Nullable Path out;

  @Mixin JsonOption json = new JsonOption();

  LedgerCloseCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    OutFile.check("--out", out);
    if (reopen && reason == null) {
      throw new CommandFailure(
          Exit.USAGE, "--reason is missing (expected: why " + month + " is reopened)");
    }
    if (reopen && by == null) {
      throw new CommandFailure(
          Exit.USAGE,
          "--by is missing (expected: who approved it, another one than who closed " + month + ")");
    }
    MonthOrder order = new MonthOrder(month, !reopen, reason);
    String approver = ReasonOptions.by(by, workspace);
    MonthLine made = workspace.change(admin -> admin.closeMonth(order, approver));
    LedgerHeadCommand.Written head = made.closed() ? head() : null;
    if (json.on) {
      terminal.json(
          new Closed(
              made.month(),
              made.closed(),
              made.at(),
              made.by(),
              made.reason(),
              head == null ? null : head.file().toString()));
    } else if (head != null) {
      terminal.line(
          made.month()
              + " is closed: its rows stay as they are; later corrections are rows of the month"
              + " in which they are entered.");
      terminal.line(head.sentence());
    } else {
      terminal.line(
          made.month()
              + " is open again: corrections change its rows. Those entered while it was closed"
              + " stay where they are.");
    }
    return Exit.DONE;
  }

  /** Apart from the closing, which is durable by now. */
  private LedgerHeadCommand.Written head() {
    try {
      return LedgerHeadCommand.write(workspace, month, out);
    } catch (UncheckedIOException e) {
      throw new CommandFailure(
          Exit.INTERNAL,
          month
              + " is closed, but its head was not written: "
              + e.getCause()
              + " (expected: a folder that can be written; ledger head makes it again)");
    }
  }

  /**
   * The shape of {@code --json}.
   *
   * @param head the file of the signed head; null if the month was opened
   */
  record Closed(
      String month, boolean closed, String at, String by, String reason, @Nullable String head) {}
}
