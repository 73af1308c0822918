package io.stipend.metering.price;

/**
 * What a token of text costs by meter, in pico-units (10⁻¹² of the currency): the prices of one
 * model, tier and size of request.
 *
 * @param input uncached input
 * @param cacheRead input read from a prompt cache
 * @param cacheWrite5m input written to a prompt cache for five minutes
 * @param cacheWrite1h input written to a prompt cache for one hour
 * @param output everything generated, reasoning included
 */
public record MeterPrices(
    long input, long cacheRead, long cacheWrite5m, long cacheWrite1h, long output) {
  static MeterPrices of(Prices prices) {
    return new MeterPrices(
        prices.input(),
        prices.cacheRead(),
        prices.cacheWrite5m(),
        prices.cacheWrite1h(),
        prices.output());
  }
}
