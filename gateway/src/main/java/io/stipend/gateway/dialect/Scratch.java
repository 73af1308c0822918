package io.stipend.gateway.dialect;

import io.netty.util.concurrent.FastThreadLocal;

/**
 * One array for each event loop, into which a reader copies what it scans: an array is scanned
 * several times faster than a buffer, and nothing of it outlives one call.
 */
final class Scratch {
  private static final int FIRST_BYTES = 16 * 1_024;

  /** A larger array is not kept for the next call. */
  private static final int MAX_KEPT_BYTES = 256 * 1_024;

  private static final FastThreadLocal<byte[]> SPARE = new FastThreadLocal<>();

  private Scratch() {}

  /** An array of at least this length, the caller's alone until it gives it back. */
  static byte[] take(int length) {
    byte[] spare = SPARE.getIfExists();
    SPARE.remove();
    return spare != null && spare.length >= length
        ? spare
        : new byte[Math.max(length, FIRST_BYTES)];
  }

  static void give(byte[] array) {
    if (array.length <= MAX_KEPT_BYTES) {
      SPARE.set(array);
    }
  }
}
