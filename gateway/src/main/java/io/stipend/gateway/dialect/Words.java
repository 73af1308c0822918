package io.stipend.gateway.dialect;

/** Text that came from outside, made fit for a message. */
final class Words {
  private Words() {}

  /** The text with every control, format and unpaired character blanked, cut to a length. */
  static String line(String text, int maxLength) {
    boolean cut = text.length() > maxLength;
    int end = cut ? maxLength : text.length();
    StringBuilder line = new StringBuilder(end + 1);
    for (int i = 0; i < end; ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      line.appendCodePoint(isPlain(c) ? c : ' ');
    }
    return cut ? line.append('…').toString() : line.toString();
  }

  /** Whether a character can stand in a log line or a terminal without acting on it. */
  static boolean isPlain(int c) {
    int type = Character.getType(c);
    return type != Character.CONTROL
        && type != Character.FORMAT
        && type != Character.SURROGATE
        && type != Character.UNASSIGNED
        && type != Character.LINE_SEPARATOR
        && type != Character.PARAGRAPH_SEPARATOR;
  }
}
