package io.stipend.metering.price;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Rate cards as people read them: what a model costs, who says so, and what else is said. */
public final class PriceBook {
  /** Stands for the models of a pattern. */
  static final String ANY = "*";

  private final RateCards cards;

  /** Reads these. */
  public PriceBook(RateCards cards) {
    this.cards = cards;
  }

  /**
   * What one model costs at one instant.
   *
   * @param decides the entry that all charges follow, in the deployment's currency
   * @param list the list price that an agreed one stands in for; null if the list decides, or
   *     states none
   */
  public record Quote(PriceEntry decides, @Nullable PriceEntry list) {}

  /** One entry that names a model, and what became of it. */
  public record Standing(Status status, PriceEntry entry) {}

  /** What an entry of a card is at some instant. */
  public enum Status {
    /** All charges follow it. */
    DECIDES,
    /** Another one comes before it. */
    HIDDEN,
    /** It would decide, but no rate of exchange says what it costs: the model has no price. */
    NO_EXCHANGE_RATE,
    /** It holds no longer. */
    PAST,
    /** It does not hold yet. */
    FUTURE
  }

  /** The prices of a model at a provider; null if it has none. */
  public @Nullable Quote quote(String provider, String vendor, String model, Instant at) {
    RateCard card = cards.deciding(provider, vendor, model, at);
    RateCard home = card == null ? null : cards.home(card, at);
    Rate rate = home == null ? null : home.find(model, at);
    if (home == null || rate == null) {
      return null;
    }
    PriceEntry decides =
        PriceEntry.of(home, rate, meter -> cards.unitPrice(provider, vendor, model, meter, at));
    return new Quote(decides, home.contracted() ? list(provider, vendor, model, at) : null);
  }

  /** What a list says of the model, whoever else prices it. */
  private @Nullable PriceEntry list(String provider, String vendor, String model, Instant at) {
    for (RateCard card : inOrder(provider, vendor)) {
      RateCard home = card.contracted() ? null : cards.home(card, at);
      Rate rate = home == null ? null : home.find(model, at);
      if (home != null && rate != null) {
        return PriceEntry.of(home, rate);
      }
    }
    return null;
  }

  /** All that any card says of a model, in the order of search and of time. */
  public List<Standing> standings(String provider, String vendor, String model, Instant at) {
    List<Standing> all = new ArrayList<>();
    RateCard deciding = cards.deciding(provider, vendor, model, at);
    for (RateCard card : inOrder(provider, vendor)) {
      Rate winner = card.find(model, at);
      List<Rate> rates =
          card.rates().stream()
              .filter(r -> r.exactNames().contains(model) || (r.isGlob() && r.globMatches(model)))
              .sorted(Comparator.comparing(Rate::validFrom))
              .toList();
      for (Rate rate : rates) {
        boolean decides = card == deciding && rate.equals(winner);
        all.add(new Standing(status(card, rate, decides, at), PriceEntry.of(card, rate)));
      }
    }
    return all;
  }

  private Status status(RateCard card, Rate rate, boolean decides, Instant at) {
    if (!rate.inForce(at)) {
      return at.isBefore(rate.validFrom()) ? Status.FUTURE : Status.PAST;
    }
    if (!decides) {
      return Status.HIDDEN;
    }
    return cards.home(card, at) == null ? Status.NO_EXCHANGE_RATE : Status.DECIDES;
  }

  private List<RateCard> inOrder(String provider, String vendor) {
    List<RateCard> all = new ArrayList<>();
    for (RateCard.Scope scope :
        List.of(RateCard.Scope.provider(provider), RateCard.Scope.vendor(vendor))) {
      cards.cards().stream().filter(card -> card.scope().equals(scope)).forEach(all::add);
    }
    return all;
  }

  /** These cards at one instant, to be compared with others. */
  public PriceSide at(Instant at, UnaryOperator<String> vendorOf) {
    return new PriceSide(cards, at, vendorOf);
  }

  /**
   * Adds the instants after one at which a price begins or ends, by name; those of patterns, which
   * may be anybody's, by {@link #ANY}.
   */
  void edges(Instant after, Map<String, Set<Instant>> edges) {
    for (RateCard card : cards.cards()) {
      for (Rate rate : card.rates()) {
        for (Instant edge : new Instant[] {rate.validFrom(), rate.validTo()}) {
          if (edge != null && edge.isAfter(after)) {
            List<String> names = rate.isGlob() ? List.of(ANY) : rate.allNames();
            names.forEach(name -> edges.computeIfAbsent(name, n -> new TreeSet<>()).add(edge));
          }
        }
      }
    }
  }
}
