package io.stipend.metering.ledger;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes personal texts out of a record that stays provable. The reduced record is written to a
 * second file beside the first: every batch keeps its number, its link and its hash, what it holds
 * now is listed in {@link LedgerEntry.Redacted} entries at the end, and the tables are filled anew.
 * Only when that file verifies and every account has the sums it had does it take the place of the
 * first one, by one rename. A process that dies before leaves the record as it was, one that dies
 * after leaves the reduced one; there is nothing in between to mend, and what was taken out never
 * stood in the new file.
 *
 * <p>The data folder must not be in use. Needs room for a second ledger while it works; memory does
 * not grow with the record.
 */
public final class Redaction {
  private static final int BATCHES_AT_ONCE = 256;
  private static final int ENTRIES_AT_ONCE = 100_000;

  /** Where the reduced record is made; of no use before it is whole. */
  private static final String FOLDER = "reduced";

  private static final int ALIAS_BYTES = 4;

  /** The readings and writings of the record that one run does, for its progress. */
  private static final int PHASES = 5;

  private final Path data;
  private final Order order;
  private final Progress progress;
  private final Steps steps;
  private long last;

  private Redaction(Path data, Order order, Progress progress, Steps steps) {
    this.data = data;
    this.order = order;
    this.progress = progress;
    this.steps = steps;
  }

  /**
   * Who asks, and how.
   *
   * @param by who, for the record
   * @param reason in words; may be empty
   * @param dryRun whether it is only counted what would go
   * @param clock says when
   * @param options with which the ledger is opened first, to end what a killed process left
   */
  public record Order(
      String by, String reason, boolean dryRun, InstantSource clock, LedgerOptions options) {}

  /**
   * What went, or would go.
   *
   * @param about the alias of who was forgotten, or until when each class went
   * @param counts what goes, by kind
   * @param batches how many batches hold less
   * @param head end of the record afterwards; as it was if nothing went
   */
  public record Outcome(String about, Map<String, Long> counts, long batches, LedgerHead head) {
    /** Copies the counts. */
    public Outcome {
      counts = Map.copyOf(counts);
    }
  }

  /** Told where a run is: the seam at which tests end it. */
  interface Steps {
    Steps NONE = step -> {};

    void at(String step);
  }

  /**
   * Puts an alias in the place of somebody's id and drops what was typed about them. Nothing
   * happens where the record does not name them.
   *
   * @throws LedgerException if the folder is in use, the record does not verify or the disk fails
   */
  public static Outcome forget(Path data, String person, Order order, Progress progress) {
    return forget(data, person, order, progress, Steps.NONE);
  }

  static Outcome forget(Path data, String person, Order order, Progress progress, Steps steps) {
    return new Redaction(data, order, progress, steps)
        .run(source -> new Forgetting(person, alias(source.tables()), source.usage()), person);
  }

  /**
   * Drops what is older than its class is kept.
   *
   * @param before of each class that is not kept for ever, what happened before this instant goes
   * @throws LedgerException as {@link #forget}
   */
  public static Outcome clean(
      Path data, Map<RetentionClass, Instant> before, Order order, Progress progress) {
    return new Redaction(data, order, progress, Steps.NONE)
        .run(source -> new Retention(before, source.keys()), null);
  }

  /** Whether a name stands for somebody who was forgotten. */
  public static boolean isAlias(String person) {
    return Forgetting.isAlias(person);
  }

  /** The record that is reduced. */
  private record Source(
      Connection connection, LedgerTables tables, UsageTable usage, List<KeyRecord> keys) {}

  /** Says what goes of a record. */
  @FunctionalInterface
  private interface Reducing {
    Reduction of(Source source) throws SQLException;
  }

  private Outcome run(Reducing reducing, @Nullable String person) {
    // What a killed process left is ended first, so that nothing is under way.
    SqliteLedger.open(data, order.options(), order.clock()).close();
    try (LedgerFiles files = LedgerFiles.lock(data)) {
      discard(data);
      requireWhole();
      Outcome outcome = reduce(reducing);
      if (outcome.batches() == 0 || order.dryRun()) {
        discard(data);
        return outcome;
      }
      steps.at("reduced");
      forgetFiles(person);
      swap();
      return outcome;
    } catch (SQLException | IOException e) {
      throw new LedgerException(
          "ledger in "
              + data
              + ": cannot be reduced: "
              + e.getMessage()
              + " (expected: room for a second ledger; the record is as it was)",
          e);
    }
  }

  /** What is reduced can be compared with nothing any more: it must be right before. */
  private void requireWhole() {
    try (LedgerReader reader = LedgerReader.open(data)) {
      last = reader.head().seq();
      Verification found = reader.verify((done, of) -> at(0, done));
      if (!found.ok()) {
        throw new LedgerException(
            "ledger in "
                + data
                + ": does not verify: "
                + found.problems().get(0)
                + " (expected: a whole record; nothing was taken out of it)",
            null);
      }
    }
  }

  private void at(int phase, long done) {
    progress.at(phase * last + Math.min(done, last), PHASES * last);
  }

  private Outcome reduce(Reducing reducing) throws SQLException {
    List<KeyRecord> keys;
    try (LedgerReader reader = LedgerReader.open(data)) {
      keys = reader.keys();
    }
    try (Connection from = LedgerDatabase.openForReading(LedgerFiles.database(data));
        LedgerTables tables = new LedgerTables(from)) {
      UsageTable usage = new UsageTable(from, Definitions.stored(tables));
      Reduction reduction = reducing.of(new Source(from, tables, usage, keys));
      Reducer first = Reducer.first(tables, reduction);
      each(from, 1, (seq, prevHash, hash, blob) -> first.reduce(blob));
      Map<String, Long> counts = reduction.counts();
      if (!first.changes()) {
        return new Outcome(reduction.about(), counts, 0, BatchTable.head(from));
      }
      Reducer second = first.second(tables);
      if (order.dryRun()) {
        return new Outcome(reduction.about(), counts, count(from, second), BatchTable.head(from));
      }
      long batches = write(from, tables, second, reduction);
      LedgerHead head = batches == 0 ? BatchTable.head(from) : requireSame(tables, reduction);
      return new Outcome(reduction.about(), counts, batches, head);
    }
  }

  private long count(Connection from, Reducer second) throws SQLException {
    long[] reduced = new long[1];
    each(
        from,
        2,
        (seq, prevHash, hash, blob) -> {
          if (!Arrays.equals(blob, second.reduce(blob))) {
            reduced[0]++;
          }
        });
    return reduced[0];
  }

  private long write(Connection from, LedgerTables tables, Reducer second, Reduction reduction)
      throws SQLException {
    try (LedgerFiles files = LedgerFiles.lock(data.resolve(FOLDER));
        Connection to = LedgerDatabase.openForWriting(files.folder());
        BatchTable batches = new BatchTable(to, Storage.DISK)) {
      to.setAutoCommit(false);
      long reduced;
      try (ReducedBatches list = new ReducedBatches(to)) {
        copy(from, to, second, batches, list);
        reduced = list.count();
        prove(to, batches, list, reduction, tables.encoder(Definitions.stored(tables)));
      }
      to.commit();
      to.setAutoCommit(true);
      steps.at("proven");
      if (reduced > 0) {
        project(to);
      }
      return reduced;
    }
  }

  private void copy(
      Connection from, Connection to, Reducer second, BatchTable batches, ReducedBatches list)
      throws SQLException {
    Redactions before = new Redactions(from);
    each(
        from,
        2,
        (seq, prevHash, hash, blob) -> {
          byte[] less = second.reduce(blob);
          batches.copy(prevHash, hash, less);
          if (!Arrays.equals(blob, less)) {
            list.add(seq, HexFormat.of().formatHex(Chain.sha256().digest(less)));
          } else if (before.by(seq) > 0) {
            Redactions.note(to, seq, before.by(seq));
          }
          if (seq % BATCHES_AT_ONCE == 0) {
            to.commit();
          }
          steps.at("copied");
        });
  }

  /** Enters what the batches hold now, a bounded number of them at a time. */
  private void prove(
      Connection to,
      BatchTable batches,
      ReducedBatches list,
      Reduction reduction,
      BatchEncoder encoder)
      throws SQLException {
    Instant now = order.clock().instant();
    for (List<ReducedBatch> part = list.next(); !part.isEmpty(); part = list.next()) {
      byte[] previous = batches.hash();
      long seq = batches.seq() + 1;
      encoder.fact(
          new LedgerEntry.Redacted(
              now,
              "redaction-" + seq,
              reduction.what(),
              reduction.about(),
              order.by(),
              order.reason(),
              part));
      byte[] blob = encoder.finish();
      batches.copy(previous, Chain.hash(previous, seq, blob), blob);
      for (ReducedBatch batch : part) {
        Redactions.note(to, batch.seq(), seq);
      }
      to.commit();
    }
  }

  private void project(Connection to) throws SQLException {
    try (Projection projection = new Projection(to, Storage.DISK)) {
      while (projection.project(ENTRIES_AT_ONCE) > 0) {
        at(3, projection.projectedSeq());
        steps.at("projected");
      }
    }
  }

  /** The reduced record must verify, and each account must have what it had. */
  private LedgerHead requireSame(LedgerTables before, Reduction reduction) throws SQLException {
    Map<AccountKey, AccountTotals> expected = new HashMap<>();
    before
        .accounts()
        .sums()
        .forEach((account, sums) -> expected.put(reduction.account(account), sums.totals()));
    try (LedgerReader reader = LedgerReader.open(data.resolve(FOLDER))) {
      Verification found = reader.verify((done, of) -> at(4, done));
      if (!found.ok() || !reader.totals().equals(expected)) {
        throw new LedgerException(
            "ledger in "
                + data
                + ": the reduced record is not right: "
                + (found.ok() ? "its balances differ" : found.problems().get(0))
                + " (expected: as before; nothing was changed)",
            null);
      }
      return reader.head();
    }
  }

  private void each(Connection from, int phase, BatchTable.Reading reading) throws SQLException {
    long seq = 0;
    int read;
    do {
      read = BatchTable.read(from, seq, BATCHES_AT_ONCE, reading);
      seq += read;
      at(phase, seq);
    } while (read == BATCHES_AT_ONCE);
  }

  /** The other files that may name somebody: marks of attempts that ended, and cut batches. */
  private void forgetFiles(@Nullable String person) throws IOException {
    Files.deleteIfExists(LedgerFiles.inFlight(data));
    if (person == null) {
      return;
    }
    try (DirectoryStream<Path> cut = Files.newDirectoryStream(data, "cut-batch-*.bin")) {
      for (Path file : cut) {
        String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
        if (bytes.contains(person)) {
          Files.delete(file);
        }
      }
    }
  }

  /**
   * Puts the reduced record in the place of the other. The log of the other must be gone before:
   * SQLite would take it for a log of the new file. It goes when nobody else has the file open.
   */
  private void swap() throws SQLException, IOException {
    Path old = LedgerFiles.database(data);
    Path next = LedgerFiles.database(data.resolve(FOLDER));
    if (!LedgerDatabase.withoutLog(old)) {
      throw new LedgerException(
          "ledger " + old + ": another command reads it (expected: none; nothing was changed)",
          null);
    }
    steps.at("alone");
    sync(next);
    Files.move(next, old, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    sync(data);
    steps.at("swapped");
    discard(data);
  }

  private static void sync(Path path) throws IOException {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      file.force(true);
    }
  }

  /** What an earlier run did not finish is of no use; whoever calls this holds the lock. */
  static void discard(Path data) throws IOException {
    Path folder = data.resolve(FOLDER);
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  /** One that nobody has. */
  private static String alias(LedgerTables tables) throws SQLException {
    SecureRandom random = new SecureRandom();
    byte[] bytes = new byte[ALIAS_BYTES];
    String alias;
    do {
      random.nextBytes(bytes);
      alias = Forgetting.ALIAS + HexFormat.of().formatHex(bytes);
    } while (tables.isPerson(alias));
    return alias;
  }
}
