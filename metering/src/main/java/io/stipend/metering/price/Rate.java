package io.stipend.metering.price;

import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one model costs during one span of time.
 *
 * @param cardVersion the version of the card it stands in
 * @param model the name, or a pattern that ends in {@code *}
 * @param names other names of the same model, such as dated snapshots
 * @param validFrom the first instant
 * @param validTo the first instant after it; null if open
 * @param source where the prices were read
 * @param checkedOn when they were read
 * @param tiers the prices of tokens by service tier; {@link TierPrices#NONE} if it is billed
 *     otherwise
 * @param units the prices of what is not a token
 * @param limits what is known of the model beside its prices
 * @param place where it stands
 */
record Rate(
    String cardVersion,
    String model,
    List<String> names,
    Instant validFrom,
    @Nullable Instant validTo,
    String source,
    LocalDate checkedOn,
    TierPrices tiers,
    UnitPrices units,
    ModelLimits limits,
    Place place) {
  private static final String ANY = "*";

  boolean pricesTokens() {
    return tiers != TierPrices.NONE;
  }

  /** The same in another currency; null if a price is out of bounds there. */
  @Nullable Rate in(ExchangeRate exchange) {
    TierPrices converted = tiers == TierPrices.NONE ? tiers : tiers.each(exchange::convert);
    return converted.highest() > Prices.MOST
        ? null
        : new Rate(
            cardVersion + "@" + exchange.label(),
            model,
            names,
            validFrom,
            validTo,
            source,
            checkedOn,
            converted,
            units.in(exchange),
            limits,
            place);
  }

  boolean inForce(Instant at) {
    return !at.isBefore(validFrom) && (validTo == null || at.isBefore(validTo));
  }

  boolean overlaps(Rate other) {
    return (validTo == null || other.validFrom.isBefore(validTo))
        && (other.validTo == null || validFrom.isBefore(other.validTo));
  }

  boolean isGlob() {
    return model.endsWith(ANY);
  }

  boolean globMatches(String name) {
    return name.startsWith(model.substring(0, model.length() - ANY.length()));
  }

  /** All names, a pattern as it is written. */
  List<String> allNames() {
    return Stream.concat(Stream.of(model), names.stream()).toList();
  }

  /** All names but a pattern. */
  List<String> exactNames() {
    return isGlob() ? names : allNames();
  }
}
