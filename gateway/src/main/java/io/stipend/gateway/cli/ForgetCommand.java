package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminService;
import io.stipend.gateway.admin.AdminService.KeyLine;
import io.stipend.metering.ledger.Redaction;
import io.stipend.metering.tokens.LearnedFile;
import io.stipend.policy.config.QuotaText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code forget}: takes a person's id out of the record and leaves its amounts. */
@Command(
    name = "forget",
    description = {
      "Put an alias in the place of a person's id in the whole record.",
      "Their keys are revoked; the labels of their calls and what was typed about them are "
          + "dropped. Amounts, dates, teams and models stay, and the ledger still verifies.",
      "Take them out of the quota file and its list of people first, and stop the gateway. "
          + "It cannot be undone; backups and logs are not reached."
    })
final class ForgetCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(paramLabel = "PERSON", description = "Id of the person or service.")
  String person = "";

  @Option(names = "--reason", description = "Why; part of the record. Must not name them.")
  String reason = "";

  @Option(
      names = "--by",
      paramLabel = "WHO",
      description = "Who approved it. Default: who runs the command.")
  @Nullable String by;

  @Mixin JsonOption json = new JsonOption();

  ForgetCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    String place = workspace.quota().place(person);
    if (place != null) {
      throw new CommandFailure(
          Exit.FAILED, place + ": holds " + person + " (expected: nobody who is to be forgotten)");
    }
    String approver = ReasonOptions.by(by, workspace);
    keptOut("--reason", reason);
    keptOut("--by", approver);
    Redaction.Order order = workspace.redaction(approver, reason, false);
    Path data = workspace.recordFolder();
    int revoked = revokeKeys(approver);
    Redaction.Outcome done;
    try (ProgressLine progress = ProgressLine.of(terminal, "forget")) {
      new LearnedFile(data).forget(person);
      QuotaText.forget(data, person);
      done = Redaction.forget(data, person, order, progress);
      LedgerHeadCommand.signAnew(workspace, person);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (done.batches() == 0) {
      throw new CommandFailure(
          Exit.FAILED,
          "person: "
              + PlainLine.escape(person)
              + " stands nowhere in the ledger (expected: an id"
              + " that usage export shows)");
    }
    Forgotten told =
        new Forgotten(done.about(), revoked, done.batches(), done.head().seq(), done.head().hash());
    if (json.on) {
      terminal.json(told);
    } else {
      terminal.line(
          "forgotten: the record says "
              + told.alias()
              + "; keys revoked: "
              + revoked
              + "; batches that hold less: "
              + told.batches()
              + "; ledger head "
              + told.headSeq()
              + " "
              + told.headHash());
    }
    return Exit.DONE;
  }

  /** What is entered about it must not say again what goes. */
  private void keptOut(String option, String text) {
    if (text.contains(person)) {
      throw new CommandFailure(
          Exit.USAGE, option + ": names who is to be forgotten (expected: a text that does not)");
    }
  }

  private int revokeKeys(String approver) {
    return workspace.change(
        admin -> {
          int revoked = 0;
          for (KeyLine key : admin.keys()) {
            if (key.revokedAt() == null && theirs(key)) {
              admin.revokeKey(key.id(), approver);
              revoked++;
            }
          }
          return revoked;
        });
  }

  /** A key with a role belongs to who is named in the place of its name. */
  private boolean theirs(AdminService.KeyLine key) {
    return key.person().equals(person)
        || (key.person().startsWith("admin:") && key.name().equals(person));
  }

  /**
   * The shape of {@code --json}.
   *
   * @param alias what the record says instead
   * @param batches how many batches hold less
   */
  record Forgotten(String alias, int keysRevoked, long batches, long headSeq, String headHash) {}
}
