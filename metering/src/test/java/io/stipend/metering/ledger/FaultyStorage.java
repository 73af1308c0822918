package io.stipend.metering.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** A disk whose n-th commit fails, or that is slow, full or about to be. */
class FaultyStorage implements Storage {
  /** When a commit fails. */
  enum Moment {
    BEFORE,
    AFTER
  }

  private final AtomicLong commits = new AtomicLong();
  private final AtomicLong batches = new AtomicLong();
  private Moment moment = Moment.BEFORE;
  private long failing = Long.MAX_VALUE;
  private SQLiteErrorCode code = SQLiteErrorCode.SQLITE_IOERR_FSYNC;
  private long delayNanos;
  private boolean tableFileFails;
  private long usableBytes = 10L << 30;

  /** The n-th commit from now on fails, 1 being the next, and with it all others. */
  FaultyStorage failing(long n, Moment at, SQLiteErrorCode with) {
    failing = commits.get() + n;
    moment = at;
    code = with;
    return this;
  }

  FaultyStorage slow(long millis) {
    delayNanos = millis * 1_000_000;
    return this;
  }

  FaultyStorage withoutRoomForTheTable() {
    tableFileFails = true;
    return this;
  }

  FaultyStorage withUsableBytes(long bytes) {
    usableBytes = bytes;
    return this;
  }

  /** Batches that were committed. */
  long batches() {
    return batches.get();
  }

  /** Commits of batches and tables that were begun. */
  long commits() {
    return commits.get();
  }

  @Override
  public void beforeCommit(Commit what) throws SQLException {
    long n = commits.incrementAndGet();
    long end = System.nanoTime() + (what == Commit.BATCH ? delayNanos : 0);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
    if (n >= failing && moment == Moment.BEFORE) {
      throw fault();
    }
  }

  @Override
  public void afterCommit(Commit what) throws SQLException {
    if (commits.get() >= failing && moment == Moment.AFTER) {
      throw fault();
    }
    if (what == Commit.BATCH) {
      batches.incrementAndGet();
    }
  }

  private SQLException fault() {
    return new SQLiteException(code.message, code);
  }

  @Override
  public void tableFileWritten() throws IOException {
    if (tableFileFails) {
      throw new IOException("No space left on device");
    }
  }

  @Override
  public long usableBytes(Path folder) {
    return usableBytes;
  }
}
