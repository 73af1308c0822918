package io.stipend.metering.price;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.price.RateCard.Scope;
import io.stipend.metering.price.RateCardException.Problem;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;

/**
 * Reads one document of a rate-card file, noting every problem at its place. What it returns must
 * not be used if it noted any. The format is described in {@code docs/rate-cards.md}.
 */
final class RateCardReader {
  private static final String CONTRACTED = "contracted";
  private static final String LIST = "list";
  private static final String USD = "USD";

  private final YamlMap card;
  private final String currency;
  private final boolean contracted;
  private final PriceReader prices;
  private final UnitPriceReader units;

  RateCardReader(String file, Node document, List<Problem> problems) {
    this.card = new YamlMap(file, document, problems);
    String kind = card.requiredText("kind");
    this.contracted = kind.equals(CONTRACTED);
    String text = card.requiredText("currency");
    boolean known = YamlMap.isCurrency(text);
    if (!text.isEmpty() && !known) {
      card.problem(
          "currency", "currency: " + text + " (expected: an ISO 4217 code such as USD or EUR)");
    }
    this.currency = known ? text : USD;
    this.prices = new PriceReader(contracted, currency);
    this.units = new UnitPriceReader(contracted, currency);
    if (!contracted && !kind.equals(LIST) && card.has("kind")) {
      card.problem("kind", "kind: " + kind + " (expected: list or contracted)");
    }
  }

  RateCard read() {
    String version = card.requiredText("version");
    if (!version.isEmpty() && !version.matches("[A-Za-z0-9._-]{1,64}")) {
      card.problem("version", "version: " + version + " (expected: letters, digits, . _ -)");
    }
    Scope scope = scope();
    UnitPrices tools = units.ofTools(card);
    Defaults defaults = Defaults.of(card);
    List<Rate> rates = new ArrayList<>();
    Map<String, List<Rate>> byName = new HashMap<>();
    for (YamlMap entry : card.maps("models")) {
      Rate rate = rate(entry, version, defaults);
      noteDuplicates(entry, rate, byName);
      rates.add(rate);
      entry.finish();
    }
    if (rates.isEmpty()) {
      card.problem("models", "models: expected a list of at least one model");
    }
    card.finish();
    RateCard.Head head =
        new RateCard.Head(version, contracted, currency, scope, card.place("version"));
    return new RateCard(head, tools, rates);
  }

  void problem(String key, String message) {
    card.problem(key, message);
  }

  int line() {
    return card.line();
  }

  private Scope scope() {
    String provider = card.text("provider");
    String vendor = card.text("vendor");
    if ((provider == null) == (vendor == null)) {
      card.problem("vendor", "expected one of the keys provider and vendor");
    }
    return provider != null ? Scope.provider(provider) : Scope.vendor(vendor == null ? "" : vendor);
  }

  private Rate rate(YamlMap entry, String version, Defaults defaults) {
    String model = entry.requiredText("model");
    noteBadName(entry, "model", model, contracted);
    List<String> names = entry.texts("names");
    names.forEach(name -> noteBadName(entry, "names", name, false));
    Defaults own = Defaults.of(entry).orElse(defaults);
    if (own.source == null) {
      entry.problem("source", "source: missing (expected: where the prices were read)");
    }
    if (own.checkedOn == null) {
      entry.problem("checked_on", "checked_on: missing (expected: the date of that reading)");
    }
    if (own.validFrom == null) {
      entry.problem("valid_from", "valid_from: missing (expected: a date, UTC)");
    }
    if (own.validFrom != null && own.validTo != null && !own.validTo.isAfter(own.validFrom)) {
      entry.problem("valid_to", "valid_to: " + own.validTo + " (expected: after valid_from)");
    }
    ModelLimits limits =
        new ModelLimits(
            entry.count("context_window", 1, TokenUsage.MAX_COUNT),
            entry.count("max_output", 0, TokenUsage.MAX_COUNT),
            entry.flag("may_think"));
    UnitPrices perUnit = units.of(entry);
    return new Rate(
        version,
        model,
        names,
        own.validFrom == null ? Instant.MIN : midnight(own.validFrom),
        own.validTo == null ? null : midnight(own.validTo),
        own.source == null ? "" : own.source,
        own.checkedOn == null ? LocalDate.MIN : own.checkedOn,
        prices.tiers(entry, !perUnit.isNone(), limits.generates()),
        perUnit,
        limits,
        entry.place("model"));
  }

  private static void noteBadName(YamlMap entry, String key, String name, boolean globAllowed) {
    int star = name.indexOf('*');
    if (star >= 0 && (!globAllowed || star < name.length() - 1)) {
      entry.problem(
          key,
          key
              + ": "
              + name
              + " (expected: no *, but one at the end of a model of a contracted card)");
    }
  }

  private static void noteDuplicates(YamlMap entry, Rate rate, Map<String, List<Rate>> earlier) {
    for (String name : rate.allNames()) {
      List<Rate> others = earlier.computeIfAbsent(name, n -> new ArrayList<>(1));
      if (others.stream().anyMatch(rate::overlaps)) {
        entry.problem("model", "model: " + name + " is priced twice at the same time");
      }
      others.add(rate);
    }
  }

  private static Instant midnight(LocalDate date) {
    return date.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  /** What an entry may leave to its card. */
  private record Defaults(
      @Nullable String source,
      @Nullable LocalDate checkedOn,
      @Nullable LocalDate validFrom,
      @Nullable LocalDate validTo) {
    static Defaults of(YamlMap map) {
      return new Defaults(
          map.text("source"), map.date("checked_on"), map.date("valid_from"), map.date("valid_to"));
    }

    Defaults orElse(Defaults o) {
      return new Defaults(
          source != null ? source : o.source,
          checkedOn != null ? checkedOn : o.checkedOn,
          validFrom != null ? validFrom : o.validFrom,
          validTo != null ? validTo : o.validTo);
    }
  }
}
