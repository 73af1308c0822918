package io.stipend.gateway.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** A command that a later version brings: says so and ends, whatever its arguments. */
@Command
final class NotBuilt implements Callable<Integer> {
  private final Terminal terminal;
  private final String name;

  @Unmatched List<String> ignored = new ArrayList<>();

  NotBuilt(Terminal terminal, String name) {
    this.terminal = terminal;
    this.name = name;
  }

  @Override
  public Integer call() {
    terminal.note("stipend: not built yet: " + name + " (a later version brings it)");
    return Exit.USAGE;
  }
}
