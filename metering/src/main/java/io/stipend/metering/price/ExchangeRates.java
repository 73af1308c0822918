package io.stipend.metering.price;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rates of exchange of a deployment. A pair of currencies is converted by its own rate and by
 * no other: neither backwards nor by way of a third one, which no source has stated.
 */
public final class ExchangeRates {
  /** No rates: what is priced in another currency has no price. */
  public static final ExchangeRates NONE = new ExchangeRates(List.of());

  /** Latest first. */
  private final List<ExchangeRate> rates;

  /**
   * The rates of all pairs.
   *
   * @param rates of one pair at most one begins on a day
   */
  public ExchangeRates(List<ExchangeRate> rates) {
    this.rates =
        rates.stream().sorted(Comparator.comparing(ExchangeRate::date).reversed()).toList();
  }

  /**
   * The latest rate that began by then, if it still holds.
   *
   * @return null if there is none: nothing can be said of the price
   */
  public @Nullable ExchangeRate find(String from, String to, Instant at) {
    for (ExchangeRate rate : rates) {
      if (rate.from().equals(from) && rate.to().equals(to) && !at.isBefore(start(rate))) {
        return rate.inForce(at) ? rate : null;
      }
    }
    return null;
  }

  private static Instant start(ExchangeRate rate) {
    return rate.date().atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  /** All rates, the latest first. */
  public List<ExchangeRate> all() {
    return rates;
  }

  /** One line for each rate, oldest first: the same rates give the same text. */
  String text() {
    return rates.stream()
        .sorted(
            Comparator.comparing(ExchangeRate::from)
                .thenComparing(ExchangeRate::to)
                .thenComparing(ExchangeRate::date))
        .map(
            r ->
                "%s %s %s %s %s %s\n"
                    .formatted(
                        r.from(),
                        r.to(),
                        r.date(),
                        r.until() == null ? "-" : r.until(),
                        r.rate().toPlainString(),
                        r.source()))
        .collect(Collectors.joining());
  }

  /** What {@link #text} wrote. */
  static ExchangeRates parse(String text) {
    return new ExchangeRates(text.lines().map(ExchangeRates::line).toList());
  }

  private static ExchangeRate line(String line) {
    String[] words = line.split(" ", 6);
    return new ExchangeRate(
        words[0],
        words[1],
        LocalDate.parse(words[2]),
        words[3].equals("-") ? null : LocalDate.parse(words[3]),
        new BigDecimal(words[4]),
        words[5]);
  }
}
