package io.stipend.metering.price;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rates of one provider or vendor from one source. */
final class RateCard {
  private final String version;
  private final boolean list;
  private final Scope scope;
  private final UnitPrices tools;
  private final List<Rate> rates;
  private final Map<String, List<Rate>> exact = new HashMap<>();
  private final List<Rate> globs;

  /**
   * @param version names this edition in the ledger
   * @param list whether it holds what the vendor asks of everybody, not what was agreed
   * @param scope whose models it prices
   * @param tools prices of the tools that all its models can use
   * @param rates effective-dated; those of one name do not overlap
   */
  RateCard(String version, boolean list, Scope scope, UnitPrices tools, List<Rate> rates) {
    this.version = version;
    this.list = list;
    this.scope = scope;
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
   * Whose models a card prices.
   *
   * @param kind whether {@code name} is a provider of the quota file or a vendor
   * @param name its name
   */
  record Scope(Kind kind, String name) {
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
    return version;
  }

  boolean isList() {
    return list;
  }

  Scope scope() {
    return scope;
  }

  UnitPrices tools() {
    return tools;
  }

  List<Rate> rates() {
    return rates;
  }

  boolean covers(String provider, String vendor) {
    return scope.equals(Scope.provider(provider)) || scope.equals(Scope.vendor(vendor));
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
