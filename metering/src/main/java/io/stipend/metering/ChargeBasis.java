package io.stipend.metering;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the lines of a charge are found: nearly always from the prices of tokens and the usage that
 * stands beside them; what cannot be found so is written out.
 *
 * @param tokens prices of all tokens of the usage; null if their lines are written out
 * @param more lines of everything else
 */
public record ChargeBasis(@Nullable TokenPrices tokens, List<ChargeLine> more) {
  /** No line: the cost is an amount, or it is not known what it is made of. */
  public static final ChargeBasis NONE = new ChargeBasis(null, List.of());

  /** Copies the lines. */
  public ChargeBasis {
    more = List.copyOf(more);
  }

  /** These lines and nothing else. */
  public static ChargeBasis of(List<ChargeLine> lines) {
    return lines.isEmpty() ? NONE : new ChargeBasis(null, lines);
  }

  /** Whether there is no line to find. */
  public boolean isNone() {
    return tokens == null && more.isEmpty();
  }

  /**
   * The lines of this usage, those of tokens first, none without a quantity.
   *
   * @param nanos its cost in nano-units
   * @return empty if the lines are not exactly this cost
   */
  public List<ChargeLine> lines(TokenUsage usage, long nanos) {
    if (isNone()) {
      return List.of();
    }
    List<ChargeLine> lines = new ArrayList<>(ChargeLine.TOKENS.size() + more.size());
    TokenPrices prices = tokens;
    if (prices != null) {
      add(lines, prices, 0, usage.input());
      add(lines, prices, 1, usage.cacheRead());
      add(lines, prices, 2, usage.cacheWrite() - usage.cacheWrite1h());
      add(lines, prices, 3, usage.cacheWrite1h());
      add(lines, prices, 4, usage.output());
    }
    lines.addAll(more);
    return ChargeLines.are(lines, nanos) ? List.copyOf(lines) : List.of();
  }

  private static void add(List<ChargeLine> lines, TokenPrices prices, int meter, long quantity) {
    if (quantity != 0) {
      lines.add(
          new ChargeLine(
              ChargeLine.TOKENS.get(meter), quantity, prices.charged(meter), prices.list(meter)));
    }
  }

  /** The same if its lines are exactly this cost, else {@link #NONE}. */
  public ChargeBasis ifExact(TokenUsage usage, long nanos) {
    TokenPrices prices = tokens;
    if (prices != null && more.isEmpty()) {
      // As nearly all are, and this is asked of every attempt: no lines are made for it.
      return usage.total() > 0 && prices.nanos(usage) == nanos ? this : NONE;
    }
    return lines(usage, nanos).isEmpty() ? NONE : this;
  }

  /** What is left when the usage becomes another: lines of tokens that are written out do not. */
  public ChargeBasis ofOtherUsage() {
    return more.stream().anyMatch(ChargeLine::isTokens) ? NONE : this;
  }
}
