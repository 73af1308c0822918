package io.stipend.gateway.admin;

import io.stipend.policy.config.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * How a command on the same machine reaches a running gateway: two files in the data folder, {@code
 * admin-key} (mode 0600, made at first start, kept) and {@code admin-address} (there while a
 * gateway runs). Whoever can read the data folder's key may administer; nobody else.
 */
public final class AdminAccess {
  private static final String KEY_FILE = "admin-key";
  private static final String ADDRESS_FILE = "admin-address";
  private static final int KEY_BYTES = 32;
  private static final int MIN_KEY_LENGTH = 32;
  private static final String PREFIX = "sta_";

  private final Path data;
  private final String key;

  private AdminAccess(Path data, String key) {
    this.data = data;
    this.key = key;
  }

  /**
   * For a gateway: reads the admin key of a data folder, which must exist; makes one if there is
   * none.
   *
   * @throws UncheckedIOException if the key file is readable by others, or holds no key
   */
  public static AdminAccess open(Path data) {
    Path file = data.resolve(KEY_FILE);
    try {
      if (Files.notExists(file)) {
        create(file);
      }
      return new AdminAccess(data, readKey(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * For a command: the key and address of the gateway that uses this folder; empty if none does.
   */
  static Optional<Reachable> find(Path data) {
    try {
      String address = Files.readString(data.resolve(ADDRESS_FILE)).strip();
      return Optional.of(new Reachable(address, readKey(data.resolve(KEY_FILE))));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where a gateway listens, and its key. */
  record Reachable(String address, String key) {
    /** Whether this is what the gateway of this folder makes of a challenge. */
    boolean proves(String challenge, String proof) {
      return MessageDigest.isEqual(digest(AdminAccess.proof(key, challenge)), digest(proof));
    }

    @Override
    public String toString() {
      return address;
    }
  }

  /**
   * Tells commands where this gateway's admin listener is bound; a wildcard is reached by loopback.
   */
  public void publish(InetSocketAddress bound) {
    InetAddress ip = bound.getAddress();
    String host =
        ip.isAnyLocalAddress()
            ? InetAddress.getLoopbackAddress().getHostAddress()
            : ip.getHostAddress();
    String address = new HostPort(host, bound.getPort()).toString();
    Path file = data.resolve(ADDRESS_FILE);
    try {
      Path fresh = Files.createTempFile(data, ADDRESS_FILE, ".tmp");
      Files.writeString(fresh, address + "\n");
      Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("admin address: " + file, e);
    }
  }

  /** Tells commands that no gateway runs here any more. */
  public void withdraw() {
    try {
      Files.deleteIfExists(data.resolve(ADDRESS_FILE));
    } catch (IOException e) {
      throw new UncheckedIOException("admin address in " + data, e);
    }
  }

  /** Whether this is the key; takes the same time for every wrong one. */
  boolean admits(String candidate) {
    return MessageDigest.isEqual(digest(candidate), digest(key));
  }

  /** What only a holder of the key can make of a challenge, in hex. */
  String proof(String challenge) {
    return proof(key, challenge);
  }

  private static String proof(String key, String challenge) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(challenge.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static void create(Path file) throws IOException {
    byte[] random = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(random);
    String key = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random) + "\n";
    FileAttribute<Set<PosixFilePermission>> ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    Path fresh =
        Files.createTempFile(file.toAbsolutePath().getParent(), KEY_FILE, ".tmp", ownerOnly);
    try {
      Files.writeString(fresh, key, StandardOpenOption.SYNC);
      Files.createLink(file, fresh);
    } catch (FileAlreadyExistsException e) {
      // Another process was first; its key stands.
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static String readKey(Path file) throws IOException {
    Set<PosixFilePermission> modes = Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS);
    modes.remove(PosixFilePermission.OWNER_READ);
    modes.remove(PosixFilePermission.OWNER_WRITE);
    if (!modes.isEmpty()) {
      throw new IOException(
          "admin key: "
              + file
              + " is open to others (expected: mode 0600); run chmod 600, or delete it for a new"
              + " one");
    }
    String key = Files.readString(file).strip();
    if (key.length() < MIN_KEY_LENGTH) {
      throw new IOException(
          "admin key: "
              + file
              + " holds "
              + key.length()
              + " characters (expected: at least "
              + MIN_KEY_LENGTH
              + "); delete it for a new one");
    }
    return key;
  }
}
