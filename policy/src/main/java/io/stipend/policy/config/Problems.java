package io.stipend.policy.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Collects what is wrong, so that all of it is told at once. */
final class Problems {
  /** More than this tells nobody anything; the rest is counted. */
  private static final int MAX_PROBLEMS = 200;

  /** How much of an offending value is shown. */
  private static final int MAX_SHOWN = 80;

  private final Set<String> notYet;
  private final List<Problem> list = new ArrayList<>();
  private int more;

  /** Of a file in which every key may stand. */
  Problems() {
    this(Set.of());
  }

  /**
   * @param notYet keys that are refused by name
   */
  Problems(Set<String> notYet) {
    this.notYet = notYet;
  }

  boolean isNotYet(String key) {
    return notYet.contains(key);
  }

  void add(Place place, String message) {
    if (list.size() < MAX_PROBLEMS) {
      list.add(new Problem(place.file(), place.line(), place.column(), message));
    } else {
      more++;
    }
  }

  boolean isEmpty() {
    return list.isEmpty();
  }

  /** Whether the message of a further problem would not be shown. */
  boolean isFull() {
    return list.size() == MAX_PROBLEMS;
  }

  int count() {
    return list.size() + more;
  }

  /** All problems, by file, line and column; files in the order in which they were read. */
  List<Problem> sorted() {
    List<String> files = list.stream().map(Problem::file).distinct().toList();
    List<Problem> sorted = new ArrayList<>(list);
    sorted.sort(
        Comparator.comparingInt((Problem p) -> files.indexOf(p.file()))
            .thenComparingInt(Problem::line)
            .thenComparingInt(Problem::column));
    if (more > 0) {
      Problem last = sorted.get(sorted.size() - 1);
      sorted.add(
          new Problem(last.file(), last.line(), last.column(), "and " + more + " more problems"));
    }
    return sorted;
  }

  /** A value as messages show it: quoted, without control characters, not too long. */
  static String shown(String value) {
    String clean = value.replaceAll("\\p{Cntrl}", "?");
    return '"' + (clean.length() > MAX_SHOWN ? clean.substring(0, MAX_SHOWN) + "…" : clean) + '"';
  }
}
