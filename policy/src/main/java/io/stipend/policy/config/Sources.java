package io.stipend.policy.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The files that a configuration is read from: bounded reads, and one hash over all of them. */
final class Sources {
  /** Bytes of one file. */
  private static final int MAX_BYTES = 64 * 1_024 * 1_024;

  private final Map<Path, SourceFile> files = new LinkedHashMap<>();
  private final MessageDigest digest = sha256();

  /** What a file holds, or null with the reason given to the caller. */
  byte @Nullable [] read(Path path, boolean hashed, Consumer<String> problem) {
    files.putIfAbsent(path, SourceFile.of(path));
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        problem.accept(path + " is larger than " + MAX_BYTES + " bytes");
        return null;
      }
      if (hashed) {
        digest.update(bytes);
      }
      return bytes;
    } catch (NoSuchFileException e) {
      problem.accept(path + " does not exist (expected: a file)");
    } catch (IOException e) {
      problem.accept(path + " cannot be read (" + e.getClass().getSimpleName() + ")");
    }
    return null;
  }

  /** Every file that was asked for, also those that could not be read. */
  List<SourceFile> files() {
    return List.copyOf(files.values());
  }

  /** SHA-256, in hex, over the hashed files one after the other, in the order of reading. */
  String hash() {
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
