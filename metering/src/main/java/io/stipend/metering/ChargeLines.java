package io.stipend.metering;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Sums of charge lines. */
public final class ChargeLines {
  /** Pico-units in one nano-unit. */
  private static final long PICOS = 1_000;

  private ChargeLines() {}

  /** What these lines cost in nano-units, rounded up once. */
  public static long nanos(List<ChargeLine> lines) {
    Sum sum = new Sum();
    lines.forEach(line -> sum.add(line.cost()));
    return sum.ceiling();
  }

  /** The same at list prices. */
  public static long listNanos(List<ChargeLine> lines) {
    Sum sum = new Sum();
    lines.forEach(line -> sum.add(line.listCost()));
    return sum.ceiling();
  }

  /** What both have together: one line for each meter and pair of prices, none without quantity. */
  public static List<ChargeLine> plus(List<ChargeLine> one, List<ChargeLine> other) {
    return merged(one, other, 1);
  }

  /** What the first has more than the second; quantities are negative where it has less. */
  public static List<ChargeLine> minus(List<ChargeLine> one, List<ChargeLine> other) {
    return merged(one, other, -1);
  }

  private static List<ChargeLine> merged(List<ChargeLine> one, List<ChargeLine> other, int sign) {
    Map<ChargeLine, Long> sums = new LinkedHashMap<>();
    one.forEach(line -> sums.merge(line.of(0), line.quantity(), Math::addExact));
    other.forEach(line -> sums.merge(line.of(0), sign * line.quantity(), Math::addExact));
    List<ChargeLine> lines = new ArrayList<>(sums.size());
    sums.forEach(
        (line, quantity) -> {
          if (quantity != 0) {
            lines.add(line.of(quantity));
          }
        });
    return List.copyOf(lines);
  }

  /**
   * Whether the tokens of these lines are those of several runs of models: the sum of their usage
   * does not tell what each of them cost.
   */
  public static boolean areOfSeveralRuns(List<ChargeLine> lines) {
    Set<String> meters = new HashSet<>();
    return lines.stream().anyMatch(line -> line.isTokens() && !meters.add(line.meter()));
  }

  /** Whether any of these tokens were audio or images. */
  public static boolean haveMedia(List<ChargeLine> lines) {
    return lines.stream().anyMatch(line -> ChargeLine.MEDIA_TOKENS.contains(line.meter()));
  }

  /** Whether these lines, rounded up once, are this cost in nano-units. */
  static boolean are(List<ChargeLine> lines, long nanos) {
    try {
      return nanos(lines) == nanos;
    } catch (ArithmeticException e) {
      return false;
    }
  }

  /**
   * Whether these lines are this difference of two costs that were each rounded up: they are less
   * than one nano-unit apart.
   */
  public static boolean areDifference(List<ChargeLine> lines, long nanos) {
    try {
      Sum sum = new Sum();
      lines.forEach(line -> sum.add(line.cost()));
      return sum.floor() == nanos || sum.ceiling() == nanos;
    } catch (ArithmeticException e) {
      return false;
    }
  }

  /** Whole nano-units and the rest summed apart: the sum of exact prices could exceed a long. */
  static final class Sum {
    private long nanos;
    private long picos;

    void add(long exact) {
      nanos = Math.addExact(nanos, Math.floorDiv(exact, PICOS));
      picos += Math.floorMod(exact, PICOS);
    }

    long floor() {
      return Math.addExact(nanos, picos / PICOS);
    }

    long ceiling() {
      return Math.addExact(floor(), picos % PICOS == 0 ? 0 : 1);
    }
  }
}
