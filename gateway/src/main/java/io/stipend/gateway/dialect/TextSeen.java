package io.stipend.gateway.dialect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The generated text of a stream: how much came, and its beginning for counting. */
final class TextSeen {
  /** The most text that is kept for counting; what comes after is counted in bytes alone. */
  static final int MAX_KEPT_BYTES = 256 * 1_024;

  private static final int FIRST_BYTES = 512;

  private byte[] kept = {};
  private int keptLength;
  private long bytes;
  private long events;

  /** One string of generated text, as it stands in JSON. */
  void add(byte[] source, int from, int to, boolean escaped) {
    int room = MAX_KEPT_BYTES - keptLength;
    if (escaped && room > 0) {
      byte[] text = JsonText.unescaped(source, from, to);
      bytes += text.length;
      keep(text, 0, Math.min(room, text.length));
    } else {
      bytes += to - from;
      keep(source, from, Math.min(room, to - from));
    }
  }

  private void keep(byte[] source, int from, int length) {
    if (length <= 0) {
      return;
    }
    if (keptLength + length > kept.length) {
      int grown = Math.max(FIRST_BYTES, Math.max(keptLength + length, 2 * kept.length));
      kept = Arrays.copyOf(kept, Math.min(grown, MAX_KEPT_BYTES));
    }
    System.arraycopy(source, from, kept, keptLength, length);
    keptLength += length;
  }

  /** One event carried text. */
  void event() {
    events++;
  }

  long bytes() {
    return bytes;
  }

  long events() {
    return events;
  }

  String text() {
    return new String(kept, 0, keptLength, StandardCharsets.UTF_8);
  }

  void clear() {
    kept = new byte[0];
    keptLength = 0;
  }
}
