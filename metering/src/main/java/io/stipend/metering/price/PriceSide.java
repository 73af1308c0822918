package io.stipend.metering.price;

import io.stipend.metering.Meter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** All prices of some cards at one instant: one side of a comparison. */
public final class PriceSide {
  /** A name that no provider has. */
  private static final String NOBODY = "";

  private final RateCards cards;
  private final Instant at;
  private final UnaryOperator<String> vendorOf;

  /**
   * @param vendorOf the vendor whose prices hold for a provider of this name where it has none
   */
  PriceSide(RateCards cards, Instant at, UnaryOperator<String> vendorOf) {
    this.cards = cards;
    this.at = at;
    this.vendorOf = vendorOf;
  }

  /**
   * A model of some provider or vendor.
   *
   * @param scope {@code provider openai-eu} or {@code vendor openai}
   * @param model a name, or a pattern
   */
  public record Named(String scope, String model) implements Comparable<Named> {
    @Override
    public int compareTo(Named other) {
      int byScope = scope.compareTo(other.scope);
      return byScope != 0 ? byScope : model.compareTo(other.model);
    }
  }

  Instant instant() {
    return at;
  }

  PriceSide at(Instant other) {
    return new PriceSide(cards, other, vendorOf);
  }

  RateCards cards() {
    return cards;
  }

  /** Every model that a card names in an entry of any time; of patterns, the pattern. */
  public Set<Named> named() {
    Set<Named> all = new TreeSet<>();
    for (RateCard card : cards.cards()) {
      for (Rate rate : card.rates()) {
        rate.allNames().forEach(name -> all.add(new Named(card.scope().label(), name)));
      }
    }
    return all;
  }

  /**
   * The prices of a model by their labels, in the deployment's currency; empty if it has none.
   *
   * @param scope as in {@link Named}
   */
  public Map<String, PriceItem> prices(String scope, String model) {
    boolean own = scope.startsWith(RateCard.Scope.PROVIDER);
    String name = scope.substring(scope.indexOf(' ') + 1);
    String provider = own ? name : NOBODY;
    String vendor = own ? vendorOf.apply(name) : name;
    Rate rate = rate(provider, vendor, model);
    if (rate == null) {
      return Map.of();
    }
    List<PriceItem> items = new ArrayList<>(PriceItem.tokens(rate));
    for (Meter meter : Meter.values()) {
      items.addAll(
          PriceItem.units(meter, cards.unitPrice(provider, vendor, rate.model(), meter, at)));
    }
    Map<String, PriceItem> byLabel = new LinkedHashMap<>();
    items.forEach(item -> byLabel.put(item.label(), item));
    return byLabel;
  }

  private @Nullable Rate rate(String provider, String vendor, String model) {
    return cards.find(provider, vendor, model, at);
  }
}
