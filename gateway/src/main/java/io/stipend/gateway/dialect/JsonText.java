package io.stipend.gateway.dialect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The text of a JSON string. */
final class JsonText {
  private static final int HEX_DIGITS = 4;

  private JsonText() {}

  /**
   * The UTF-8 of what stands between the quotes, escapes undone. An escape that is none stays as it
   * stands; half a surrogate pair becomes a question mark.
   */
  static byte[] unescaped(byte[] bytes, int from, int to) {
    int first = ByteSearch.quoteOrEscape(bytes, from, to);
    while (first < to && bytes[first] != '\\') {
      first = ByteSearch.quoteOrEscape(bytes, first + 1, to);
    }
    if (first == to) {
      return Arrays.copyOfRange(bytes, from, to);
    }
    StringBuilder text = new StringBuilder(to - from);
    int run = from;
    int i = first;
    while (i < to) {
      if (bytes[i] != '\\' || i + 1 == to) {
        i++;
        continue;
      }
      text.append(new String(bytes, run, i - run, StandardCharsets.UTF_8));
      i = escape(bytes, i, to, text);
      run = i;
    }
    text.append(new String(bytes, run, to - run, StandardCharsets.UTF_8));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static int escape(byte[] bytes, int at, int to, StringBuilder text) {
    byte kind = bytes[at + 1];
    if (kind == 'u' && at + 2 + HEX_DIGITS <= to) {
      int unit = 0;
      for (int k = 0; k < HEX_DIGITS; k++) {
        unit = unit << 4 | (Character.digit(bytes[at + 2 + k], 16) & 0xF);
      }
      text.append((char) unit);
      return at + 2 + HEX_DIGITS;
    }
    text.append(
        switch (kind) {
          case 'n' -> '\n';
          case 't' -> '\t';
          case 'r' -> '\r';
          case 'b' -> '\b';
          case 'f' -> '\f';
          default -> (char) (kind & 0x7F);
        });
    return at + 2;
  }
}
