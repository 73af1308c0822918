package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminService.TransferMade;
import io.stipend.gateway.admin.AdminService.TransferOrder;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code transfer}: from one person or pool to another. */
@Command(
    name = "transfer",
    description = {
      "Move what is left of one person's budget, or of a team's pool, to another person.",
      "The key transfer of the giver's allowance says how much it may send in a period."
    })
final class TransferCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(
      index = "0",
      paramLabel = "FROM",
      description = "Id of the person or service, or pool/TEAM.")
  String from = "";

  @Parameters(index = "1", paramLabel = "TO", description = "The same.")
  String to = "";

  @Parameters(
      index = "2",
      paramLabel = "AMOUNT",
      description = "In the budget's unit: 50, or \"50 USD\".")
  String amount = "";

  @Option(
      names = "--expires",
      paramLabel = "TIME",
      description = "When the unused part ends. Default: with the receiver's period.")
  @Nullable String expires;

  @Option(
      names = "--budget",
      paramLabel = "EVERY",
      description = {
        "Which budget of FROM, where there are several: how often it is granted, such as day or month."
      })
  @Nullable String budget;

  @Option(names = "--to-budget", paramLabel = "EVERY", description = "The same of TO.")
  @Nullable String toBudget;

  @Mixin ReasonOptions why = new ReasonOptions();

  @Mixin JsonOption json = new JsonOption();

  TransferCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    TransferOrder order =
        new TransferOrder(from, to, amount, why.reason, expires, budget, toBudget);
    String by = why.by(workspace);
    TransferMade made = workspace.change(admin -> admin.transfer(order, by));
    if (json.on) {
      terminal.json(made);
    } else {
      terminal.line(
          "Moved %s %s from %s to %s; %s has %s left, %s has %s."
              .formatted(
                  made.amount(),
                  made.unit(),
                  made.from(),
                  made.to(),
                  made.from(),
                  made.fromRemaining(),
                  made.to(),
                  made.toRemaining()));
    }
    return Exit.DONE;
  }
}
