package io.stipend.metering.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteJDBCLoader;

/**
 * The embedded ledger: one SQLite file that one thread writes in group commits, and the in-flight
 * table beside it. It holds the lock of its data folder until it is closed.
 *
 * <p>Futures complete on the writer's thread, after the commit; a callback must hand its work to a
 * thread of its own and must not block. Times are kept to the millisecond. An attempt that is open
 * when the ledger is closed is ended by the recovery of the next opening.
 */
public final class SqliteLedger implements Ledger {
  private static final Logger LOG = LoggerFactory.getLogger(SqliteLedger.class);

  /** Leaves room for this many slots to be taken in each millisecond between two openings. */
  private static final int GENERATIONS_PER_MILLI_BITS = 20;

  /** How long a start may fill tables without a word. */
  private static final Duration PROGRESS = Duration.ofSeconds(2);

  /** Entries that one transaction projects while nobody waits. */
  private static final int ENTRIES_AT_ONCE = 100_000;

  private final LedgerFiles files;
  private final Connection connection;
  private final InFlightTable table;
  private final BatchWriter writer;
  private final Profiles profiles = new Profiles();
  private final AtomicBoolean closed = new AtomicBoolean();

  private SqliteLedger(
      LedgerFiles files, Connection connection, InFlightTable table, BatchWriter writer) {
    this.files = files;
    this.connection = connection;
    this.table = table;
    this.writer = writer;
  }

  /**
   * Loads the database's library, which opening does too: for a start that has something else to do
   * meanwhile. A fault shows at the opening.
   */
  public static void preload() {
    try {
      SQLiteJDBCLoader.initialize();
    } catch (Exception e) {
      LOG.debug("the database's library cannot be preloaded", e);
    }
  }

  /**
   * Opens the ledger of a data folder, made if missing, and recovers what a killed process left.
   *
   * @throws LedgerException if another process uses the folder, or its files cannot be read,
   *     written or understood
   */
  public static SqliteLedger open(Path dataDir, LedgerOptions options, InstantSource clock) {
    return open(dataDir, options, clock, Storage.DISK);
  }

  /** The same on a disk that may fail. */
  static SqliteLedger open(
      Path dataDir, LedgerOptions options, InstantSource clock, Storage storage) {
    LedgerFiles files = LedgerFiles.lock(dataDir);
    try {
      Redaction.discard(dataDir);
      String low = DiskFault.low(dataDir, storage);
      if (!low.isEmpty()) {
        LOG.warn("{}", low);
      }
      InFlightTable.Leftover left = InFlightTable.read(LedgerFiles.inFlight(dataDir));
      StartCheck check = StartCheck.run(dataDir, left.acknowledged());
      Connection connection = LedgerDatabase.openForWriting(dataDir);
      try {
        check.cut(connection, clock.instant());
        return open(files, connection, left, options, clock, storage);
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException | IOException e) {
      files.close();
      throw new LedgerException("ledger in " + dataDir + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  private static SqliteLedger open(
      LedgerFiles files,
      Connection connection,
      InFlightTable.Leftover left,
      LedgerOptions options,
      InstantSource clock,
      Storage storage)
      throws SQLException {
    Projection projection = new Projection(connection, storage);
    BatchTable batches = new BatchTable(connection, storage);
    fill(projection, batches.seq(), clock);
    BatchEncoder encoder = projection.encoder();
    Instant now = clock.instant();
    Recovery recovery = new Recovery(projection, encoder, now);
    recovery.run(left.contents(), left.marksAreLast(storage));
    if (encoder.entries() > 0) {
      batches.append(encoder.finish());
      projectAll(projection);
      LOG.warn(
          "attempts of a process that ended without settling: {} booked as assumed, {} released",
          recovery.assumed(),
          recovery.released());
    }
    InFlightTable table =
        InFlightTable.open(
            LedgerFiles.inFlight(files.folder()),
            options.slots(),
            left,
            now.toEpochMilli() << GENERATIONS_PER_MILLI_BITS,
            storage);
    table.acknowledge(batches.seq());
    BatchWriter writer =
        new BatchWriter(options, files.folder(), storage, table, batches, projection, encoder);
    writer.start();
    return new SqliteLedger(files, connection, table, writer);
  }

  /** Projects what is behind; a start that takes long for it says so. */
  private static void fill(Projection projection, long last, InstantSource clock)
      throws SQLException {
    Instant said = clock.instant();
    boolean slow = false;
    while (projection.project(ENTRIES_AT_ONCE) > 0) {
      Instant now = clock.instant();
      if (now.isAfter(said.plus(PROGRESS))) {
        slow = true;
        said = now;
        LOG.info(
            "ledger: filling its tables from its batches: {} of {} ({} %)",
            projection.projectedSeq(), last, 100 * projection.projectedSeq() / last);
      }
    }
    if (slow) {
      LOG.info("ledger: its tables are filled");
    }
  }

  private static void projectAll(Projection projection) throws SQLException {
    while (projection.project(ENTRIES_AT_ONCE) > 0) {
      // One transaction after the other, so that none grows too large.
    }
  }

  /**
   * Empties the tables that are projected from the batches and fills them anew. The data folder
   * must not be in use.
   *
   * @throws LedgerException as {@link #open}
   */
  public static void rebuild(Path dataDir) {
    try (LedgerFiles files = LedgerFiles.lock(dataDir);
        Connection connection = LedgerDatabase.openForWriting(files.folder())) {
      LedgerDatabase.resetProjection(connection);
      try (Projection projection = new Projection(connection, Storage.DISK)) {
        projectAll(projection);
      }
    } catch (SQLException e) {
      throw new LedgerException("ledger in " + dataDir + ": " + e.getMessage(), e);
    }
  }

  @Override
  public List<KeyRecord> keys() {
    try (LedgerReader reader = LedgerReader.open(files.folder())) {
      return reader.keys();
    }
  }

  @Override
  public @Nullable OpenAttempt begin(LedgerEntry.Reserved reserved) {
    if (!writer.hasRoom()) {
      return null;
    }
    KnownProfile profile = profiles.of(reserved);
    int slot = table.take(profile, reserved);
    if (slot < 0) {
      return null;
    }
    LedgerAttempt attempt = new LedgerAttempt(writer, table, slot, reserved.id(), profile);
    writer.submit(attempt, reserved, attempt.reservedDurably());
    return attempt;
  }

  /**
   * Queues an entry that belongs to no open attempt. The same id with the same content again is
   * taken and changes nothing. The future fails with {@link LedgerException}, and the ledger stays
   * in order, where an id stands for another content, a key is unknown, or the attempt to correct
   * has not settled.
   *
   * @throws IllegalArgumentException if the entry is one of an open attempt
   */
  @Override
  public CompletableFuture<Void> append(LedgerEntry entry) {
    if (entry instanceof LedgerEntry.Redacted) {
      throw new IllegalArgumentException("entry: " + entry + " (expected: only of a Redaction)");
    }
    // Encoded once here, so that an entry that cannot be written fails its caller alone.
    LedgerTables.body(entry);
    CompletableFuture<Void> durable = writer.submit(null, entry, new CompletableFuture<>());
    writer.hurry();
    return durable;
  }

  @Override
  public CompletableFuture<Map<AccountKey, AccountRecord>> accounts(Collection<AccountKey> keys) {
    List<AccountKey> asked = List.copyOf(keys);
    return writer.ask(accounts -> accounts.records(asked));
  }

  @Override
  public CompletableFuture<List<AccountRecord>> unclosed(@Nullable AccountKey after, int limit) {
    return writer.ask(accounts -> accounts.unclosed(after, limit));
  }

  @Override
  public boolean poisoned() {
    return writer.poisoned();
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    writer.stop();
    // Each is closed whatever happens to the others: the folder's lock must come free.
    try (files;
        connection;
        table) {
      return;
    } catch (SQLException e) {
      throw new LedgerException("ledger in " + files.folder() + ": " + e.getMessage(), e);
    }
  }
}
