package io.stipend.gateway.dialect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Follows the strings and the depth of one JSON object, byte by byte, and keeps the values of those
 * of its own fields that are asked for: its memory is bounded whatever the size of the object, and
 * long strings are passed over. It checks no grammar, because the bytes go to the client as they
 * came.
 */
abstract class TopFields implements JsonString {
  /** The longest value that is kept; a longer one is none. */
  private static final int MAX_KEPT_BYTES = 64 * 1_024;

  /** The longest key of interest. */
  private static final int MAX_KEY_BYTES = 24;

  private static final int FIRST_KEPT_BYTES = 64;
  private static final int NONE = -1;

  private final byte[][] names;
  private int depth;
  private boolean inString;
  private boolean escape;

  /** The beginning of the last string, which becomes a key if a colon follows. */
  private final byte[] string = new byte[MAX_KEY_BYTES];

  /** Long, since a provider's string may be longer than any array. */
  private long stringLength;

  private final byte[] key = new byte[MAX_KEY_BYTES];
  private int keyLength;

  /** The value being kept, from after its colon. */
  private byte[] kept = {};

  private int keptLength;

  /** Which field it is of. */
  private int keptField = NONE;

  TopFields(String... names) {
    this.names = EventScan.keys(names);
  }

  /**
   * A value has ended.
   *
   * @param field its index among the names
   * @param raw begins with it and the space around it; valid during the call only
   */
  abstract void value(int field, byte[] raw, int length);

  /** An object or a list begins, in which values are so deep: those of the root are at 1. */
  void opened(int at) {}

  /** A string stands there that is not empty. */
  void string(int at, long bytes) {}

  /** The object or list ends whose values are so deep. */
  void closed(int at) {}

  /** Takes the next bytes. */
  final void scan(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      int plain = inString && !escape && keptField == NONE ? plain(bytes, i, to) : 0;
      stringLength += plain;
      i += plain;
      if (i < to) {
        step(bytes[i++]);
      }
    }
  }

  /** Whether the object has begun and not ended. */
  final boolean isOpen() {
    return depth > 0;
  }

  /** Begins another object. */
  final void restart() {
    depth = 0;
    inString = false;
    escape = false;
    stringLength = 0;
    keyLength = 0;
    forget();
  }

  /** Lets go of the value that is being kept. */
  final void forget() {
    keptField = NONE;
    kept = new byte[0];
  }

  /** How many bytes of a long string can be passed over: neither its end, an escape nor a key. */
  private int plain(byte[] bytes, int from, int to) {
    return stringLength < MAX_KEY_BYTES ? 0 : ByteSearch.quoteOrEscape(bytes, from, to) - from;
  }

  private void step(byte b) {
    if (inString) {
      inString(b);
      return;
    }
    switch (b) {
      case '"' -> {
        inString = true;
        stringLength = 0;
      }
      case ':' -> colon();
      case ',', '}', ']' -> separator(b);
      case '{', '[' -> {
        depth++;
        opened(depth);
        keyLength = 0;
      }
      default -> {}
    }
    if (b != ':' || depth > 1) {
      keep(b);
    }
  }

  private void inString(byte b) {
    keep(b);
    if (escape) {
      escape = false;
    } else if (b == '\\') {
      escape = true;
    } else if (b == '"') {
      inString = false;
      return;
    }
    if (stringLength < MAX_KEY_BYTES) {
      string[(int) stringLength] = b;
    }
    stringLength++;
  }

  private void colon() {
    keyLength = (int) Math.max(0, Math.min(stringLength, MAX_KEY_BYTES));
    System.arraycopy(string, 0, key, 0, keyLength);
    stringLength = -1;
    int field = depth == 1 ? field() : NONE;
    if (field != NONE) {
      keptField = field;
      kept = new byte[FIRST_KEPT_BYTES];
      keptLength = 0;
    }
  }

  private int field() {
    for (int i = 0; i < names.length; i++) {
      if (keyIs(names[i])) {
        return i;
      }
    }
    return NONE;
  }

  @Override
  public final boolean keyIs(byte[] name) {
    return Arrays.equals(key, 0, keyLength, name, 0, name.length);
  }

  @Override
  public final boolean valueIs(byte[] ascii) {
    int begun = (int) Math.min(stringLength, MAX_KEY_BYTES);
    return stringLength == ascii.length && Arrays.equals(string, 0, begun, ascii, 0, begun);
  }

  private void separator(byte b) {
    if (stringLength > 0) {
      string(depth, stringLength);
    }
    stringLength = -1;
    if (depth == 1) {
      finish();
    }
    if (b != ',') {
      closed(depth);
      depth--;
    }
    keyLength = 0;
  }

  private void keep(byte b) {
    if (keptField == NONE) {
      return;
    }
    if (keptLength == MAX_KEPT_BYTES) {
      forget();
      return;
    }
    if (keptLength == kept.length) {
      kept = Arrays.copyOf(kept, Math.min(MAX_KEPT_BYTES, 2 * kept.length));
    }
    kept[keptLength++] = b;
  }

  /** A top-level value has ended. */
  private void finish() {
    int field = keptField;
    if (field != NONE) {
      byte[] raw = kept;
      forget();
      value(field, raw, keptLength);
    }
  }

  /**
   * A value as a word.
   *
   * @param old what holds if it is none, or too long
   */
  static @Nullable String word(byte[] value, int length, int maxLength, @Nullable String old) {
    int from = 0;
    while (from < length && value[from] <= ' ') {
      from++;
    }
    int to = length;
    while (to > from && value[to - 1] <= ' ') {
      to--;
    }
    if (to - from <= 2 || value[from] != '"' || to - from > maxLength) {
      return old;
    }
    return new String(JsonText.unescaped(value, from + 1, to - 1), StandardCharsets.UTF_8);
  }
}
