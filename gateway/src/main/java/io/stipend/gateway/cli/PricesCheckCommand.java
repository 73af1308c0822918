package io.stipend.gateway.cli;

import io.stipend.metering.price.CardCheck;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCardException.Problem;
import io.stipend.metering.price.RateCards;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code prices check}. */
@Command(
    name = "check",
    description = {
      "Validate files of rate cards, in force or not.",
      "Prints every problem as file:line:column and ends with 1 if there is one. Warns of "
          + "old readings, contracts above the list, gaps, overlaps and currencies without a "
          + "rate."
    })
final class PricesCheckCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "Files of rate cards.")
  List<Path> files = List.of();

  @Mixin JsonOption json = new JsonOption();

  PricesCheckCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  /** The shape of {@code --json}. */
  record Report(boolean valid, List<Problem> problems, List<Problem> warnings) {}

  @Override
  public Integer call() {
    RateCards cards;
    try {
      cards = RateCards.load(files.stream().map(RateCards.Source::file).toList());
    } catch (RateCardException e) {
      if (json.on) {
        terminal.json(new Report(false, e.problems(), List.of()));
      } else {
        e.problems().forEach(problem -> terminal.line(problem.toString()));
        int count = e.problems().size();
        terminal.note("stipend: " + count + (count == 1 ? " problem" : " problems"));
      }
      return Exit.FAILED;
    }
    PricesCommand.InForce inForce = PricesCommand.inForceIfValid(terminal, workspace);
    List<Problem> warnings =
        CardCheck.warnings(cards, inForce.cards(), inForce.vendorOf(), workspace.now());
    if (json.on) {
      terminal.json(new Report(true, List.of(), warnings));
    } else {
      warnings.forEach(warning -> terminal.note("warning: " + warning));
      terminal.line("valid: rate cards " + cards.version());
    }
    return Exit.DONE;
  }
}
