package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminService.GrantMade;
import io.stipend.gateway.admin.AdminService.GrantOrder;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code grant}: a one-off top-up. */
@Command(
    name = "grant",
    description = "Top up a person's own budget, once, as an entry of the ledger.")
final class GrantCommand implements Callable<Integer> {
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
      names = "--expires",
      paramLabel = "TIME",
      description = {
        "When the unused part ends: a date, an RFC 3339 time or a duration such as 90d, also after"
            + " the period's end.",
        "Default: with the period."
      })
  @Nullable String expires;

  @Option(
      names = "--priority",
      paramLabel = "N",
      description = "-1000 to 1000: what has a lower one is used up first. Default: 0.")
  @Nullable Integer priority;

  @Option(
      names = "--budget",
      paramLabel = "EVERY",
      description = {
        "Which budget, where there are several: how often it is granted, such as day or month."
      })
  @Nullable String budget;

  @Mixin ReasonOptions why = new ReasonOptions();

  @Mixin JsonOption json = new JsonOption();

  GrantCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    GrantOrder order = new GrantOrder(person, amount, why.reason, expires, priority, budget);
    String by = why.by(workspace);
    GrantMade made = workspace.change(admin -> admin.grant(order, by));
    if (json.on) {
      terminal.json(made);
    } else {
      terminal.line(
          "Granted "
              + made.amount()
              + " "
              + made.unit()
              + " to "
              + made.person()
              + " on "
              + made.account()
              + (made.expiresAt() == null ? "; " : " until " + made.expiresAt() + "; ")
              + made.remaining()
              + " "
              + made.unit()
              + " left there.");
    }
    return Exit.DONE;
  }
}
