package io.stipend.metering.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** The data folder and its lock: only one process at a time may write here. */
final class LedgerFiles implements AutoCloseable {
  private static final String DATABASE = "ledger.db";
  private static final String IN_FLIGHT = "in-flight.table";
  private static final String LOCK = "lock";

  private final Path folder;
  private final FileChannel lockFile;

  private LedgerFiles(Path folder, FileChannel lockFile) {
    this.folder = folder;
    this.lockFile = lockFile;
  }

  /** Makes the folder if missing, takes its lock and makes the files for this owner only. */
  static LedgerFiles lock(Path folder) {
    try {
      if (!Files.isDirectory(folder)) {
        Files.createDirectories(folder, ownerOnly("rwx------"));
      }
      createFile(folder.resolve(LOCK));
      createFile(folder.resolve(DATABASE));
      FileChannel lockFile =
          FileChannel.open(folder.resolve(LOCK), StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (tryLock(lockFile) == null) {
        String holder = holder(lockFile);
        lockFile.close();
        throw new LedgerException(
            "data folder " + folder + ": in use by " + holder + " (expected: one at a time)", null);
      }
      lockFile.truncate(0);
      lockFile.write(
          ByteBuffer.wrap(
              Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
      return new LedgerFiles(folder, lockFile);
    } catch (IOException e) {
      throw new LedgerException(
          "data folder " + folder + ": " + e + " (expected: a folder that can be written)", e);
    }
  }

  static Path database(Path folder) {
    return folder.resolve(DATABASE);
  }

  static Path inFlight(Path folder) {
    return folder.resolve(IN_FLIGHT);
  }

  Path folder() {
    return folder;
  }

  /** Makes an empty file that only its owner can read, if there is none. */
  static void createFile(Path file) throws IOException {
    try {
      Files.createFile(file, ownerOnly("rw-------"));
    } catch (FileAlreadyExistsException e) {
      // Made by an earlier run, with the same permissions or those that its owner chose since.
    }
  }

  private static FileAttribute<?>[] ownerOnly(String permissions) {
    if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
      return new FileAttribute<?>[0];
    }
    return new FileAttribute<?>[] {
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
    };
  }

  private static @Nullable FileLock tryLock(FileChannel lockFile) throws IOException {
    try {
      return lockFile.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private static String holder(FileChannel lockFile) throws IOException {
    ByteBuffer pid = ByteBuffer.allocate(32);
    int length = lockFile.read(pid, 0);
    return length <= 0
        ? "another process"
        : "process " + new String(pid.array(), 0, length, StandardCharsets.US_ASCII).trim();
  }

  /** Gives the lock back. */
  @Override
  public void close() {
    try {
      lockFile.close();
    } catch (IOException e) {
      throw new LedgerException("data folder " + folder + ": lock not released: " + e, e);
    }
  }
}
