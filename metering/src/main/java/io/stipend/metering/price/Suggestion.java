package io.stipend.metering.price;

import java.util.Collection;
import java.util.Comparator;

/** The known word that someone who wrote another one may have meant. */
final class Suggestion {
  /** More edits than this turn a word into another word. */
  private static final int MOST_EDITS = 3;

  private Suggestion() {}

  /** A sentence such as {@code , did you mean output?}; empty if no known word is near. */
  static String of(String word, Collection<String> known) {
    return known.stream()
        .filter(k -> edits(word, k) <= Math.min(MOST_EDITS, k.length() / 2))
        .min(Comparator.comparingInt(k -> edits(word, k)))
        .map(k -> ", did you mean " + k + "?")
        .orElse("");
  }

  /** Levenshtein distance, one row at a time. */
  private static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replace = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
