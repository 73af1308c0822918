package io.stipend.gateway.http;

import io.netty.util.AsciiString;

/** Which characters the parts of a head may hold (RFC 9110, 5.5 and 5.6.2), each a byte. */
public final class Grammar {
  private static final int BYTES = 256;
  private static final boolean[] TOKEN = new boolean[BYTES];
  private static final boolean[] VALUE = new boolean[BYTES];

  static {
    for (int c = '0'; c <= 'z'; c++) {
      TOKEN[c] = Character.isLetterOrDigit(c);
    }
    for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
      TOKEN[c] = true;
    }
    for (int c = ' '; c < BYTES; c++) {
      VALUE[c] = c != 0x7f;
    }
    VALUE['\t'] = true;
  }

  private Grammar() {}

  /** Whether a field's name may hold this byte. */
  public static boolean isToken(byte b) {
    return TOKEN[b & 0xff];
  }

  /** Whether a field's value may hold this byte. */
  public static boolean isValue(byte b) {
    return VALUE[b & 0xff];
  }

  /** Whether this is a field's name: a token. */
  public static boolean isName(CharSequence text) {
    return text.length() > 0 && holds(text, TOKEN);
  }

  /** Whether this can stand as a field's value. */
  public static boolean isValue(CharSequence text) {
    return holds(text, VALUE);
  }

  private static boolean holds(CharSequence text, boolean[] allowed) {
    if (text instanceof AsciiString ascii) {
      byte[] bytes = ascii.array();
      int end = ascii.arrayOffset() + ascii.length();
      for (int i = ascii.arrayOffset(); i < end; i++) {
        if (!allowed[bytes[i] & 0xff]) {
          return false;
        }
      }
      return true;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= BYTES || !allowed[c]) {
        return false;
      }
    }
    return true;
  }
}
