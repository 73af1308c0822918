package io.stipend.metering.report;

import io.stipend.metering.report.MeterSums.Used;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Why the cost of one range of time differs from that of another, in four terms that sum up to the
 * whole difference, to the nano-unit.
 *
 * <p>It is the price-volume-mix analysis of management accounting with one more step for the prompt
 * cache, by successive substitution: one factor after the other goes from its baseline to its
 * actual value, and each step's difference is the term of that factor. With q the quantity and p
 * the unit price of meter k in group g of model m, capital letters for sums, 0 for the baseline and
 * 1 for the actual range:
 *
 * <ul>
 *   <li>S₀ = C₀, the baseline cost
 *   <li>S₁ = C₀ × T₁ / T₀, T all tokens: as many tokens as now at the old average
 *   <li>S₂ = Σ Q₁(m,g) × C₀(m,g) / Q₀(m,g): as now among models, input, output and other meters,
 *       each at its old average
 *   <li>S₃ = Σ q₁(m,k) × C₀(m,k) / q₀(m,k): as now within input too, among fresh input, cache reads
 *       and cache writes, each at its old price
 *   <li>S₄ = C₁, the actual cost
 * </ul>
 *
 * <p>volume = S₁ − S₀, mix = S₂ − S₁, cache = S₃ − S₂, price = S₄ − S₃. What has no old price is
 * taken at its actual cost: a new model is mix, the first use of a cache is cache. Without tokens
 * in the baseline all of the difference is volume. S₁ to S₃ are rounded to nano-units, half to
 * even, each once. Money without a quantity (a correction of the cost alone) is price.
 *
 * @param baseline the cost before
 * @param volume of more or fewer tokens
 * @param mix of other shares of models, input and output
 * @param cache of another share of cached input
 * @param price of other unit prices
 * @param actual the cost now
 */
record Variance(long baseline, long volume, long mix, long cache, long price, long actual) {
  /** Digits after a nano-unit that a product keeps before products are summed up. */
  private static final int SCALE = 12;

  private static final Set<String> CACHE =
      Set.of("cache_read", "cache_write_5m", "cache_write_1h", "cache_write");

  /** What is compared. */
  static Variance of(Map<String, MeterSums> before, Map<String, MeterSums> now) {
    long first = nanos(before);
    long last = nanos(now);
    long tokensBefore = tokens(before);
    if (tokensBefore <= 0) {
      return new Variance(first, Math.subtractExact(last, first), 0, 0, 0, last);
    }
    long volume =
        rounded(
            BigDecimal.valueOf(first)
                .multiply(BigDecimal.valueOf(tokens(now)))
                .divide(BigDecimal.valueOf(tokensBefore), SCALE, RoundingMode.HALF_EVEN));
    BigDecimal mix = BigDecimal.ZERO;
    BigDecimal cache = BigDecimal.ZERO;
    for (String model : new TreeSet<>(now.keySet())) {
      Map<String, Used> actual = meters(now, model);
      Map<String, Used> old = meters(before, model);
      mix = mix.add(atOldPrices(grouped(actual), grouped(old)));
      cache = cache.add(atOldPrices(actual, old));
    }
    long mixed = rounded(mix);
    long cached = rounded(cache);
    return new Variance(
        first,
        Math.subtractExact(volume, first),
        Math.subtractExact(mixed, volume),
        Math.subtractExact(cached, mixed),
        Math.subtractExact(last, cached),
        last);
  }

  /** All four terms. */
  long difference() {
    return Math.subtractExact(actual, baseline);
  }

  private static BigDecimal atOldPrices(Map<String, Used> actual, Map<String, Used> old) {
    BigDecimal sum = BigDecimal.ZERO;
    for (Map.Entry<String, Used> entry : actual.entrySet()) {
      Used now = entry.getValue();
      Used before = old.get(entry.getKey());
      if (entry.getKey().equals(MeterSums.AMOUNT)) {
        continue;
      }
      sum =
          sum.add(
              before == null || before.quantity() <= 0
                  ? now.cost()
                  : BigDecimal.valueOf(now.quantity())
                      .multiply(before.cost())
                      .divide(
                          BigDecimal.valueOf(before.quantity()), SCALE, RoundingMode.HALF_EVEN));
    }
    return sum;
  }

  /** Fresh input, cache reads and cache writes of one kind of content are one group. */
  private static Map<String, Used> grouped(Map<String, Used> meters) {
    Map<String, Used> groups = new HashMap<>();
    meters.forEach((meter, used) -> groups.merge(group(meter), used, Used::plus));
    return groups;
  }

  static String group(String meter) {
    for (String content : new String[] {"_audio", "_image"}) {
      if (meter.equals("cache_read" + content)) {
        return "input" + content;
      }
    }
    return CACHE.contains(meter) ? "input" : meter;
  }

  private static Map<String, Used> meters(Map<String, MeterSums> models, String model) {
    MeterSums sums = models.get(model);
    return sums == null ? Map.of() : sums.meters();
  }

  private static long tokens(Map<String, MeterSums> models) {
    return models.values().stream().mapToLong(MeterSums::tokens).reduce(0, Math::addExact);
  }

  private static long nanos(Map<String, MeterSums> models) {
    return models.values().stream().mapToLong(MeterSums::nanos).reduce(0, Math::addExact);
  }

  private static long rounded(BigDecimal nanos) {
    return nanos.setScale(0, RoundingMode.HALF_EVEN).longValueExact();
  }
}
