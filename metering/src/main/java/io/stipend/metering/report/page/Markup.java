package io.stipend.metering.report.page;

/** Text within markup. */
final class Markup {
  private static final char REPLACEMENT = '\uFFFD';

  private Markup() {}

  /** Safe as text and within a quoted attribute; what XML cannot hold is replaced. */
  static String escaped(String text) {
    StringBuilder safe = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.appendCodePoint(isXml(c) ? c : REPLACEMENT);
              }
            });
    return safe.toString();
  }

  /** The production Char of XML 1.0, section 2.2, without C1 controls and marks of direction. */
  private static boolean isXml(int c) {
    if (c < 0x20) {
      return c == '\t' || c == '\n' || c == '\r';
    }
    boolean control = c >= 0x7F && c <= 0x9F;
    boolean direction = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    boolean surrogate = c >= 0xD800 && c <= 0xDFFF;
    return !control && !direction && !surrogate && c != 0xFFFE && c != 0xFFFF;
  }
}
