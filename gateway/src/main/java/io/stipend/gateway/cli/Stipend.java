package io.stipend.gateway.cli;

import io.stipend.gateway.Version;
import io.stipend.gateway.admin.AdminException;
import io.stipend.metering.ledger.LedgerException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program: the list of its commands, and how each of them ends. */
@Command(
    name = "stipend",
    synopsisSubcommandLabel = "COMMAND",
    description = "An LLM gateway that treats AI compute as pay.",
    versionProvider = Stipend.VersionLine.class,
    footer = {
      "",
      "Exit codes: 0 done, 1 the check failed, 2 wrong usage, 70 internal.",
      "Not built yet: report chargeback, report budget-vs-actual, report forecast,",
      "report access, statement, forget, allowance export."
    })
public final class Stipend implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "The quota file. Default: ./stipend.yaml")
  Path config = Path.of("stipend.yaml");

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show where an error comes from.")
  boolean debug;

  @Option(names = "--version", versionHelp = true, description = "Print the version.")
  boolean version;

  private Stipend(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    // Each costs a start a twentieth of its time, or every allocation a little; -D turns them on.
    offUnlessSet("io.netty.jfr.enabled", "false");
    offUnlessSet("io.netty.leakDetection.level", "disabled");
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = run(out, err, args);
    out.flush();
    err.flush();
    System.exit(code);
  }

  private static void offUnlessSet(String property, String off) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, off);
    }
  }

  /** Runs a command in this process; returns its exit code. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    Terminal terminal = new Terminal(out, err);
    Stipend stipend = new Stipend(terminal);
    return stipend.commandLine().execute(args);
  }

  private CommandLine commandLine() {
    Workspace workspace = new Workspace(() -> config, InstantSource.system());
    CommandLine root = new CommandLine(this);
    root.addSubcommand("serve", new ServeCommand(terminal, workspace));
    root.addSubcommand("demo", new DemoCommand(terminal));
    root.addSubcommand("check", new CheckCommand(terminal, workspace));
    root.addSubcommand("plan", new PlanCommand(terminal, workspace));
    root.addSubcommand("keys", KeysCommand.line(terminal, workspace));
    root.addSubcommand("balance", new BalanceCommand(terminal, workspace));
    root.addSubcommand("grant", new GrantCommand(terminal, workspace));
    root.addSubcommand("transfer", new TransferCommand(terminal, workspace));
    root.addSubcommand("advance", new AdvanceCommand(terminal, workspace));
    root.addSubcommand("freeze", FreezeCommand.freeze(terminal, workspace));
    root.addSubcommand("unfreeze", FreezeCommand.unfreeze(terminal, workspace));
    root.addSubcommand("allowance", AllowanceCommand.line(terminal, workspace));
    root.addSubcommand("usage", UsageCommand.line(terminal, workspace));
    root.addSubcommand("ledger", LedgerCommand.line(terminal, workspace));
    root.addSubcommand("report", ReportCommand.line(terminal, workspace));
    root.addSubcommand("prices", PricesCommand.line(terminal, workspace));
    root.addSubcommand("reconcile", new ReconcileCommand(terminal, workspace));
    for (String name : new String[] {"statement", "forget"}) {
      notBuilt(root, terminal, name, name);
    }
    addHelp(root);
    root.addSubcommand("help", new HelpCommand());
    root.setOut(terminal.out());
    root.setErr(terminal.err());
    root.setParameterExceptionHandler((e, args) -> wrongUsage(e));
    root.setExecutionExceptionHandler((e, line, parsed) -> failed(e));
    return root;
  }

  /** Gives a command and all below it {@code --help}. */
  private static void addHelp(CommandLine line) {
    line.getCommandSpec()
        .addOption(
            OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show how to use it.")
                .build());
    line.getSubcommands().values().forEach(Stipend::addHelp);
  }

  /** Registers a command of the contract that a later version brings. */
  static void notBuilt(CommandLine parent, Terminal terminal, String name, String fullName) {
    CommandLine line = new CommandLine(new NotBuilt(terminal, fullName));
    line.getCommandSpec().usageMessage().hidden(true);
    parent.addSubcommand(name, line);
  }

  /** Without a command: how to use it. */
  @Override
  public Integer call() {
    commandLine().usage(terminal.err());
    return Exit.USAGE;
  }

  private int wrongUsage(ParameterException e) {
    terminal.note("stipend: " + e.getMessage());
    CommandLine line = e.getCommandLine();
    if (!UnmatchedArgumentException.printSuggestions(e, terminal.err())) {
      String name = line.getCommandSpec().qualifiedName();
      terminal.note("Usage: " + synopsis(line) + "Try: " + name + " --help");
    }
    return Exit.USAGE;
  }

  private static String synopsis(CommandLine line) {
    return line.getHelp().synopsis(0);
  }

  private int failed(Exception e) {
    if (debug) {
      e.printStackTrace(terminal.err());
    }
    if (e instanceof CommandFailure failure) {
      terminal.note("stipend: " + failure.getMessage());
      return failure.exitCode();
    }
    if (e instanceof AdminException refused) {
      terminal.note("stipend: " + refused.getMessage());
      return switch (refused.kind()) {
        case NOT_FOUND, CONFLICT -> Exit.FAILED;
        case INVALID, TOO_LARGE -> Exit.USAGE;
        case UNAUTHORIZED, FORBIDDEN, METHOD, UNAVAILABLE -> Exit.INTERNAL;
      };
    }
    if (e instanceof LedgerException) {
      terminal.note("stipend: " + e.getMessage());
      return Exit.INTERNAL;
    }
    if (e instanceof IOException || e instanceof UncheckedIOException) {
      Throwable failure = e.getCause() instanceof IOException cause ? cause : e;
      // A plain one says what happened; of the others the name of the class says it.
      boolean plain = failure.getClass() == IOException.class;
      terminal.note("stipend: " + (plain ? failure.getMessage() : failure.toString()));
      return Exit.INTERNAL;
    }
    terminal.note("stipend: internal error: " + e + (debug ? "" : " (--debug shows where)"));
    return Exit.INTERNAL;
  }

  /** The version that the jar's manifest states. */
  static final class VersionLine implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"stipend " + Version.text()};
    }
  }
}
