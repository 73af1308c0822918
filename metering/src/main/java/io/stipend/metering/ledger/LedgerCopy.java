package io.stipend.metering.ledger;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Copies of a ledger, made while a gateway may write it. Neither has the in-flight table: it
 * belongs to the process that runs. An attempt that is open in a copy is booked as assumed when the
 * copy is first opened for writing, as after a power cut.
 */
public final class LedgerCopy {
  private static final int BATCHES_AT_ONCE = 256;
  private static final long ENTRIES_AT_ONCE = 100_000;

  private LedgerCopy() {}

  /**
   * What a replay copied.
   *
   * @param file the new ledger
   * @param head its end
   * @param batches batches copied
   * @param entries entries in them
   * @param accounts accounts that these amount to
   * @param differences what the old ledger's tables say otherwise; empty if they agree
   */
  public record Replayed(
      Path file,
      LedgerHead head,
      long batches,
      long entries,
      int accounts,
      List<String> differences) {
    /** Copies the list. */
    public Replayed {
      differences = List.copyOf(differences);
    }
  }

  /**
   * What a backup holds.
   *
   * @param file the copy
   * @param bytes its size
   * @param head the end of what it holds
   * @param found what its check found
   */
  public record BackedUp(Path file, long bytes, LedgerHead head, Verification found) {}

  /**
   * Copies the record and its tables as they are at one instant to one file, and checks the copy.
   * The copy stands there whole or not at all; one that does not verify is kept, and says so.
   *
   * @param out a file that is not there yet, or a folder, where it becomes {@code ledger.db}
   * @throws LedgerException if there is such a file, or it cannot be written
   */
  public static BackedUp backup(Path dataDir, Path out, Progress checking) {
    Path file = Files.isDirectory(out) ? LedgerFiles.database(out) : out;
    requireAbsent(file);
    requireFolder(file);
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.deleteIfExists(part);
      LedgerFiles.createFile(part);
      try (Connection connection = LedgerDatabase.openForReading(LedgerFiles.database(dataDir));
          PreparedStatement copy = connection.prepareStatement("vacuum into ?")) {
        // One statement is one read transaction: a state that was committed, while others write.
        connection.setAutoCommit(true);
        copy.setString(1, part.toAbsolutePath().toString());
        copy.execute();
      }
      sync(part);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        sync(folder);
      }
      try (LedgerReader reader = LedgerReader.openFile(file)) {
        return new BackedUp(file, Files.size(file), reader.head(), reader.verify(checking));
      }
    } catch (IOException | SQLException e) {
      throw new LedgerException(
          "backup "
              + file
              + ": "
              + e.getMessage()
              + " (expected: a new file in a folder with room)",
          e);
    } finally {
      part.toFile().delete();
    }
  }

  /**
   * Builds a new ledger from the batches alone: the chain is checked on the way, the tables are
   * filled anew, and the balances compared with those of the old tables.
   *
   * @param out the folder of the new ledger; made if missing
   * @throws LedgerException if it holds a ledger, a batch is broken (named), or the disk fails
   */
  public static Replayed replay(Path dataDir, Path out, Progress progress) {
    Path source = LedgerFiles.database(dataDir);
    requireAbsent(LedgerFiles.database(out));
    try (LedgerFiles files = LedgerFiles.lock(out)) {
      try (Connection from = LedgerDatabase.connectForReading(source);
          Connection to = LedgerDatabase.openForWriting(files.folder())) {
        LedgerDatabase.checkVersion(LedgerDatabase.meta(from, "schema", 0), source);
        // One read transaction for all: the copy ends where the record ended when it began.
        from.setAutoCommit(false);
        long last = BatchTable.head(from).seq();
        LedgerHead head = copy(from, to, source, last, progress);
        long entries = project(to, last, progress);
        Map<AccountKey, AccountTotals> totals = totals(LedgerFiles.database(out));
        return new Replayed(
            LedgerFiles.database(out), head, last, entries, totals.size(), compare(source, totals));
      } catch (SQLException | RuntimeException e) {
        discard(out);
        throw e;
      }
    } catch (SQLException e) {
      throw LedgerDatabase.unusable(source, "cannot be replayed", e);
    }
  }

  private static LedgerHead copy(
      Connection from, Connection to, Path source, long last, Progress progress)
      throws SQLException {
    Redactions redactions = new Redactions(from);
    try (BatchTable copies = new BatchTable(to, Storage.DISK)) {
      to.setAutoCommit(false);
      while (copies.seq() < last) {
        long before = copies.seq();
        BatchTable.read(
            from,
            before,
            BATCHES_AT_ONCE,
            (seq, prevHash, hash, blob) -> {
              String problem =
                  Chain.problem(
                      copies.seq() + 1, seq, copies.hash(), prevHash, hash, blob, redactions);
              if (problem != null) {
                throw new LedgerException(
                    "ledger " + source + ": " + problem + " (" + LedgerDatabase.REPAIR + ")", null);
              }
              copies.copy(prevHash, hash, blob);
              long by = redactions.by(seq);
              if (by > 0) {
                Redactions.note(to, seq, by);
              }
            });
        to.commit();
        progress.at(copies.seq(), 2 * last);
      }
      to.setAutoCommit(true);
      return Chain.head(copies.seq(), copies.hash());
    }
  }

  private static long project(Connection to, long last, Progress progress) throws SQLException {
    try (Projection projection = new Projection(to, Storage.DISK)) {
      while (projection.project(ENTRIES_AT_ONCE) > 0) {
        progress.at(last + projection.projectedSeq(), 2 * last);
      }
      return projection.entries();
    }
  }

  private static Map<AccountKey, AccountTotals> totals(Path file) {
    try (LedgerReader reader = LedgerReader.openFile(file)) {
      return reader.totals();
    }
  }

  private static List<String> compare(Path source, Map<AccountKey, AccountTotals> replayed) {
    Map<AccountKey, AccountTotals> old;
    try {
      old = totals(source);
    } catch (LedgerException e) {
      return List.of("the tables of the old ledger cannot be read: " + e.getMessage());
    }
    List<String> differences = new ArrayList<>();
    Set<AccountKey> accounts = new HashSet<>(replayed.keySet());
    accounts.addAll(old.keySet());
    for (AccountKey account : accounts) {
      AccountTotals now = replayed.get(account);
      AccountTotals then = old.get(account);
      if (now == null || !now.equals(then)) {
        differences.add("account " + account + ": " + then + " (expected: " + now + ")");
      }
    }
    differences.sort(null);
    return differences;
  }

  private static void requireAbsent(Path file) {
    if (Files.exists(file)) {
      throw new LedgerException(file + ": is there already (expected: a new file)", null);
    }
  }

  private static void requireFolder(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new LedgerException(
          "folder " + folder + ": no such folder (expected: one that a backup can be put into)",
          null);
    }
  }

  /** What was not finished is no ledger, and must not be taken for one. */
  private static void discard(Path folder) {
    for (String end : List.of("", "-wal", "-shm")) {
      Path file = LedgerFiles.database(folder);
      file.resolveSibling(file.getFileName() + end).toFile().delete();
    }
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
