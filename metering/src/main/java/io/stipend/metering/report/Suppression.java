package io.stipend.metering.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which groups are hidden so that no small one can be seen, nor be computed from what is shown.
 *
 * <p>Groups below the least size are hidden. The total of all is shown, so that what is hidden
 * together can be computed by subtraction; therefore, if anything is hidden, more groups are hidden
 * with it, the smallest first, until there are at least two of them with at least the least size of
 * people together (complementary suppression).
 */
final class Suppression {
  private Suppression() {}

  /** The groups that are hidden, by their sizes. */
  static Set<String> hidden(Map<String, Integer> sizes, int least) {
    List<String> order = new ArrayList<>(sizes.keySet());
    order.sort(
        Comparator.comparing((String group) -> sizes.getOrDefault(group, 0))
            .thenComparing(Comparator.naturalOrder()));
    Set<String> hidden = new TreeSet<>();
    int people = 0;
    for (String group : order) {
      int size = sizes.getOrDefault(group, 0);
      boolean enough = hidden.size() >= 2 && people >= least;
      if (size < least || (!hidden.isEmpty() && !enough)) {
        hidden.add(group);
        people += size;
      }
    }
    return hidden;
  }
}
