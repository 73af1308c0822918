package io.stipend.metering.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * The disk under a simulated process. While it is stalled the writer stands before its commit, so
 * that what is queued behind it, and what a crash then finds, is decided by the program and not by
 * threads. A crash keeps an image of the files as the disk had them, and the process goes on in a
 * copy of that.
 */
public final class SimulatedDisk implements Storage, AutoCloseable {
  private static final int PAGE = 4096;
  private static final int SECTOR = 512;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** How a process dies, and what is left. */
  public enum Crash {
    /** Killed before its commit. */
    KILLED_BEFORE,
    /** Killed after its commit, before anybody was told. */
    KILLED_AFTER,
    /** Killed in its commit: the log's end is torn. */
    TORN_LOG,
    /** Killed after its commit, and the last batch lost a part of itself. */
    TORN_BATCH,
    /** The power went: of memory-mapped pages older versions are left, or torn ones. */
    POWER_CUT
  }

  private enum Fault {
    NONE,
    BEFORE,
    AFTER
  }

  private final Path root;
  private int generation;
  private Path folder;
  private long run = 1;

  private boolean stalled;
  private boolean waiting;
  private int permits;
  private boolean holdAfter;
  private boolean waitingAfter;
  private boolean killed;
  private Fault fault = Fault.NONE;
  private Commit faulty = Commit.BATCH;

  /** The in-flight table as the operating system last wrote it back. */
  private byte[] writtenBack = new byte[0];

  /** A disk with an empty data folder in {@code root}. */
  public SimulatedDisk(Path root) {
    this.root = root;
    folder = root.resolve("data-0");
  }

  /** The data folder now. */
  public Path folder() {
    return folder;
  }

  /** Opens the real ledger on this disk. */
  public SqliteLedger open(int slots, InstantSource clock) {
    LedgerOptions options = new LedgerOptions(slots, 100_000, 4, () -> {});
    SqliteLedger ledger = SqliteLedger.open(folder, options, clock, this);
    writeBack();
    return ledger;
  }

  /** From now on commits of batches wait. */
  public synchronized void stall() {
    stalled = true;
  }

  public synchronized boolean stalled() {
    return stalled;
  }

  /** Lets all go on. */
  public synchronized void unstall() {
    stalled = false;
    notifyAll();
  }

  /** Lets one commit pass. */
  public synchronized void passOne() {
    permits++;
    waiting = false;
    notifyAll();
  }

  /** Whether the writer stands before a commit. */
  public synchronized boolean waiting() {
    return waiting;
  }

  /** The next commit of this kind fails: before it, or after it as if before. */
  public synchronized void failNext(boolean tables, boolean after) {
    faulty = tables ? Commit.TABLES : Commit.BATCH;
    fault = after ? Fault.AFTER : Fault.BEFORE;
  }

  /** What makes {@link #await} look again. */
  public synchronized void changed() {
    notifyAll();
  }

  /** Waits until something is so; the condition is asked under this disk's lock. */
  public synchronized void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    try {
      while (!condition.getAsBoolean()) {
        if (System.nanoTime() > end) {
          throw new AssertionError("never came: " + what);
        }
        wait(1_000);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public synchronized void beforeCommit(Commit what) throws SQLException {
    if (what == Commit.BATCH) {
      while (stalled && permits == 0 && !killed) {
        waiting = true;
        notifyAll();
        pause();
      }
      waiting = false;
      permits = Math.max(0, permits - 1);
    }
    failIf(what, Fault.BEFORE);
  }

  @Override
  public synchronized void afterCommit(Commit what) throws SQLException {
    while (what == Commit.BATCH && holdAfter && !killed) {
      waitingAfter = true;
      notifyAll();
      pause();
    }
    failIf(what, Fault.AFTER);
  }

  private void failIf(Commit what, Fault when) throws SQLException {
    if (killed || (fault == when && faulty == what)) {
      throw new SQLiteException(
          killed ? "killed" : "simulated disk fault", SQLiteErrorCode.SQLITE_IOERR_FSYNC);
    }
  }

  private void pause() throws SQLException {
    try {
      wait();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SQLException(e);
    }
  }

  @Override
  public long usableBytes(Path of) {
    return Long.MAX_VALUE;
  }

  @Override
  public long run() {
    return run;
  }

  /** The operating system writes the in-flight table back. */
  public void writeBack() {
    writtenBack = bytes(LedgerFiles.inFlight(folder));
  }

  /** The writer stands before a commit: dies there. The old process must then be closed. */
  public Image crash(Crash how, Random random) {
    Map<String, byte[]> before = read();
    Map<String, byte[]> after = before;
    boolean commits =
        how == Crash.KILLED_AFTER
            || how == Crash.TORN_LOG
            || how == Crash.TORN_BATCH
            || (how == Crash.POWER_CUT && random.nextBoolean());
    if (commits) {
      synchronized (this) {
        holdAfter = true;
        permits = 1;
        waiting = false;
        notifyAll();
        await("a commit", () -> waitingAfter);
      }
      after = read();
    }
    Map<String, byte[]> image = new HashMap<>(after);
    String log = LedgerFiles.database(folder).getFileName() + "-wal";
    if (how == Crash.TORN_LOG) {
      image.put(log, torn(before.getOrDefault(log, new byte[0]), after.get(log), random));
    } else if (how == Crash.POWER_CUT) {
      String table = LedgerFiles.inFlight(folder).getFileName().toString();
      image.put(table, lost(after.get(table), random));
      run++;
    }
    synchronized (this) {
      killed = true;
      notifyAll();
    }
    return new Image(image, how == Crash.TORN_BATCH);
  }

  /**
   * What a crash left.
   *
   * @param files by name
   * @param tearBatch whether the last batch is to be cut short
   */
  public record Image(Map<String, byte[]> files, boolean tearBatch) {}

  /** The disk of the next process. */
  public void restore(Image image) {
    Path old = folder;
    folder = root.resolve("data-" + ++generation);
    try {
      Files.createDirectories(folder);
      for (Map.Entry<String, byte[]> file : image.files().entrySet()) {
        Files.write(folder.resolve(file.getKey()), file.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (image.tearBatch()) {
      tearLastBatch();
    }
    delete(old);
    reset();
  }

  /** A new process on the same disk. */
  public synchronized void reset() {
    stalled = false;
    waiting = false;
    permits = 0;
    holdAfter = false;
    waitingAfter = false;
    killed = false;
    fault = Fault.NONE;
  }

  private void tearLastBatch() {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(folder));
        Statement statement = connection.createStatement()) {
      statement.execute(
          "update batch set blob = substr(blob, 1, length(blob) - 3)"
              + " where seq = (select max(seq) from batch)");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The new log up to somewhere, and there the old one. */
  private static byte[] torn(byte[] before, byte[] after, Random random) {
    int same = Math.max(0, Arrays.mismatch(before, after));
    int until = same + random.nextInt(Math.max(1, after.length - same));
    byte[] torn = Arrays.copyOf(after, until);
    if (before.length > until) {
      torn = Arrays.copyOf(torn, before.length);
      System.arraycopy(before, until, torn, until, before.length - until);
    }
    return torn;
  }

  /** Each page new or old, and some a mixture. */
  private byte[] lost(byte[] now, Random random) {
    byte[] lost = now.clone();
    for (int at = 0; at < lost.length; at += PAGE) {
      int kind = random.nextInt(4);
      for (int part = at; part < Math.min(at + PAGE, lost.length); part += SECTOR) {
        boolean old = kind == 0 || kind == 1 || (kind == 2 && random.nextBoolean());
        if (old && part + SECTOR <= writtenBack.length) {
          System.arraycopy(writtenBack, part, lost, part, SECTOR);
        }
      }
    }
    return lost;
  }

  private Map<String, byte[]> read() {
    Map<String, byte[]> files = new HashMap<>();
    try (Stream<Path> all = Files.list(folder)) {
      all.filter(file -> !file.toString().endsWith("-shm"))
          .forEach(file -> files.put(file.getFileName().toString(), bytes(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  private static byte[] bytes(Path file) {
    try {
      return ByteBuffer.wrap(Files.readAllBytes(file)).array();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    delete(root);
  }
}
