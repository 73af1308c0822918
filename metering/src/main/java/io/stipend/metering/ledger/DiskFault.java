package io.stipend.metering.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What a disk's failure is called: the folder by name, and what to do about it. */
final class DiskFault {
  /** Below this a failed write is told as a full disk, whatever the code says. */
  private static final long FULL_BYTES = 1 << 20;

  /** Below this a start warns: a busy gateway writes some 100 MB a day for a million exchanges. */
  static final long LOW_BYTES = 512L << 20;

  private static final long MEBIBYTE = 1L << 20;
  private static final int PRIMARY_CODE = 0xFF;

  private DiskFault() {}

  /** One sentence about a failed write in this folder. */
  static String of(Path folder, Throwable fault, Storage storage) {
    long free = free(folder, storage);
    if (full(fault) || (free >= 0 && free < FULL_BYTES)) {
      return "the disk of data folder "
          + folder
          + " is full ("
          + mebibytes(free)
          + " free; expected: room for the ledger; make some, then start again)";
    }
    return "the disk of data folder "
        + folder
        + " failed: "
        + message(fault)
        + " (expected: writes that last; check the disk, then start again)";
  }

  /** A warning for a folder with little room; empty where there is enough. */
  static String low(Path folder, Storage storage) {
    long free = free(folder, storage);
    return free < 0 || free >= LOW_BYTES
        ? ""
        : "data folder "
            + folder
            + ": "
            + mebibytes(free)
            + " free (expected: at least "
            + mebibytes(LOW_BYTES)
            + "; the gateway ends when it cannot write)";
  }

  /** Whether SQLite found its own file broken. */
  static boolean damaged(SQLException fault) {
    int code = code(fault);
    return code == SQLiteErrorCode.SQLITE_CORRUPT.code
        || code == SQLiteErrorCode.SQLITE_NOTADB.code;
  }

  private static boolean full(Throwable fault) {
    for (Throwable e = fault; e != null; e = e.getCause()) {
      if (code(e) == SQLiteErrorCode.SQLITE_FULL.code) {
        return true;
      }
      String message = e.getMessage();
      if (e instanceof IOException
          && message != null
          && message.toLowerCase(Locale.ROOT).contains("no space left")) {
        return true;
      }
    }
    return false;
  }

  private static int code(Throwable fault) {
    return fault instanceof SQLiteException e ? e.getResultCode().code & PRIMARY_CODE : 0;
  }

  private static String message(Throwable fault) {
    String message = fault.getMessage();
    return message == null ? fault.toString() : message;
  }

  private static long free(Path folder, Storage storage) {
    try {
      return storage.usableBytes(folder);
    } catch (IOException e) {
      // A file system that does not tell: nothing is said about room.
      return -1;
    }
  }

  private static String mebibytes(long bytes) {
    return bytes < 0 ? "unknown" : bytes / MEBIBYTE + " MiB";
  }
}
