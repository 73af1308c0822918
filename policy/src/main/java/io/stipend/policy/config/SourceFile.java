package io.stipend.policy.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/**
 * A file that a configuration was read from, as it stood just before: enough to see, without
 * reading it, that it has changed.
 *
 * @param path absolute
 * @param modifiedNanos when it was last changed
 * @param size in bytes; -1 if it is missing
 * @param fileKey tells a new file of the same name from the old one; empty if it is missing
 */
public record SourceFile(Path path, long modifiedNanos, long size, String fileKey) {
  /** The file as it stands now. */
  static SourceFile of(Path path) {
    try {
      BasicFileAttributes a = Files.readAttributes(path, BasicFileAttributes.class);
      long modified = a.lastModifiedTime().to(TimeUnit.NANOSECONDS);
      return new SourceFile(path, modified, a.size(), String.valueOf(a.fileKey()));
    } catch (IOException e) {
      return new SourceFile(path, 0, -1, "");
    }
  }

  /** Whether it stands otherwise now. */
  boolean isChanged() {
    return !of(path).equals(this);
  }
}
