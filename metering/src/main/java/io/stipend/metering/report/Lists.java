package io.stipend.metering.report;

import java.util.Comparator;
import java.util.List;

/** An order of keys that are several words. */
final class Lists {
  /** Word by word; lists of one length. */
  static final Comparator<List<String>> ORDER =
      (a, b) -> {
        for (int i = 0; i < a.size(); i++) {
          int order = a.get(i).compareTo(b.get(i));
          if (order != 0) {
            return order;
          }
        }
        return 0;
      };

  private Lists() {}
}
