package io.stipend.metering.ledger;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Stops a process at the n-th write of one kind and says so, to be killed there. */
final class KillPoint implements Storage {
  /** The line that is printed at the point. */
  static final String REACHED = "reached .";

  /** A kind of write, and how many of it a run surely has. */
  enum Kind {
    BEFORE_BATCH(40),
    AFTER_BATCH(40),
    BEFORE_TABLES(6),
    AFTER_TABLES(6),
    SLOT(500),
    TABLE_FILE(1);

    final int most;

    Kind(int most) {
      this.most = most;
    }
  }

  private final Kind kind;
  private final AtomicInteger left;

  private KillPoint(Kind kind, int n) {
    this.kind = kind;
    this.left = new AtomicInteger(n);
  }

  /** Of {@code KIND:n}. */
  static Storage parse(String text) {
    String[] parts = text.split(":");
    return new KillPoint(Kind.valueOf(parts[0]), Integer.parseInt(parts[1]));
  }

  private void at(Kind here) {
    if (here != kind || left.decrementAndGet() != 0) {
      return;
    }
    PrintStream out = System.out;
    synchronized (out) {
      out.writeBytes((REACHED + "\n").getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }
    while (true) {
      LockSupport.park();
    }
  }

  @Override
  public void beforeCommit(Commit what) {
    at(what == Commit.BATCH ? Kind.BEFORE_BATCH : Kind.BEFORE_TABLES);
  }

  @Override
  public void afterCommit(Commit what) {
    at(what == Commit.BATCH ? Kind.AFTER_BATCH : Kind.AFTER_TABLES);
  }

  @Override
  public void tableFileWritten() {
    at(Kind.TABLE_FILE);
  }

  @Override
  public void slotWritten() {
    at(Kind.SLOT);
  }
}
