package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.admin.PersonBalance;
import io.stipend.gateway.admin.PersonBalance.AccountLine;
import io.stipend.gateway.admin.RecordedBalances;
import java.math.BigDecimal;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code balance}: who has how much left. */
@Command(
    name = "balance",
    description = {
      "Show what a person, or everybody, has left.",
      "Asks the running gateway; without one, reads the ledger."
    })
final class BalanceCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(
      paramLabel = "PERSON",
      arity = "0..1",
      description = "Id of the person or service. Default: everybody.")
  @Nullable String person;

  @Mixin JsonOption json = new JsonOption();

  BalanceCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    Optional<AdminClient> gateway = workspace.gateway();
    if (person == null) {
      everybody(
          gateway
              .map(AdminClient::balances)
              .orElseGet(() -> workspace.recorded(RecordedBalances::all)));
    } else {
      String id = person;
      one(
          gateway
              .map(g -> g.balance(id))
              .orElseGet(() -> workspace.recorded(balances -> balances.one(id))));
    }
    return Exit.DONE;
  }

  private void everybody(List<PersonBalance> balances) {
    if (json.on) {
      terminal.json(balances);
      return;
    }
    SparseTable table = columns("PERSON");
    for (PersonBalance b : balances) {
      table.row(
          b.person(),
          b.unit(),
          b.granted(),
          b.carried(),
          b.received(),
          b.sent(),
          b.used(),
          b.held(),
          b.expired(),
          b.remaining(),
          b.lent(),
          resets(b.resetsAt()),
          b.frozen() ? "yes" : "",
          "");
    }
    terminal.text(table.table());
  }

  private void one(PersonBalance balance) {
    if (json.on) {
      terminal.json(balance);
      return;
    }
    terminal.line(
        balance.person()
            + " has "
            + balance.remaining()
            + " "
            + balance.unit()
            + " left of "
            + given(balance)
            + "; resets "
            + resets(balance.resetsAt()));
    if (balance.frozen()) {
      terminal.line(balance.person() + " is frozen: every call is refused until it is unfrozen.");
    }
    terminal.line("");
    SparseTable table = columns("ACCOUNT");
    for (AccountLine a : balance.accounts()) {
      table.row(
          a.name(),
          a.unit(),
          a.granted(),
          a.carried(),
          a.received(),
          a.sent(),
          a.used(),
          a.held(),
          a.expired(),
          a.remaining(),
          a.lent(),
          resets(a.resetsAt()),
          "",
          a.every());
    }
    terminal.text(table.table());
  }

  /** All that came in. */
  private static String given(PersonBalance balance) {
    return new BigDecimal(balance.granted())
        .add(new BigDecimal(balance.carried()))
        .add(new BigDecimal(balance.received()))
        .toPlainString();
  }

  /** What few have is a column only where somebody has it. */
  private static SparseTable columns(String who) {
    return new SparseTable(
        Set.of("CARRIED", "RECEIVED", "SENT", "EXPIRED", "LENT", "FROZEN", "EVERY"),
        who,
        "UNIT",
        "GRANTED",
        "CARRIED",
        "RECEIVED",
        "SENT",
        "USED",
        "HELD",
        "EXPIRED",
        "REMAINING",
        "LENT",
        "RESETS",
        "FROZEN",
        "EVERY");
  }

  private static String resets(@Nullable String at) {
    return Objects.requireNonNullElse(at, "never");
  }
}
