package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminService.FreezeMade;
import io.stipend.gateway.admin.AdminService.FreezeOrder;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code freeze} and {@code unfreeze}: refuse all that a person asks for, and no longer. */
@Command
final class FreezeCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;
  private final boolean frozen;

  @Parameters(index = "0", paramLabel = "PERSON", description = "Id of the person or service.")
  String person = "";

  @Mixin ReasonOptions why = new ReasonOptions();

  @Mixin JsonOption json = new JsonOption();

  private FreezeCommand(Terminal terminal, Workspace workspace, boolean frozen) {
    this.terminal = terminal;
    this.workspace = workspace;
    this.frozen = frozen;
  }

  static CommandLine freeze(Terminal terminal, Workspace workspace) {
    return line(
        new FreezeCommand(terminal, workspace, true),
        "Refuse all that a person asks for, from the next request on.",
        "What the person has stays as it is. The reason is for the record: callers do not see it.");
  }

  static CommandLine unfreeze(Terminal terminal, Workspace workspace) {
    return line(new FreezeCommand(terminal, workspace, false), "Let a frozen person ask again.");
  }

  private static CommandLine line(FreezeCommand command, String... description) {
    CommandLine line = new CommandLine(command);
    line.getCommandSpec().usageMessage().description(description);
    return line;
  }

  @Override
  public Integer call() {
    FreezeOrder order = new FreezeOrder(person, frozen, why.reason);
    String by = why.by(workspace);
    FreezeMade made = workspace.change(admin -> admin.freeze(order, by));
    if (json.on) {
      terminal.json(made);
    } else if (made.changed()) {
      terminal.line(made.person() + (made.frozen() ? " is frozen." : " is no longer frozen."));
    } else if (made.frozen()) {
      terminal.line(
          made.person()
              + " is frozen since "
              + made.since()
              + " by "
              + made.by()
              + " already: "
              + made.reason());
    } else {
      terminal.line(made.person() + " is not frozen.");
    }
    return Exit.DONE;
  }
}
