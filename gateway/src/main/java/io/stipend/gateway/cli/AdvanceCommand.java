package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminService.AdvanceMade;
import io.stipend.gateway.admin.AdminService.AdvanceOrder;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code advance}: a part of the next period's grant, now. */
@Command(
    name = "advance",
    description = {
      "Lend a person a part of the next period's grant, which repays what is used of it.",
      "The key advance of the allowance says how much in a period."
    })
final class AdvanceCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(index = "0", paramLabel = "PERSON", description = "Id of the person or service.")
  String person = "";

  @Parameters(
      index = "1",
      paramLabel = "AMOUNT",
      description = "In the budget's unit: 50, or \"50 USD\".")
  String amount = "";

  @Option(
      names = "--budget",
      paramLabel = "EVERY",
      description = {
        "Which budget, where there are several: how often it is granted, such as day or month."
      })
  @Nullable String budget;

  @Mixin ReasonOptions why = new ReasonOptions();

  @Mixin JsonOption json = new JsonOption();

  AdvanceCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    AdvanceOrder order = new AdvanceOrder(person, amount, why.reason, budget);
    String by = why.by(workspace);
    AdvanceMade made = workspace.change(admin -> admin.advance(order, by));
    if (json.on) {
      terminal.json(made);
    } else {
      terminal.line(
          "Lent %s %s to %s on %s; %s %s left there, of which %s must be repaid if it is used."
              .formatted(
                  made.amount(),
                  made.unit(),
                  made.person(),
                  made.account(),
                  made.remaining(),
                  made.unit(),
                  made.lent()));
    }
    return Exit.DONE;
  }
}
