package io.stipend.metering.export;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Remembers texts that a format takes as they are: nearly all texts of a row were in one before.
 * For any thread without locks: a place that was taken by another text only means that a text is
 * looked at again.
 */
final class PlainTexts {
  private static final int PLACES = 1 << 12;

  private final Predicate<String> plain;
  private final @Nullable String[] known = new @Nullable String[PLACES];

  /**
   * @param plain whether a text is taken as it is
   */
  PlainTexts(Predicate<String> plain) {
    this.plain = plain;
  }

  boolean isPlain(String text) {
    int hash = text.hashCode();
    int place = (hash ^ hash >>> 16) & (PLACES - 1);
    if (text.equals(known[place])) {
      return true;
    }
    boolean is = plain.test(text);
    if (is) {
      known[place] = text;
    }
    return is;
  }
}
