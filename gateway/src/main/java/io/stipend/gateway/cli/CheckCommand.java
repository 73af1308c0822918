package io.stipend.gateway.cli;

import io.stipend.policy.config.Problem;
import io.stipend.policy.config.QuotaFile;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code check}: validates the quota file and tells every problem of it. */
@Command(
    name = "check",
    description = {
      "Validate the quota file, its rate cards and its list of people.",
      "Prints every problem as file:line:column and ends with 1 if there is one."
    })
final class CheckCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Mixin JsonOption json = new JsonOption();

  CheckCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    QuotaFile.Result result = workspace.load();
    if (result instanceof QuotaFile.Loaded loaded) {
      valid(loaded);
      return Exit.DONE;
    }
    List<Problem> problems = ((QuotaFile.Broken) result).problems();
    if (json.on) {
      terminal.json(new Report(false, problems, List.of(), null));
    } else {
      problems.forEach(problem -> terminal.line(problem.toString()));
      terminal.note(
          "stipend: " + problems.size() + (problems.size() == 1 ? " problem" : " problems"));
    }
    return Exit.FAILED;
  }

  private void valid(QuotaFile.Loaded loaded) {
    QuotaFile file = loaded.quotaFile();
    if (json.on) {
      terminal.json(new Report(true, List.of(), loaded.warnings(), loaded.hash()));
      return;
    }
    loaded.warnings().forEach(warning -> terminal.note("warning: " + warning));
    long services = file.principals().values().stream().filter(p -> p.service()).count();
    terminal.line(
        file.file()
            + ": valid; "
            + (file.principals().size() - services)
            + " people, "
            + services
            + " services, "
            + file.teams().size()
            + " teams, "
            + file.providers().size()
            + " providers, rate cards "
            + file.rateCards().version());
  }

  /** The shape of {@code --json}. */
  record Report(
      boolean valid, List<Problem> problems, List<Problem> warnings, @Nullable String configHash) {}
}
