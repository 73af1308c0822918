package io.stipend.policy.identity;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A secret file in the data folder that only its owner may read; made at first use. */
public final class SecretFile {
  private static final Logger LOG = LoggerFactory.getLogger(SecretFile.class);

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private SecretFile() {}

  /**
   * The bytes of the file. A missing one is made whole or not at all, with mode 0600; one that
   * others may read is closed to them.
   *
   * @param path in a folder that exists
   * @param length how many bytes it holds
   * @throws IOException if it cannot be read or made, or has another length
   */
  public static byte[] readOrCreate(Path path, int length, SecureRandom random) throws IOException {
    byte[] bytes =
        readOrCreate(
            path,
            () -> {
              byte[] made = new byte[length];
              random.nextBytes(made);
              return made;
            });
    if (bytes.length != length) {
      throw new IOException(path + ": " + bytes.length + " bytes (expected: " + length + ")");
    }
    return bytes;
  }

  /**
   * The same of a file of another content, which is made where there is none.
   *
   * @throws IOException if it cannot be read or made
   */
  static byte[] readOrCreate(Path path, Supplier<byte[]> content) throws IOException {
    if (!Files.exists(path)) {
      create(path, content.get());
    }
    byte[] bytes = Files.readAllBytes(path);
    if (isPosix(path) && !Files.getPosixFilePermissions(path).equals(OWNER_ONLY)) {
      LOG.warn("{}: others could read it; its mode is 0600 again", path);
      Files.setPosixFilePermissions(path, OWNER_ONLY);
    }
    return bytes;
  }

  private static void create(Path path, byte[] bytes) throws IOException {
    Path made = path.resolveSibling(path.getFileName() + ".new");
    Files.deleteIfExists(made);
    FileAttribute<?>[] mode =
        isPosix(Objects.requireNonNull(path.toAbsolutePath().getParent()))
            ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
            : new FileAttribute<?>[0];
    try (FileChannel out =
        FileChannel.open(
            made, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode)) {
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      while (rest.hasRemaining()) {
        out.write(rest);
      }
      out.force(true);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(made + ": another process makes it at this moment", e);
    }
    Files.move(made, path, StandardCopyOption.ATOMIC_MOVE);
  }

  private static boolean isPosix(Path path) throws IOException {
    return Files.getFileStore(path).supportsFileAttributeView("posix");
  }
}
