package io.stipend.gateway.dialect;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds the bytes at which a scan must stop, eight at a time: most of a body is plain text. */
final class ByteSearch {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long QUOTES = '"' * ONES;
  private static final long ESCAPES = '\\' * ONES;
  private static final long NEW_LINES = '\n' * ONES;
  private static final long RETURNS = '\r' * ONES;

  private ByteSearch() {}

  /** The first quote or backslash; {@code to} if there is none. */
  static int quoteOrEscape(byte[] bytes, int from, int to) {
    return first(bytes, from, to, QUOTES, ESCAPES);
  }

  /** The first line feed or carriage return; {@code to} if there is none. */
  static int lineEnd(byte[] bytes, int from, int to) {
    return first(bytes, from, to, NEW_LINES, RETURNS);
  }

  private static int first(byte[] bytes, int from, int to, long one, long other) {
    int i = from;
    for (; i <= to - Long.BYTES; i += Long.BYTES) {
      long word = (long) LONGS.get(bytes, i);
      long found = zeros(word ^ one) | zeros(word ^ other);
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    while (i < to && bytes[i] != (byte) one && bytes[i] != (byte) other) {
      i++;
    }
    return i;
  }

  /**
   * The high bit of each byte that is zero; of bytes above the lowest such one it may say so
   * wrongly (Hacker's Delight, 6-1).
   */
  private static long zeros(long word) {
    return (word - ONES) & ~word & HIGH_BITS;
  }
}
