package io.stipend.gateway.cli;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --reason} and {@code --by}, on every command that enters what somebody decided. */
final class ReasonOptions {
  /** What stands in a header as it is. */
  private static final Pattern NAME = Pattern.compile("[!-~]{1,64}");

  @Option(names = "--reason", required = true, description = "Why; part of the record.")
  String reason = "";

  @Option(
      names = "--by",
      paramLabel = "WHO",
      description = "Who approved it. Default: who runs the command.")
  @Nullable String by;

  /** Who decided, for the ledger. */
  String by(Workspace workspace) {
    return by(by, workspace);
  }

  /** Who decided, where the reason may be missing. */
  static String by(@Nullable String by, Workspace workspace) {
    if (by == null) {
      return workspace.operator();
    }
    if (!NAME.matcher(by).matches()) {
      throw new CommandFailure(
          Exit.USAGE,
          "--by: " + PlainLine.escape(by) + " (expected: 1 to 64 characters without spaces)");
    }
    return by;
  }
}
