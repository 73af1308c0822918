package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminService.CorrectionMade;
import io.stipend.gateway.admin.AdminService.CorrectionOrder;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Verification;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ledger}: the record itself. */
@Command(
    name = "ledger",
    description =
        "Verify the ledger, copy it, mend it by new entries, close months, drop old texts.")
final class LedgerCommand {
  private LedgerCommand() {}

  static CommandLine line(Terminal terminal, Workspace workspace) {
    return new CommandLine(new LedgerCommand())
        .addSubcommand("verify", new Verify(terminal, workspace))
        .addSubcommand("correct", new Correct(terminal, workspace))
        .addSubcommand("rerate", new LedgerRerateCommand(terminal, workspace))
        .addSubcommand("close", new LedgerCloseCommand(terminal, workspace))
        .addSubcommand("head", new LedgerHeadCommand(terminal, workspace))
        .addSubcommand("clean", new LedgerCleanCommand(terminal, workspace))
        .addSubcommand("replay", new LedgerCopyCommand.Replay(terminal, workspace))
        .addSubcommand("backup", new LedgerCopyCommand.Backup(terminal, workspace));
  }

  /** {@code ledger verify}. */
  @Command(
      name = "verify",
      description = {
        "Recompute the chain of batches and every figure that is derived from it.",
        "Ends with 1 if anything is wrong. Works while a gateway runs.",
        "With --month-head, verify what was signed of a closed month: by a key alone, and "
            + "by the export and the ledger where they are at hand."
      })
  static final class Verify implements Callable<Integer> {
    private final Terminal terminal;
    private final Workspace workspace;

    @Mixin LedgerHeadCommand.Verifying head = new LedgerHeadCommand.Verifying();

    @Mixin JsonOption json = new JsonOption();

    Verify(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    @Override
    public Integer call() {
      if (head.file != null) {
        return head.run(head.file, terminal, workspace, json.on);
      }
      if (head.key != null || head.export != null || head.ledger != null) {
        throw new CommandFailure(Exit.USAGE, "--month-head is missing (expected: the signed file)");
      }
      Verification found;
      try (LedgerReader reader = workspace.reader();
          ProgressLine progress = ProgressLine.of(terminal, "ledger verify")) {
        found = reader.verify(progress);
      }
      if (json.on) {
        terminal.json(
            new Report(
                found.ok(),
                found.batches(),
                found.entries(),
                found.headHash(),
                found.problems(),
                FirstBad.of(found.firstBad())));
      } else {
        found.problems().forEach(terminal::line);
        terminal.line(
            (found.ok() ? "The ledger verifies: " : "The ledger does not verify: ")
                + found.batches()
                + " batches, "
                + found.entries()
                + " entries, head "
                + found.headHash());
      }
      return found.ok() ? Exit.DONE : Exit.FAILED;
    }

    /** The shape of {@code --json}. */
    record Report(
        boolean ok,
        long batches,
        long entries,
        String headHash,
        List<String> problems,
        @Nullable FirstBad firstBad) {}

    /**
     * The first bad batch.
     *
     * @param seq its number
     * @param after time of the batch before; null for the first
     * @param before time of the next one that can be read; null if there is none
     * @param problem what was found and what was expected
     */
    record FirstBad(long seq, @Nullable String after, @Nullable String before, String problem) {
      static @Nullable FirstBad of(Verification.@Nullable BadBatch bad) {
        return bad == null
            ? null
            : new FirstBad(
                bad.seq(),
                bad.after() == null ? null : bad.after().toString(),
                bad.before() == null ? null : bad.before().toString(),
                bad.problem());
      }
    }
  }

  /** {@code ledger correct}. */
  @Command(
      name = "correct",
      description = {
        "Mend a settled attempt by a new entry: give the tokens as they should stand.",
        "What is not given stays. The cost follows from the prices at the attempt's start."
      })
  static final class Correct implements Callable<Integer> {
    private final Terminal terminal;
    private final Workspace workspace;

    @Parameters(paramLabel = "EXCHANGE", description = "Its exchange_id in the usage export.")
    String exchange = "";

    @Option(names = "--attempt", description = "Which attempt; needed if there are several.")
    @Nullable Integer attempt;

    @Option(names = "--input", description = "Uncached input tokens.")
    @Nullable Long input;

    @Option(names = "--cache-read", description = "Input tokens read from the cache.")
    @Nullable Long cacheRead;

    @Option(names = "--cache-write", description = "Input tokens written to the cache.")
    @Nullable Long cacheWrite;

    @Option(names = "--cache-write-1h", description = "The part of them that is kept an hour.")
    @Nullable Long cacheWrite1h;

    @Option(names = "--output", description = "Output tokens, reasoning included.")
    @Nullable Long output;

    @Option(names = "--reasoning", description = "The part of them that was reasoning.")
    @Nullable Long reasoning;

    @Option(names = "--cost", description = "The cost, where no rate card gives it.")
    @Nullable String cost;

    @Option(names = "--reason", required = true, description = "Why; part of the record.")
    String reason = "";

    @Mixin JsonOption json = new JsonOption();

    Correct(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    @Override
    public Integer call() {
      CorrectionOrder order =
          new CorrectionOrder(
              exchange,
              attempt,
              input,
              cacheRead,
              cacheWrite,
              cacheWrite1h,
              output,
              reasoning,
              cost,
              reason);
      CorrectionMade made = workspace.change(admin -> admin.correct(order, workspace.operator()));
      if (json.on) {
        terminal.json(made);
      } else {
        terminal.line(
            made.exchange()
                + "#"
                + made.attempt()
                + ": "
                + made.costBefore()
                + " → "
                + made.costAfter()
                + " "
                + made.currency()
                + ", "
                + made.inputTokens()
                + " input and "
                + made.outputTokens()
                + " output tokens; the difference stands in "
                + made.month()
                + ".");
      }
      return Exit.DONE;
    }
  }
}
