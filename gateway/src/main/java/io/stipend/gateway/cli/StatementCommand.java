package io.stipend.gateway.cli;

import io.stipend.gateway.admin.Statements;
import io.stipend.gateway.admin.Statements.Form;
import io.stipend.metering.export.WholeFile;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.policy.config.QuotaFile;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code statement}: what one person had, used and has left. */
@Command(
    name = "statement",
    description = {
      "Show what a person or service was granted, used and has left.",
      "Of a month or a year. Reads the ledger alone; works while a gateway runs and while "
          + "none does."
    })
final class StatementCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(paramLabel = "PERSON", description = "Id of the person or service.")
  String person = "";

  @Option(
      names = "--month",
      paramLabel = "MONTH",
      description = "Such as 2026-11, in the person's time zone. Default: this month.")
  @Nullable String month;

  @Option(names = "--year", paramLabel = "YEAR", description = "Such as 2026, instead of a month.")
  @Nullable String year;

  @Option(names = "--format", description = "text (default), json or html.")
  @Nullable String format;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Written whole or not at all, readable by its owner. Default: standard output.")
  @Nullable Path out;

  @Mixin JsonOption json = new JsonOption();

  StatementCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    Form form = Form.of(format == null ? (json.on ? "json" : "text") : format);
    OutFile.check("--out", out);
    Path data = workspace.recordFolder();
    QuotaFile quota = workspace.enrolled(workspace.quota(), data);
    InstantSource now = InstantSource.fixed(workspace.now());
    String text =
        new Statements(() -> quota, now, LedgerReader::open).text(person, month, year, form);
    if (out == null || out.toString().equals("-")) {
      terminal.out().print(text);
      terminal.out().flush();
    } else {
      // A new file is its owner's alone: it may say what somebody earns.
      WholeFile.writeText(out, file -> file.write(text));
    }
    return Exit.DONE;
  }
}
