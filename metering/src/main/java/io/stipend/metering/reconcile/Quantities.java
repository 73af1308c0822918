package io.stipend.metering.reconcile;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Names every difference in tokens. Of all sets of reasons that the attempts of a group could show,
 * the one is taken that leaves least to weaker evidence, and of these the smallest; what an attempt
 * at the edge of a day explains on one day it explains on the other.
 */
final class Quantities {
  /** All subsets of so many are tried. */
  private static final int MOST_EFFECTS = 15;

  private final Books books;
  private final Effects effects;
  private final Residue residue;
  private final Moves moves;

  Quantities(Books books, Scope scope, RowPricing pricing) {
    this.books = books;
    effects = new Effects(books, scope, pricing);
    residue = new Residue(pricing);
    moves = new Moves(books, pricing);
  }

  /** Notes what is found in each group. */
  void name() {
    moves.find();
    for (Group group : List.copyOf(books.groups())) {
      if (differs(group)) {
        solve(group, Set.of());
      }
    }
    matchEdges();
  }

  private static boolean differs(Group group) {
    return group.hasUsage() && !group.open().isZero();
  }

  /** A set of effects and what names the rest. */
  private record Solution(List<Finding> effects, Residue.Named rest) {
    int rank() {
      return rest.rank();
    }

    boolean isBetterThan(@Nullable Solution other) {
      if (other == null || rank() != other.rank()) {
        return other == null || rank() < other.rank();
      }
      int size = effects.size() + rest.findings().size();
      return size < other.effects.size() + other.rest.findings().size();
    }
  }

  /**
   * Finds the reasons of a group.
   *
   * @param edges attempts that are known to be counted on another day
   */
  private int solve(Group group, Set<String> edges) {
    List<Finding> all = effects.of(group);
    if (all.size() > MOST_EFFECTS) {
      all = all.subList(0, MOST_EFFECTS);
    }
    Residue.Shown shown = Residue.Shown.of(group);
    Solution best = null;
    for (int set = 0; set < 1 << all.size(); set++) {
      List<Finding> chosen = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        if ((set & 1 << i) != 0) {
          chosen.add(all.get(i));
        }
      }
      if (holds(chosen, edges)) {
        Solution solution = solution(group, shown, chosen);
        best = solution.isBetterThan(best) ? solution : best;
      }
    }
    if (best == null) {
      return 0;
    }
    best.effects().forEach(group::found);
    best.rest().findings().forEach(group::found);
    return best.rank();
  }

  private static boolean holds(List<Finding> chosen, Set<String> edges) {
    Set<String> moved = new HashSet<>();
    for (Finding effect : chosen) {
      if (effect.reason() == Reason.DAY_EDGE) {
        effect.rows().forEach(row -> moved.add(row.attempt()));
      }
    }
    return moved.containsAll(edges);
  }

  private Solution solution(Group group, Residue.Shown shown, List<Finding> chosen) {
    MeterSums left = group.open();
    long requests = group.findings().stream().mapToLong(Finding::requests).sum();
    Set<String> found = new HashSet<>();
    for (Finding effect : chosen) {
      left = left.minus(effect.tokens());
      requests += effect.requests();
      effect.rows().stream().filter(GatewayRow::isGuess).forEach(row -> found.add(row.attempt()));
    }
    return new Solution(chosen, residue.name(group, shown, left, found, requests));
  }

  /** What was found on one side of midnight only is tried on the other. */
  private void matchEdges() {
    for (Group group : List.copyOf(books.groups())) {
      for (GatewayRow row : movedOver(group)) {
        boolean leaves = row.key().equals(group.key());
        GroupKey key = leaves ? group.key().on(row.endDay()) : row.key();
        Group other = books.find(key);
        if (other == null || movedOver(other).stream().anyMatch(r -> same(r, row))) {
          continue;
        }
        retry(other, row);
      }
    }
  }

  private static boolean same(GatewayRow a, GatewayRow b) {
    return a.attempt().equals(b.attempt());
  }

  private void retry(Group group, GatewayRow row) {
    List<Finding> before = group.findings();
    boolean unexplained = has(before, Reason.UNEXPLAINED);
    Set<String> edges = new HashSet<>();
    movedOver(group).forEach(one -> edges.add(one.attempt()));
    edges.add(row.attempt());
    group.found(before.stream().filter(Quantities::isRenamed).toList());
    solve(group, edges);
    boolean solved = !group.open().isZero() || group.findings().isEmpty();
    if (solved || (!unexplained && has(group.findings(), Reason.UNEXPLAINED))) {
      group.found(before);
    }
  }

  /** Whether it counts attempts in another group. */
  static boolean isMove(Finding finding) {
    return isRenamed(finding) || finding.reason() == Reason.DAY_EDGE;
  }

  private static boolean isRenamed(Finding finding) {
    boolean named =
        finding.reason() == Reason.SERVICE_TIER || finding.reason() == Reason.ALIAS_OR_PRICE_CHANGE;
    return named && !finding.tokens().isZero();
  }

  private static boolean has(List<Finding> findings, Reason reason) {
    return findings.stream().anyMatch(finding -> finding.reason() == reason);
  }

  /** The attempts that a group's findings count on another day. */
  private static List<GatewayRow> movedOver(Group group) {
    return group.findings().stream()
        .filter(finding -> finding.reason() == Reason.DAY_EDGE)
        .flatMap(finding -> finding.rows().stream())
        .toList();
  }
}
