package io.stipend.gateway.http;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Which characters a header field may hold, read or written (RFC 9110, 5.1 and 5.5). */
public final class FieldGrammar {
  private static final int BYTES = 256;
  private static final boolean[] TOKEN = new boolean[BYTES];
  private static final boolean[] VALUE = new boolean[BYTES];
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGH_BITS = ONES << 7;
  private static final long SPACES = ' ' * ONES;
  private static final int DELETE = 0x7f;
  private static final long DELETES = DELETE * ONES;

  static {
    for (int c = '0'; c <= 'z'; c++) {
      TOKEN[c] = Character.isLetterOrDigit(c);
    }
    for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
      TOKEN[c] = true;
    }
    for (int c = ' '; c < BYTES; c++) {
      VALUE[c] = c != DELETE;
    }
    VALUE['\t'] = true;
  }

  private FieldGrammar() {}

  /** Whether a name may hold this character: letters, digits and some signs. */
  public static boolean isToken(char c) {
    return c < BYTES && TOKEN[c];
  }

  /** Whether a name may hold this byte. */
  public static boolean isToken(byte b) {
    return TOKEN[b & 0xff];
  }

  /** Whether a value may hold this character: no control character but the tab. */
  public static boolean isValue(char c) {
    return c < BYTES && VALUE[c];
  }

  /** Whether a value may hold this byte. */
  public static boolean isValue(byte b) {
    return VALUE[b & 0xff];
  }

  /** The index of the first byte that a value may not hold; {@code to} if there is none. */
  public static int valueEnd(byte[] bytes, int from, int to) {
    int i = from;
    while (i <= to - Long.BYTES) {
      long eight = (long) LONG.get(bytes, i);
      long noDeletes = eight ^ DELETES;
      // The lowest of these bits is exact, those above it may be borrowed.
      long control = ((eight - SPACES) & ~eight) | ((noDeletes - ONES) & ~noDeletes);
      control &= HIGH_BITS;
      if (control == 0) {
        i += Long.BYTES;
        continue;
      }
      i += Long.numberOfTrailingZeros(control) / Byte.SIZE;
      if (bytes[i] != '\t') {
        return i;
      }
      i++;
    }
    while (i < to && isValue(bytes[i])) {
      i++;
    }
    return i;
  }
}
