package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.admin.PersonAllowance;
import io.stipend.gateway.admin.PersonAllowance.AccountLine;
import io.stipend.gateway.admin.PersonAllowance.LoanLine;
import io.stipend.gateway.admin.PersonAllowance.LotLine;
import io.stipend.gateway.admin.Table;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code allowance}: what somebody's budgets are made of. */
@Command(name = "allowance", description = "Show and export what an allowance is made of.")
final class AllowanceCommand {
  private AllowanceCommand() {}

  static CommandLine line(Terminal terminal, Workspace workspace) {
    return new CommandLine(new AllowanceCommand())
        .addSubcommand("show", new Show(terminal, workspace))
        .addSubcommand("export", new AllowanceExportCommand(terminal, workspace));
  }

  /** {@code allowance show}. */
  @Command(
      name = "show",
      description = {
        "Show every lot that a person has, in the order in which they burn, and every loan.",
        "Asks the running gateway; without one, reads the ledger."
      })
  static final class Show implements Callable<Integer> {
    private final Terminal terminal;
    private final Workspace workspace;

    @Parameters(paramLabel = "PERSON", description = "Id of the person or service.")
    String person = "";

    @Mixin JsonOption json = new JsonOption();

    Show(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    @Override
    public Integer call() {
      Optional<AdminClient> gateway = workspace.gateway();
      PersonAllowance allowance =
          gateway.isPresent()
              ? gateway.get().allowance(person)
              : workspace.recorded(balances -> balances.allowance(person));
      if (json.on) {
        terminal.json(allowance);
      } else {
        show(allowance);
      }
      return Exit.DONE;
    }

    private void show(PersonAllowance allowance) {
      PersonAllowance.Freeze frozen = allowance.frozen();
      if (frozen != null) {
        terminal.line(
            allowance.person()
                + " is frozen since "
                + frozen.since()
                + " by "
                + frozen.by()
                + ": "
                + frozen.reason());
      }
      String gap = "";
      for (AccountLine account : allowance.accounts()) {
        terminal.line(gap + sentence(account));
        Table table = new Table("LOT", "AMOUNT", "LEFT", "PRIORITY", "EXPIRES", "ID");
        for (LotLine lot : account.lots()) {
          table.row(
              lot.kind(),
              lot.amount(),
              lot.left(),
              Integer.toString(lot.priority()),
              orElse(lot.expiresAt(), "with the period"),
              lot.id());
        }
        for (LoanLine loan : account.loans()) {
          table.row(loan.kind(), loan.amount(), "", "last", "repaid by the next grant", "");
        }
        terminal.text(table);
        gap = System.lineSeparator();
      }
    }

    private static String sentence(AccountLine account) {
      return account.name()
          + " "
          + account.period()
          + " (every "
          + account.every()
          + "): "
          + account.remaining()
          + " "
          + account.unit()
          + " left; resets "
          + orElse(account.resetsAt(), "never");
    }

    private static String orElse(@Nullable String text, String otherwise) {
      return text == null ? otherwise : text;
    }
  }
}
