package io.stipend.metering.price;

import io.stipend.metering.Meter;
import io.stipend.metering.price.UnitPrices.UnitPrice;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rates of one provider or vendor from one source. */
final class RateCard {
  /** Converted cards that are kept: a month of daily rates. */
  private static final int MOST_CONVERTED = 40;

  private final Head head;
  private final UnitPrices tools;
  private final List<Rate> rates;
  private final Map<String, List<Rate>> exact = new HashMap<>();
  private final List<Rate> globs;

  /** This card by the rate of exchange; empty where it cannot be converted. */
  private final Map<ExchangeRate, Optional<RateCard>> converted = new ConcurrentHashMap<>();

  /**
   * @param head what it is
   * @param tools prices of the tools that all its models can use
   * @param rates effective-dated; those of one name do not overlap
   */
  RateCard(Head head, UnitPrices tools, List<Rate> rates) {
    this.head = head;
    this.tools = tools;
    this.rates = List.copyOf(rates);
    for (Rate rate : rates) {
      rate.exactNames().forEach(name -> exact.merge(name, List.of(rate), RateCard::concat));
    }
    // The longest pattern is the most specific one, so it is asked first.
    this.globs =
        rates.stream()
            .filter(Rate::isGlob)
            .sorted((a, b) -> Integer.compare(b.model().length(), a.model().length()))
            .toList();
  }

  /**
   * What a card is.
   *
   * @param version names this edition in the ledger
   * @param contracted whether somebody agreed to its prices; else they are a vendor's list
   * @param currency of all its prices
   * @param scope whose models it prices
   * @param place where it begins
   */
  record Head(String version, boolean contracted, String currency, Scope scope, Place place) {}

  /**
   * Whose models a card prices.
   *
   * @param kind whether {@code name} is a provider of the quota file or a vendor
   * @param name its name
   */
  record Scope(Kind kind, String name) {
    /** How the label of a provider begins. */
    static final String PROVIDER = "provider ";

    /** As people read it: {@code provider openai-eu} or {@code vendor openai}. */
    String label() {
      return kind.key() + " " + name;
    }

    enum Kind {
      PROVIDER,
      VENDOR;

      /** The key that names it in a card. */
      String key() {
        return name().toLowerCase(Locale.ROOT);
      }
    }

    static Scope provider(String name) {
      return new Scope(Kind.PROVIDER, name);
    }

    static Scope vendor(String name) {
      return new Scope(Kind.VENDOR, name);
    }
  }

  String version() {
    return head.version;
  }

  /** Whether it holds what the vendor asks of everybody, not what was agreed. */
  boolean isList() {
    return !head.contracted;
  }

  Scope scope() {
    return head.scope;
  }

  boolean contracted() {
    return head.contracted;
  }

  String currency() {
    return head.currency;
  }

  Place place() {
    return head.place;
  }

  /**
   * The same in another currency, rate by rate; null if a price is out of bounds there. A price is
   * converted once and rounded up to a pico-unit, and the version of the card names the rate.
   */
  @Nullable RateCard in(ExchangeRate exchange) {
    Optional<RateCard> known = converted.get(exchange);
    if (known == null) {
      if (converted.size() >= MOST_CONVERTED) {
        converted.clear();
      }
      known = Optional.ofNullable(convert(exchange));
      converted.put(exchange, known);
    }
    return known.orElse(null);
  }

  private @Nullable RateCard convert(ExchangeRate exchange) {
    List<Rate> all = new ArrayList<>();
    try {
      for (Rate rate : rates) {
        Rate one = rate.in(exchange);
        if (one == null) {
          return null;
        }
        all.add(one);
      }
      String version = head.version + "@" + exchange.label();
      Head there = new Head(version, head.contracted, exchange.to(), head.scope, head.place);
      return new RateCard(there, tools.in(exchange), all);
    } catch (ArithmeticException e) {
      return null;
    }
  }

  UnitPrices tools() {
    return tools;
  }

  List<Rate> rates() {
    return rates;
  }

  boolean covers(String provider, String vendor) {
    return head.scope.equals(Scope.provider(provider)) || head.scope.equals(Scope.vendor(vendor));
  }

  /** What one unit costs on a model by this card: its own price before that of all its tools. */
  @Nullable UnitPrice unitPrice(String model, Meter meter, Instant at) {
    Rate rate = find(model, at);
    UnitPrice own = rate == null ? null : rate.units().of(meter);
    return own != null ? own : tools.of(meter);
  }

  /** The rate in force for exactly this name, else for the longest pattern that fits it. */
  @Nullable Rate find(String model, Instant at) {
    for (Rate rate : exact.getOrDefault(model, List.of())) {
      if (rate.inForce(at)) {
        return rate;
      }
    }
    for (Rate rate : globs) {
      if (rate.globMatches(model) && rate.inForce(at)) {
        return rate;
      }
    }
    return null;
  }

  Stream<String> namesAt(Instant at) {
    return rates.stream().filter(rate -> rate.inForce(at)).flatMap(r -> r.exactNames().stream());
  }

  private static List<Rate> concat(List<Rate> a, List<Rate> b) {
    return Stream.concat(a.stream(), b.stream()).toList();
  }
}
