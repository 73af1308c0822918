package io.stipend.metering.price;

import io.stipend.metering.TokenUsage;

/**
 * Prices of one token by meter, in pico-units (10⁻¹² of the currency). A meter that a vendor does
 * not price costs what input costs, so every meter has a price here.
 *
 * @param input uncached input
 * @param cacheRead input read from a prompt cache; never above {@code input}
 * @param cacheWrite5m input written to a prompt cache for five minutes
 * @param cacheWrite1h input written to a prompt cache for one hour
 * @param output everything generated, reasoning included
 */
record Prices(long input, long cacheRead, long cacheWrite5m, long cacheWrite1h, long output) {
  /**
   * The highest price of a token, 1,000 USD per million. With {@link TokenUsage#MAX_COUNT} it keeps
   * the price of one model run within a long.
   */
  static final long MOST = 1_000_000_000L;

  /** The exact price of a usage in pico-units. */
  long of(TokenUsage usage) {
    long cacheWrite5mTokens = usage.cacheWrite() - usage.cacheWrite1h();
    long sum = Math.multiplyExact(usage.input(), input);
    sum = Math.addExact(sum, Math.multiplyExact(usage.cacheRead(), cacheRead));
    sum = Math.addExact(sum, Math.multiplyExact(cacheWrite5mTokens, cacheWrite5m));
    sum = Math.addExact(sum, Math.multiplyExact(usage.cacheWrite1h(), cacheWrite1h));
    return Math.addExact(sum, Math.multiplyExact(usage.output(), output));
  }

  /** The most that a token of input can cost, whatever the cache does with it. */
  long dearestInput() {
    return Math.max(Math.max(input, cacheRead), Math.max(cacheWrite5m, cacheWrite1h));
  }

  /** The dearer of both, meter by meter. */
  Prices max(Prices o) {
    return new Prices(
        Math.max(input, o.input),
        Math.max(cacheRead, o.cacheRead),
        Math.max(cacheWrite5m, o.cacheWrite5m),
        Math.max(cacheWrite1h, o.cacheWrite1h),
        Math.max(output, o.output));
  }
}
