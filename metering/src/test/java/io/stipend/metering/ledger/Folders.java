package io.stipend.metering.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Copies of data folders: what a killed process would have left at that instant. */
final class Folders {
  private Folders() {}

  static Path copy(Path from, Path to) {
    try {
      Files.createDirectories(to);
      try (var files = Files.list(from)) {
        for (Path file : files.toList()) {
          String name = file.getFileName().toString();
          // The shared-memory index belongs to living processes; SQLite makes it anew.
          if (Files.isRegularFile(file) && !name.endsWith("-shm") && !name.equals("lock")) {
            Files.copy(file, to.resolve(name));
          }
        }
      }
      return to;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<UsageRow> rows(Path folder) {
    List<UsageRow> rows = new ArrayList<>();
    try (LedgerReader reader = LedgerReader.open(folder)) {
      reader.usage(Instant.MIN, Instant.MAX, rows::add);
    }
    return rows;
  }

  static Map<AccountKey, AccountTotals> totals(Path folder) {
    try (LedgerReader reader = LedgerReader.open(folder)) {
      return reader.totals();
    }
  }

  static List<LedgerEntry.Granted> grants(Path folder) {
    try (LedgerReader reader = LedgerReader.open(folder)) {
      return reader.grants();
    }
  }

  static Verification verify(Path folder) {
    try (LedgerReader reader = LedgerReader.open(folder)) {
      return reader.verify();
    }
  }
}
