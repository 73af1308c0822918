package io.stipend.gateway.dialect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A pull scanner over the JSON of one stream event. It finds values by key and depth without
 * decoding them and allocates nothing, because it runs over every event; it checks no grammar,
 * because the bytes go to the client as they came. Broken JSON ends the scan.
 */
final class EventScan implements JsonString {
  /** What {@link #next} found. */
  enum Found {
    STRING,
    /** A number, a boolean or a null. */
    LITERAL,
    OPEN,
    CLOSE,
    END
  }

  private static final int MAX_DIGITS = 15;

  private final int maxDepth;
  private byte[] bytes = {};
  private int at;
  private int to;
  private int depth;
  private int keyStart;
  private int keyEnd;
  private boolean keyEscaped;
  private int start;
  private int end;
  private boolean escaped;

  /** Deeper nesting than this ends a scan. */
  EventScan(int maxDepth) {
    this.maxDepth = maxDepth;
  }

  /** Begins over these bytes. */
  void over(byte[] source, int from, int end) {
    bytes = source;
    at = from;
    to = end;
    depth = 0;
    keyEnd = -1;
  }

  /** Moves to the next value, or to the end of an object or list. */
  Found next() {
    keyEnd = -1;
    while (at < to) {
      byte b = bytes[at];
      switch (b) {
        case ' ', '\n', '\r', '\t', ',', ':' -> at++;
        case '{', '[' -> {
          start = at++;
          depth++;
          at = depth > maxDepth ? to : at;
          return depth > maxDepth ? Found.END : Found.OPEN;
        }
        case '}', ']' -> {
          end = ++at;
          depth--;
          return Found.CLOSE;
        }
        case '"' -> {
          if (!string()) {
            return Found.END;
          }
          if (keyEnd < 0 || keyEnd != end) {
            return Found.STRING;
          }
        }
        default -> {
          literal();
          return Found.LITERAL;
        }
      }
    }
    return Found.END;
  }

  /** Reads a string; where a colon follows it is a key. */
  private boolean string() {
    int from = at + 1;
    int i = ByteSearch.quoteOrEscape(bytes, from, to);
    boolean sawEscape = i < to && bytes[i] == '\\';
    while (i < to && bytes[i] == '\\') {
      i = ByteSearch.quoteOrEscape(bytes, Math.min(to, i + 2), to);
    }
    if (i >= to) {
      at = to;
      return false;
    }
    start = from;
    end = i;
    escaped = sawEscape;
    at = i + 1;
    int after = at;
    while (after < to && isSpace(bytes[after])) {
      after++;
    }
    if (after < to && bytes[after] == ':') {
      keyStart = start;
      keyEnd = end;
      keyEscaped = sawEscape;
      at = after + 1;
    }
    return true;
  }

  private void literal() {
    start = at;
    while (at < to && !isSpace(bytes[at]) && ",:}]{[\"".indexOf(bytes[at]) < 0) {
      at++;
    }
    end = at;
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  /** Passes over the object or list that {@link #next} has just opened. */
  void skip() {
    int outer = depth - 1;
    Found found = Found.OPEN;
    while (found != Found.END && !(found == Found.CLOSE && depth == outer)) {
      found = next();
    }
  }

  /** How deep the value stands: 1 in the root object. For an opened one: how deep it is inside. */
  int depth() {
    return depth;
  }

  /** First byte of the value; of a string, after its quote. */
  int start() {
    return start;
  }

  /** After the last byte of the value; of a string, at its quote. */
  int end() {
    return end;
  }

  /** Whether the string holds escapes. */
  boolean escaped() {
    return escaped;
  }

  boolean isObject() {
    return bytes[start] == '{';
  }

  @Override
  public boolean keyIs(byte[] name) {
    if (keyEnd < 0) {
      return false;
    }
    return keyEscaped
        ? Arrays.equals(name, JsonText.unescaped(bytes, keyStart, keyEnd))
        : Arrays.equals(bytes, keyStart, keyEnd, name, 0, name.length);
  }

  /** Whether the value's key is one of these. */
  boolean keyIn(byte[][] names) {
    for (byte[] name : names) {
      if (keyIs(name)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean valueIs(byte[] ascii) {
    return Arrays.equals(bytes, start, end, ascii, 0, ascii.length);
  }

  /** The string, escapes undone; cut to so many bytes before that. */
  String text(int maxBytes) {
    int cut = Math.min(end, start + maxBytes);
    return new String(JsonText.unescaped(bytes, start, cut), StandardCharsets.UTF_8);
  }

  /** A whole number that is no less than 0; -1 if the value is none, or is too long. */
  long number() {
    if (end == start || end - start > MAX_DIGITS) {
      return -1;
    }
    long value = 0;
    for (int i = start; i < end; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  /** The keys as bytes. */
  static byte[][] keys(String... names) {
    byte[][] keys = new byte[names.length][];
    for (int i = 0; i < names.length; i++) {
      keys[i] = key(names[i]);
    }
    return keys;
  }

  static byte[] key(String name) {
    return name.getBytes(StandardCharsets.US_ASCII);
  }
}
