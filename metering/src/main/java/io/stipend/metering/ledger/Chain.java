package io.stipend.metering.ledger;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** How a batch proves all batches before it. */
final class Chain {
  private static final int HASH_BYTES = 32;

  private Chain() {}

  /** What stands before the first batch. */
  static byte[] genesis() {
    return new byte[HASH_BYTES];
  }

  /** {@code SHA-256(prevHash || seq as 8 bytes, highest first || blob)}. */
  static byte[] hash(byte[] prevHash, long seq, byte[] blob) {
    return hash(sha256(), prevHash, seq, blob);
  }

  /** The same by a digest of the caller's own, which can be used again. */
  static byte[] hash(MessageDigest sha256, byte[] prevHash, long seq, byte[] blob) {
    sha256.update(prevHash);
    sha256.update(ByteBuffer.allocate(Long.BYTES).putLong(seq).array());
    return sha256.digest(blob);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java platform", e);
    }
  }

  /**
   * What is wrong with a batch that stands where another is expected; null if nothing is.
   *
   * <p>This is the one place that decides it: a content that does not hash to what stands there is
   * right only if a redaction left it.
   *
   * @param previous hash of the batch before; null if it is not known
   * @param redactions of the same ledger
   */
  static @Nullable String problem(
      long expected,
      long seq,
      byte @Nullable [] previous,
      byte[] prevHash,
      byte[] hash,
      byte[] blob,
      Redactions redactions)
      throws SQLException {
    if (seq != expected) {
      return "batch " + expected + ": missing (found: " + seq + ")";
    }
    if (previous != null && !Arrays.equals(prevHash, previous)) {
      return "batch "
          + seq
          + ": does not continue batch "
          + (seq - 1)
          + ": "
          + hex(prevHash)
          + " (expected: "
          + hex(previous)
          + ")";
    }
    byte[] computed = hash(prevHash, seq, blob);
    if (!Arrays.equals(hash, computed) && !redactions.cover(seq, blob)) {
      return "batch "
          + seq
          + ": content and hash differ: "
          + hex(hash)
          + " (expected: "
          + hex(computed)
          + ")";
    }
    return null;
  }

  private static String hex(byte[] hash) {
    return HexFormat.of().formatHex(hash);
  }

  static LedgerHead head(long seq, byte[] hash) {
    return new LedgerHead(seq, HexFormat.of().formatHex(hash));
  }
}
