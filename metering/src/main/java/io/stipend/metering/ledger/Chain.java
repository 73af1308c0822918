package io.stipend.metering.ledger;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

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
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(prevHash);
      sha256.update(ByteBuffer.allocate(Long.BYTES).putLong(seq).array());
      return sha256.digest(blob);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java platform", e);
    }
  }

  static LedgerHead head(long seq, byte[] hash) {
    return new LedgerHead(seq, HexFormat.of().formatHex(hash));
  }
}
