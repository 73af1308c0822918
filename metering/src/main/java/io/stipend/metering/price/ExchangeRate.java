package io.stipend.metering.price;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * What one unit of a currency is worth in another one, from a day on.
 *
 * @param from ISO 4217 code of the currency that is converted
 * @param to that of the result
 * @param date the first day, UTC
 * @param until the first day on which it no longer holds, UTC; null if it holds until a later one
 *     of the same currencies
 * @param rate units of {@code to} for one of {@code from}; positive, at most {@link #SCALE}
 *     decimals
 * @param source where it was read
 */
public record ExchangeRate(
    String from,
    String to,
    LocalDate date,
    @Nullable LocalDate until,
    BigDecimal rate,
    String source) {
  /** The most decimals of a rate. */
  public static final int SCALE = 12;

  /** The highest rate: more is a typing error. */
  public static final BigDecimal MOST = BigDecimal.valueOf(1_000_000);

  /** Refuses what is no rate. */
  public ExchangeRate {
    if (rate.signum() <= 0 || rate.scale() > SCALE || rate.compareTo(MOST) > 0) {
      throw new IllegalArgumentException(
          "rate: " + rate + " (expected: above 0, at most " + MOST + ", " + SCALE + " decimals)");
    }
  }

  boolean inForce(Instant at) {
    LocalDate day = at.atOffset(ZoneOffset.UTC).toLocalDate();
    return !day.isBefore(date) && (until == null || day.isBefore(until));
  }

  /**
   * A price in the other currency, rounded up to a whole unit of its kind, so that no conversion
   * loses anything.
   *
   * @throws ArithmeticException if it does not fit
   */
  long convert(long price) {
    return BigDecimal.valueOf(price)
        .multiply(rate)
        .setScale(0, RoundingMode.CEILING)
        .longValueExact();
  }

  /** How a price version names it: {@code EUR=1.0842}. */
  String label() {
    return from + "=" + rate.stripTrailingZeros().toPlainString();
  }
}
