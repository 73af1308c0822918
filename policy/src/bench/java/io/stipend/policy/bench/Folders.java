package io.stipend.policy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Folders that last as long as a benchmark: in the folder of {@code -Dbench.folder}, which must be
 * on a real disk for fsync to mean anything, else under {@code target}.
 */
final class Folders {
  private Folders() {}

  static Path make() throws IOException {
    Path parent = Path.of(System.getProperty("bench.folder", "target/bench"));
    return Files.createTempDirectory(Files.createDirectories(parent), "run");
  }

  static void delete(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> paths = Files.walk(folder)) {
      all = paths.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
