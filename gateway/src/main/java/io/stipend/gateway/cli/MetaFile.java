package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** {@code FILE.meta.json} beside an export: what is in it, and which record it was made from. */
final class MetaFile {
  private static final String END = ".meta.json";

  private MetaFile() {}

  /** Where it stands. */
  static Path of(Path export) {
    return export.resolveSibling(export.getFileName() + END);
  }

  /** Writes it whole, in the place of any old one. */
  static void write(Path export, Object report) {
    Path file = of(export);
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.write(part, (AdminJson.text(report) + "\n").getBytes(StandardCharsets.UTF_8));
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new CommandFailure(
          Exit.INTERNAL, file + ": " + e + " (expected: a folder that can be written)");
    }
  }
}
