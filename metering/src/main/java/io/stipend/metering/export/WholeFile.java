package io.stipend.metering.export;

import io.stipend.metering.ledger.LedgerException;
import java.io.BufferedOutputStream;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;

/** A file that appears whole or not at all, in the place of any old one. */
public final class WholeFile {
  /** End of the names of files that are being written. */
  static final String PART = ".part";

  private static final int BUFFER = 1 << 16;

  private WholeFile() {}

  /** Writes the content to a file that is there, and empty. */
  @FunctionalInterface
  public interface Content {
    /** Writes all of it. */
    void writeTo(Path file) throws IOException;
  }

  /** Writes the content to an open writer. */
  @FunctionalInterface
  public interface Text {
    /** Writes all of it; need not flush. */
    void writeTo(Writer out) throws IOException;
  }

  /**
   * A file's bytes.
   *
   * @param bytes how many
   * @param sha256 their SHA-256, in hex
   */
  public record Digest(long bytes, String sha256) {
    /** Reads a file. */
    public static Digest of(Path file) throws IOException {
      try (InputStream in = Files.newInputStream(file)) {
        MessageDigest digest = newDigest();
        byte[] buffer = new byte[BUFFER];
        long bytes = 0;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          digest.update(buffer, 0, read);
          bytes += read;
        }
        return new Digest(bytes, HexFormat.of().formatHex(digest.digest()));
      }
    }
  }

  /**
   * Writes a file.
   *
   * @return what was written
   * @throws LedgerException if the file cannot be written
   */
  public static Digest write(Path file, Content content) {
    return whole(
        file,
        temporary -> {
          content.writeTo(temporary);
          // An engine may have put a file of its own there, which others could read.
          ownerOnly(temporary);
          return Digest.of(temporary);
        });
  }

  @FunctionalInterface
  private interface Making {
    Digest make(Path file) throws IOException;
  }

  private static Digest whole(Path file, Making content) {
    try {
      Path target = file.toAbsolutePath();
      Path folder = target.getParent();
      if (folder != null && Files.notExists(folder)) {
        throw new NoSuchFileException(folder.toString(), null, "no such folder");
      }
      Path temporary = Files.createTempFile(folder, "." + target.getFileName() + ".", PART);
      try {
        Digest digest = content.make(temporary);
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
        move(temporary, target);
        return digest;
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new LedgerException(
          "export " + file + ": " + e + " (expected: a file in a folder that can be written)", e);
    }
  }

  /** Writes a file of text, in UTF-8. */
  public static Digest writeText(Path file, Text text) {
    return whole(
        file,
        temporary -> {
          MessageDigest digest = newDigest();
          try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            OutputStream bytes =
                new DigestOutputStream(
                    new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER), digest);
            Writer out = new BufferedWriter(new OutputStreamWriter(bytes, StandardCharsets.UTF_8));
            text.writeTo(out);
            out.flush();
            return new Digest(channel.position(), HexFormat.of().formatHex(digest.digest()));
          }
        });
  }

  private static void ownerOnly(Path file) throws IOException {
    if (Files.getFileStore(file).supportsFileAttributeView(PosixFileAttributeView.class)) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
