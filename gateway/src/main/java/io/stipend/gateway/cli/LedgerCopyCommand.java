package io.stipend.gateway.cli;

import io.stipend.metering.ledger.LedgerCopy;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ledger replay} and {@code ledger backup}: second ledgers, made while one is written. */
final class LedgerCopyCommand {
  private LedgerCopyCommand() {}

  /** {@code ledger replay}. */
  @Command(
      name = "replay",
      description = {
        "Build a new ledger from the batches alone and compare its balances.",
        "Checks the chain on the way. Ends with 1 if they differ. Works while a gateway runs."
      })
  static final class Replay implements Callable<Integer> {
    private final Terminal terminal;
    private final Workspace workspace;

    @Option(
        names = "--out",
        required = true,
        paramLabel = "FOLDER",
        description = "The new data folder; nothing in it is overwritten.")
    Path out = Path.of("");

    @Mixin JsonOption json = new JsonOption();

    Replay(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    @Override
    public Integer call() {
      LedgerCopy.Replayed made;
      try (ProgressLine progress = ProgressLine.of(terminal, "ledger replay")) {
        made = LedgerCopy.replay(workspace.recordFolder(), out, progress);
      }
      if (json.on) {
        terminal.json(
            new NewLedger(
                made.file().toString(),
                made.batches(),
                made.entries(),
                made.accounts(),
                made.head().seq(),
                made.head().hash(),
                made.differences()));
      } else {
        made.differences().forEach(terminal::line);
        terminal.line(
            made.file()
                + ": "
                + made.batches()
                + " batches, "
                + made.entries()
                + " entries, "
                + made.accounts()
                + (made.accounts() == 1 ? " account, " : " accounts, ")
                + (made.differences().isEmpty()
                    ? "balances as before"
                    : made.differences().size() + " balances differ")
                + "; ledger head "
                + made.head().seq()
                + " "
                + made.head().hash());
      }
      return made.differences().isEmpty() ? Exit.DONE : Exit.FAILED;
    }

    /** The shape of {@code --json}. */
    record NewLedger(
        String file,
        long batches,
        long entries,
        int accounts,
        long headSeq,
        String headHash,
        List<String> differences) {}
  }

  /** {@code ledger backup}. */
  @Command(
      name = "backup",
      description = {
        "Copy the ledger as it is at one instant, and verify the copy.",
        "Works while a gateway runs. The in-flight table is not part of it: what was under "
            + "way is booked as assumed when the copy is first served."
      })
  static final class Backup implements Callable<Integer> {
    private final Terminal terminal;
    private final Workspace workspace;

    @Option(
        names = "--out",
        required = true,
        paramLabel = "FILE|FOLDER",
        description = "A new file, or a folder, where it becomes ledger.db.")
    Path out = Path.of("");

    @Mixin JsonOption json = new JsonOption();

    Backup(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    @Override
    public Integer call() {
      LedgerCopy.BackedUp made;
      try (ProgressLine progress = ProgressLine.of(terminal, "verifying the backup")) {
        made = LedgerCopy.backup(workspace.recordFolder(), out, progress);
      }
      boolean ok = made.found().ok();
      if (json.on) {
        terminal.json(
            new Copy(
                made.file().toString(),
                made.bytes(),
                ok,
                made.found().entries(),
                made.head().seq(),
                made.head().hash(),
                made.found().problems()));
      } else {
        made.found().problems().forEach(terminal::line);
        terminal.line(
            made.file()
                + ": "
                + made.bytes()
                + " bytes, "
                + made.found().entries()
                + " entries, "
                + (ok ? "verifies" : "does not verify")
                + "; ledger head "
                + made.head().seq()
                + " "
                + made.head().hash()
                + "; without the in-flight table: what was under way is booked as assumed when the"
                + " copy is first served");
      }
      return ok ? Exit.DONE : Exit.FAILED;
    }

    /** The shape of {@code --json}. */
    record Copy(
        String file,
        long bytes,
        boolean ok,
        long entries,
        long headSeq,
        String headHash,
        List<String> problems) {}
  }
}
