package io.stipend.gateway.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a command writes: looked at before anything is read, so that a typing error costs nothing.
 */
final class OutFile {
  private OutFile() {}

  /**
   * Refuses what is no file in a folder.
   *
   * @param option its name, such as {@code --out}
   * @param out the file; none and {@code -} are standard output
   */
  static void check(String option, @Nullable Path out) {
    if (out == null || out.toString().equals("-")) {
      return;
    }
    if (Files.isDirectory(out)) {
      throw new CommandFailure(Exit.USAGE, option + ": " + out + " is a folder (expected: a file)");
    }
    Path folder = out.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      throw new CommandFailure(
          Exit.USAGE, option + ": " + out + " (expected: a file in a folder that is there)");
    }
  }
}
