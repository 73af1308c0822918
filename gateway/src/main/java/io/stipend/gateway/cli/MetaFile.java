package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminJson;
import io.stipend.metering.export.WholeFile;
import java.nio.file.Path;

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
    WholeFile.writeText(of(export), file -> file.append(AdminJson.text(report)).append('\n'));
  }
}
