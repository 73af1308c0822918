package io.stipend.metering;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** "Did you mean": the nearest known word, for the messages of every reader and command. */
public final class Suggestion {
  /** Longer words are not compared: the table would be large and the guess worthless. */
  private static final int MAX_LENGTH = 64;

  private Suggestion() {}

  /** The known word that is nearest to what was written; null if none is near. */
  public static @Nullable String nearest(String written, Collection<String> known) {
    if (written.length() > MAX_LENGTH) {
      return null;
    }
    String best = null;
    int bestDistance = Math.max(1, written.length() / 3) + 1;
    for (String word : known) {
      if (Math.abs(word.length() - written.length()) < bestDistance) {
        int distance = distance(written.toLowerCase(Locale.ROOT), word.toLowerCase(Locale.ROOT));
        if (distance < bestDistance) {
          best = word;
          bestDistance = distance;
        }
      }
    }
    return best;
  }

  /** {@code ; did you mean "x"?} or nothing, to end a message with. */
  public static String hint(String written, Collection<String> known) {
    String nearest = nearest(written, known);
    return nearest == null ? "" : "; did you mean \"" + nearest + "\"?";
  }

  /** Insertions, deletions, replacements and swaps of neighbours that make one of the other. */
  private static int distance(String a, String b) {
    int[] beforeLast = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replace = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replace, 1 + Math.min(last[j], row[j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
      }
      int[] spare = beforeLast;
      beforeLast = last;
      last = row;
      row = spare;
    }
    return last[b.length()];
  }
}
