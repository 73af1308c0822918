package io.stipend.metering;

import java.util.List;

/**
 * What one meter adds to a charge: so many at so much each. All lines of an attempt together,
 * rounded up once, are its cost.
 *
 * @param meter one of {@link #TOKENS} or {@link #MEDIA_TOKENS}, or the {@link Meter#label} of what
 *     is no token; each token stands in one line only
 * @param quantity how many; negative only in what a correction takes away
 * @param picos the price of one that was charged, in pico-units (10⁻¹²) of the currency
 * @param listPicos the price of one on the vendor's list at that instant; the charged one where no
 *     list has one
 */
public record ChargeLine(String meter, long quantity, long picos, long listPicos) {
  /** Input tokens that were in no cache. */
  public static final String INPUT = "input";

  /** Input tokens read from a prompt cache. */
  public static final String CACHE_READ = "cache_read";

  /** Input tokens written to a prompt cache for five minutes. */
  public static final String CACHE_WRITE_5M = "cache_write_5m";

  /** Input tokens written to a prompt cache for one hour. */
  public static final String CACHE_WRITE_1H = "cache_write_1h";

  /** Tokens that were generated, reasoning included. */
  public static final String OUTPUT = "output";

  /** The meters of tokens, in the order of lines. */
  public static final List<String> TOKENS =
      List.of(INPUT, CACHE_READ, CACHE_WRITE_5M, CACHE_WRITE_1H, OUTPUT);

  /** The meters of tokens of audio and images, which are in none of {@link #TOKENS} then. */
  public static final List<String> MEDIA_TOKENS =
      List.of(
          "input_audio",
          "input_image",
          "cache_read_audio",
          "cache_read_image",
          "output_audio",
          "output_image");

  /** Refuses negative prices: a discount is a lower price. */
  public ChargeLine {
    if (picos < 0 || listPicos < 0) {
      throw new IllegalArgumentException(
          meter + ": " + picos + ", list " + listPicos + " (expected: prices >= 0)");
    }
  }

  /** Whether its quantity is of tokens. */
  public boolean isTokens() {
    return TOKENS.contains(meter) || MEDIA_TOKENS.contains(meter);
  }

  /** The exact cost in pico-units. */
  public long cost() {
    return Math.multiplyExact(quantity, picos);
  }

  /** The exact cost at list prices in pico-units. */
  public long listCost() {
    return Math.multiplyExact(quantity, listPicos);
  }

  /** The same of another quantity. */
  public ChargeLine of(long other) {
    return new ChargeLine(meter, other, picos, listPicos);
  }
}
