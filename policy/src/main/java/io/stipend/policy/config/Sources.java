package io.stipend.policy.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
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

  /** Bytes of the list of people: some millions of them. */
  private static final int MAX_LIST_BYTES = 512 * 1_024 * 1_024;

  private final Map<Path, SourceFile> files = new LinkedHashMap<>();
  private final MessageDigest digest = sha256();

  /** What a file holds, or null with the reason given to the caller. */
  byte @Nullable [] read(Path path, boolean hashed, Consumer<String> problem) {
    return read(path, MAX_BYTES, hashed, problem);
  }

  /** What the list of people holds, or null with the reason given to the caller. */
  byte @Nullable [] readList(Path path, Consumer<String> problem) {
    return read(path, MAX_LIST_BYTES, true, problem);
  }

  private byte @Nullable [] read(
      Path path, int maxBytes, boolean hashed, Consumer<String> problem) {
    files.putIfAbsent(path, SourceFile.of(path));
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = read(in, Math.min(Files.size(path), maxBytes), maxBytes + 1);
      if (bytes.length > maxBytes) {
        problem.accept(path + " is larger than " + maxBytes + " bytes");
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

  /** As many bytes as there are up to a bound, in one piece if there are as many as expected. */
  private static byte[] read(InputStream in, long expected, int most) throws IOException {
    byte[] bytes = new byte[(int) expected];
    int length = in.readNBytes(bytes, 0, bytes.length);
    byte[] more = in.readNBytes(most - length);
    if (length == bytes.length && more.length == 0) {
      return bytes;
    }
    byte[] all = Arrays.copyOf(bytes, length + more.length);
    System.arraycopy(more, 0, all, length, more.length);
    return all;
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
