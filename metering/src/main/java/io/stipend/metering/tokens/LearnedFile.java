package io.stipend.metering.tokens;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what was learned across restarts, in the file {@code learned} of the data folder.
 *
 * <p>This is a cache and nothing else: the ledger alone says what was used and what it cost. A
 * missing, torn or newer file is reported once and the gateway starts with nothing learned; the
 * file affects how much is held, never what anything means. It can be deleted at any time.
 *
 * <p>Form: magic, version, length and CRC-32C of what follows (four bytes each, big-endian), then
 * the tables of {@link Learned}. It is written whole to another file, synced and renamed, so that a
 * crash leaves the old or the new one. Reading and writing block.
 */
public final class LearnedFile {
  private static final Logger LOG = LoggerFactory.getLogger(LearnedFile.class);

  static final String NAME = "learned";
  private static final String NEXT = "learned.new";
  private static final int MAGIC = 0x5354_4c4e;

  static final int VERSION = 1;
  private static final int HEAD_BYTES = 16;

  /** Far above the largest: 100,000 rows of a few hundred bytes. */
  private static final long MAX_BYTES = 256L << 20;

  private final Path folder;
  private long savedLessons;
  private boolean failing;

  /** The file of this data folder, which exists. */
  public LearnedFile(Path dataDir) {
    this.folder = dataDir;
  }

  /** What an earlier run learned; null if it is not known. Reports a file that cannot be used. */
  public synchronized @Nullable Learned load() {
    Path file = folder.resolve(NAME);
    try {
      return Files.exists(file) ? read(file) : null;
    } catch (IOException e) {
      LOG.warn("{}: {}; what to hold is learned anew, nothing else is lost", file, e.getMessage());
      return null;
    }
  }

  private static Learned read(Path file) throws IOException {
    long size = Files.size(file);
    if (size < HEAD_BYTES || size > MAX_BYTES) {
      throw new IOException(size + " bytes (expected: " + HEAD_BYTES + ".." + MAX_BYTES + ")");
    }
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    if (bytes.getInt() != MAGIC) {
      throw new IOException("not a file of this kind");
    }
    int version = bytes.getInt();
    if (version != VERSION) {
      throw new IOException("version " + version + " (expected: " + VERSION + ")");
    }
    int length = bytes.getInt();
    int checksum = bytes.getInt();
    if (length != bytes.remaining() || checksum != checksum(bytes)) {
      throw new IOException("torn or damaged");
    }
    return Learned.readFrom(
        new DataInputStream(new ByteArrayInputStream(bytes.array(), HEAD_BYTES, length)));
  }

  /** Writes what was learned, if it changed. A failure is reported once until it works again. */
  public synchronized void save(Learned learned) {
    long lessons = learned.lessons();
    if (lessons == savedLessons) {
      return;
    }
    try {
      write(learned);
      savedLessons = lessons;
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        LOG.warn("{}: not written: {}; a restart learns anew", folder.resolve(NAME), e.toString());
      }
      failing = true;
    }
  }

  /**
   * Forgets what was learned of one principal, while nobody else uses the file.
   *
   * @throws IOException if the file cannot be written
   */
  public synchronized void forget(String principal) throws IOException {
    Files.deleteIfExists(folder.resolve(NEXT));
    Learned learned = load();
    if (learned == null) {
      // Not readable, so not to be searched either.
      Files.deleteIfExists(folder.resolve(NAME));
    } else if (learned.forget(principal)) {
      write(learned);
    }
  }

  private void write(Learned learned) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    learned.writeTo(new DataOutputStream(body));
    ByteBuffer bytes = ByteBuffer.allocate(HEAD_BYTES + body.size());
    bytes.position(HEAD_BYTES).put(body.toByteArray());
    bytes.position(HEAD_BYTES);
    int checksum = checksum(bytes);
    bytes.putInt(0, MAGIC).putInt(4, VERSION).putInt(8, body.size()).putInt(12, checksum);
    bytes.rewind();
    Path next = folder.resolve(NEXT);
    Files.deleteIfExists(next);
    try (FileChannel file =
        FileChannel.open(
            next, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly())) {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
      file.force(true);
    }
    Files.move(
        next,
        folder.resolve(NAME),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    syncFolder();
  }

  /** Makes the rename last; where a folder cannot be opened, the file system does so itself. */
  private void syncFolder() throws IOException {
    if (posix()) {
      try (FileChannel opened = FileChannel.open(folder, StandardOpenOption.READ)) {
        opened.force(true);
      }
    }
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }

  private static FileAttribute<?>[] ownerOnly() {
    return posix()
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean posix() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  }
}
