package io.stipend.metering.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;

/**
 * The ledger's disk, told before and after each thing that must last: the seam at which tests put
 * faults. The files and SQLite are always the real ones; what is thrown here is what they would
 * throw, and whoever waits here is a slow disk.
 *
 * <table>
 *   <caption>What a fault stands for</caption>
 *   <tr><th>thrown by</th><th>means</th></tr>
 *   <tr><td>{@link #beforeCommit}</td><td>the commit failed and left nothing</td></tr>
 *   <tr><td>{@link #afterCommit}</td><td>it was said to have failed, and is on the disk</td></tr>
 *   <tr><td>{@link #tableFileWritten}</td><td>the in-flight table's blocks cannot be had</td></tr>
 * </table>
 *
 * <p>{@link #slotWritten} cannot fail: it is memory. A process that ends there dies between two
 * writes.
 */
interface Storage {
  /** The disk, without faults of its own. */
  Storage DISK = new Storage() {};

  /** Linux tells each run of the kernel from all others. */
  Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  /** What a commit makes last. */
  enum Commit {
    /** A batch: the record. */
    BATCH,
    /** The tables that are projected from the batches; they can be lost. */
    TABLES
  }

  /** Called before the commit, its transaction not begun or not ended. */
  default void beforeCommit(Commit what) throws SQLException {}

  /** Called when it is on the disk, and before anyone is told. */
  default void afterCommit(Commit what) throws SQLException {}

  /** Called when the in-flight table's file has all its blocks, before they are flushed. */
  default void tableFileWritten() throws IOException {}

  /** Called when the state word of a slot was written. */
  default void slotWritten() {}

  /**
   * Which run of the machine this is, from one power-on to the next; 0 if it cannot be told. What a
   * dead process of the same run wrote to mapped memory is all there.
   */
  default long run() {
    try {
      return Math.max(1, Files.readString(BOOT_ID).strip().hashCode() & 0xFFFF_FFFFL);
    } catch (IOException e) {
      return 0;
    }
  }

  /** Bytes that this process can still write in a folder. */
  default long usableBytes(Path folder) throws IOException {
    return Files.getFileStore(folder).getUsableSpace();
  }
}
