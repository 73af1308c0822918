package io.stipend.metering.report;

import io.stipend.metering.report.page.Cell;
import io.stipend.metering.report.page.Chart;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How much the people of a group use, without any of them: no figure is the least or the greatest
 * amount of the group, and amounts have three digits, so that none is exactly somebody's.
 *
 * @param people how many
 * @param active how many used something
 * @param atCap how many used up a budget or were refused for one
 * @param quantiles by percent, by nearest rank; null where it would be the least or greatest amount
 * @param gini in millionths: 0 if all use the same, towards 1 if one uses all; null if nothing is
 *     used
 * @param topTenth the part of all that the tenth of people with the highest use has, in millionths;
 *     null where that are fewer than three people, or if nothing is used
 * @param refused how many refusals, by reason
 * @param lorenz tenths or fifths; empty where one would hold fewer than three people
 */
record Spread(
    int people,
    int active,
    int atCap,
    SortedMap<Integer, @Nullable Long> quantiles,
    @Nullable Long gini,
    @Nullable Long topTenth,
    SortedMap<String, Long> refused,
    List<Chart.Point> lorenz) {
  /** What is shown, in percent. */
  static final List<Integer> PERCENTS = List.of(10, 25, 50, 75, 90, 95, 99);

  private static final int LEAST = 3;
  private static final int DIGITS = 3;
  private static final int TENTH = 10;

  /** The reason of a refusal that says that a budget is used up. */
  private static final String BUDGET = "budget_exhausted";

  /**
   * One person, whom nobody sees.
   *
   * @param group where the person is counted
   * @param nanos the cost of what was used, not negative
   * @param usedUp whether an own budget was used up
   * @param refused refusals by reason
   */
  record Person(String group, long nanos, boolean usedUp, SortedMap<String, Long> refused) {
    boolean atCap() {
      return usedUp || refused.containsKey(BUDGET);
    }
  }

  /** Of some people, at least one. */
  static Spread of(Collection<Person> people) {
    List<Long> sorted = people.stream().map(Person::nanos).sorted().toList();
    SortedMap<Integer, @Nullable Long> quantiles = new TreeMap<>();
    for (int percent : PERCENTS) {
      int rank = Exactly.rank(sorted.size(), percent);
      boolean one = rank == 1 || rank == sorted.size();
      quantiles.put(percent, one ? null : rounded(sorted.get(rank - 1)));
    }
    SortedMap<String, Long> refused = new TreeMap<>();
    people.forEach(
        p -> p.refused().forEach((reason, n) -> refused.merge(reason, n, Math::addExact)));
    return new Spread(
        sorted.size(),
        (int) sorted.stream().filter(nanos -> nanos > 0).count(),
        (int) people.stream().filter(Person::atCap).count(),
        quantiles,
        gini(sorted),
        topTenth(sorted),
        refused,
        lorenz(sorted));
  }

  /** p90 / p10 in millionths; null where one of them is not shown or nothing. */
  @Nullable Long ninetyToTen() {
    Long high = quantiles.get(90);
    Long low = quantiles.get(10);
    return high == null || low == null || low == 0 ? null : Exactly.times(high, Cell.WHOLE, low);
  }

  /**
   * The Gini coefficient of amounts x₁ ≤ … ≤ xₙ: (2 Σ i·xᵢ − (n + 1) Σ xᵢ) / (n Σ xᵢ), in
   * millionths; null if their sum is 0.
   */
  static @Nullable Long gini(List<Long> sorted) {
    BigInteger sum = BigInteger.ZERO;
    BigInteger ranked = BigInteger.ZERO;
    for (int i = 0; i < sorted.size(); i++) {
      BigInteger x = BigInteger.valueOf(sorted.get(i));
      sum = sum.add(x);
      ranked = ranked.add(x.multiply(BigInteger.valueOf(i + 1L)));
    }
    BigInteger n = BigInteger.valueOf(sorted.size());
    if (sum.signum() == 0) {
      return null;
    }
    BigInteger above = ranked.shiftLeft(1).subtract(n.add(BigInteger.ONE).multiply(sum));
    return Exactly.divided(above.multiply(BigInteger.valueOf(Cell.WHOLE)), n.multiply(sum));
  }

  private static @Nullable Long topTenth(List<Long> sorted) {
    int top = (sorted.size() + TENTH - 1) / TENTH;
    long all = sum(sorted);
    return top < LEAST || all == 0
        ? null
        : Exactly.share(sum(sorted.subList(sorted.size() - top, sorted.size())), all);
  }

  private static List<Chart.Point> lorenz(List<Long> sorted) {
    long all = sum(sorted);
    int parts = sorted.size() >= LEAST * TENTH ? TENTH : TENTH / 2;
    if (sorted.size() < LEAST * parts || all == 0) {
      return List.of();
    }
    List<Chart.Point> points = new ArrayList<>();
    for (int part = 0; part <= parts; part++) {
      int count = sorted.size() * part / parts;
      points.add(
          new Chart.Point(
              Exactly.share(count, sorted.size()),
              Exactly.share(sum(sorted.subList(0, count)), all)));
    }
    return points;
  }

  private static long sum(List<Long> amounts) {
    return amounts.stream().mapToLong(n -> n).reduce(0, Math::addExact);
  }

  static long rounded(long nanos) {
    return BigDecimal.valueOf(nanos)
        .round(new MathContext(DIGITS, RoundingMode.HALF_UP))
        .longValueExact();
  }
}
