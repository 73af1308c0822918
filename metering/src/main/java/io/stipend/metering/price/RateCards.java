package io.stipend.metering.price;

import io.stipend.metering.Meter;
import io.stipend.metering.TokenPrices;
import io.stipend.metering.price.RateCardException.Problem;
import io.stipend.metering.price.UnitPrices.UnitPrice;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The prices that are in force: an immutable list of rate cards of which a later one overrides an
 * earlier one. Nothing is fetched from the network; a model without a price has no rating, and
 * whoever asks must refuse it.
 */
public final class RateCards {
  private static final String USD = "USD";

  /** Last card first: the order of search. */
  private final List<RateCard> cards;

  private final Map<RateCard.Scope, List<RateCard>> byScope = new HashMap<>();
  private final String version;
  private final List<CardText> texts;
  private final ExchangeRates exchange;
  private final String currency;

  private final Map<Pair, TokenPrices> tokenPrices = new ConcurrentHashMap<>();

  private RateCards(
      List<RateCard> cards,
      String version,
      List<CardText> texts,
      ExchangeRates exchange,
      String currency) {
    this.cards = cards;
    for (RateCard card : cards) {
      byScope.computeIfAbsent(card.scope(), scope -> new ArrayList<>()).add(card);
    }
    this.version = version;
    this.texts = texts;
    this.exchange = exchange;
    this.currency = currency;
  }

  /** Where a rate card comes from. */
  public sealed interface Source {
    /** The card that ships with Stipend: list prices of OpenAI, Anthropic and Gemini. */
    static Source builtin() {
      return new Builtin();
    }

    /** A rate-card file; {@code docs/rate-cards.md} describes the format. */
    static Source file(Path path) {
      return new CardFile(path);
    }

    /** The card that ships with Stipend. */
    record Builtin() implements Source {}

    /**
     * A rate-card file.
     *
     * @param path where it is
     */
    record CardFile(Path path) implements Source {}

    /** The texts of one source, such as the ledger keeps. */
    record Texts(List<CardText> texts) implements Source {}
  }

  /**
   * Reads and checks all cards.
   *
   * @param sources in order; a later one overrides an earlier one, model by model
   * @throws RateCardException with every problem of all sources
   */
  public static RateCards load(List<Source> sources) throws RateCardException {
    List<Problem> problems = new ArrayList<>();
    List<RateCard> cards = new ArrayList<>();
    List<CardText> texts = new ArrayList<>();
    Set<String> versions = new LinkedHashSet<>();
    for (Source source : sources) {
      RateCardSources.Read read = RateCardSources.read(source, versions, problems);
      cards.addAll(read.cards());
      texts.addAll(read.texts());
      read.cards().forEach(card -> versions.add(card.version()));
    }
    if (!problems.isEmpty()) {
      throw new RateCardException(problems);
    }
    List<RateCard> lastFirst = new ArrayList<>(cards);
    Collections.reverse(lastFirst);
    return new RateCards(
        List.copyOf(lastFirst),
        String.join("+", versions),
        List.copyOf(texts),
        ExchangeRates.NONE,
        USD);
  }

  /**
   * The same cards for a deployment.
   *
   * @param rates by which cards in other currencies are converted, at the instant of each
   *     reservation
   * @param home the currency in which all charges are made
   */
  public RateCards with(ExchangeRates rates, String home) {
    return new RateCards(cards, version, texts, rates, home);
  }

  /** These with others as if the quota file named them last, in place of cards of their version. */
  public RateCards plus(RateCards others) {
    Set<String> replaced = new LinkedHashSet<>();
    others.cards.forEach(card -> replaced.add(card.version()));
    List<RateCard> all = new ArrayList<>(others.cards);
    cards.stream().filter(card -> !replaced.contains(card.version())).forEach(all::add);
    List<CardText> both = new ArrayList<>(texts);
    both.removeIf(text -> replaced.contains(text.version()));
    both.addAll(others.texts);
    return new RateCards(
        List.copyOf(all), version + "+" + others.version, List.copyOf(both), exchange, currency);
  }

  /** The rates of exchange in force. */
  public ExchangeRates exchange() {
    return exchange;
  }

  /** The currency in which all charges are made. */
  public String currency() {
    return currency;
  }

  /**
   * What all prices follow from: the text of each card in order, and the rates of exchange, if any,
   * as the last.
   */
  public List<CardText> texts() {
    if (exchange.all().isEmpty()) {
      return texts;
    }
    List<CardText> all = new ArrayList<>(texts);
    all.add(new CardText(CardText.EXCHANGE, "", exchange.text()));
    return List.copyOf(all);
  }

  /** The cards of {@link #texts}, as the ledger keeps them. */
  public static RateCards of(List<CardText> texts, String home) throws RateCardException {
    List<Source> sources = new ArrayList<>();
    ExchangeRates rates = ExchangeRates.NONE;
    List<CardText> builtin = new ArrayList<>();
    for (CardText text : texts) {
      if (text.name().equals(CardText.EXCHANGE)) {
        rates = ExchangeRates.parse(text.text());
      } else if (!text.isBuiltin()) {
        sources.add(new Source.Texts(List.of(text)));
      } else if (builtin.isEmpty()) {
        // All of them are one source, at the place of the first.
        texts.stream().filter(CardText::isBuiltin).forEach(builtin::add);
        sources.add(new Source.Texts(builtin));
      }
    }
    return load(sources).with(rates, home);
  }

  /** Cards in another currency that no rate of exchange converts at an instant: no price. */
  public List<Problem> unconverted(Instant at) {
    List<Problem> problems = new ArrayList<>();
    for (RateCard card : cards) {
      if (home(card, at) == null) {
        problems.add(
            card.place()
                .problem(
                    "currency: no rate of exchange from %s to %s at %s (expected: one under"
                            .formatted(card.currency(), currency, at)
                        + " exchange_rates; until then its models are refused)"));
      }
    }
    return problems;
  }

  /** A card in the deployment's currency; null if no rate says what it costs there. */
  @Nullable RateCard home(RateCard card, Instant at) {
    if (card.currency().equals(currency)) {
      return card;
    }
    ExchangeRate rate = exchange.find(card.currency(), currency, at);
    return rate == null ? null : card.in(rate);
  }

  /** The versions of all cards in order, joined by {@code +}. */
  public String version() {
    return version;
  }

  /**
   * The prices of one model at one instant, to be kept for the whole exchange. Cards of the
   * provider's own name are searched first, then those of the vendor; in each the last card first.
   *
   * @param provider the name of the provider in the quota file
   * @param vendor whose cards price what none of its own does, such as {@code openai}
   * @param model the exact name, as the provider takes it
   * @param at the instant of the reservation
   * @return null if the model has no price: the exchange must be refused
   */
  public @Nullable Rating rating(String provider, String vendor, String model, Instant at) {
    Rate rate = find(provider, vendor, model, at);
    if (rate == null) {
      return null;
    }
    ModelLimits limits = limits(provider, vendor, model, at, rate.limits());
    return new CardRating(this, provider, vendor, at, model, rate, limits);
  }

  /** The names of all models that have a price, sorted; a glob of a contract card names none. */
  public List<String> models(String provider, String vendor, Instant at) {
    Set<String> names = new TreeSet<>();
    for (RateCard card : cards) {
      if (card.covers(provider, vendor) && home(card, at) != null) {
        card.namesAt(at).forEach(names::add);
      }
    }
    return List.copyOf(names);
  }

  @Nullable Rate find(String provider, String vendor, String model, Instant at) {
    return find(provider, vendor, model, at, card -> true);
  }

  /** The same among the cards of list prices alone. */
  @Nullable Rate findListed(String provider, String vendor, String model, Instant at) {
    return find(provider, vendor, model, at, RateCard::isList);
  }

  private @Nullable Rate find(
      String provider, String vendor, String model, Instant at, Predicate<RateCard> asked) {
    RateCard card =
        deciding(provider, vendor, one -> asked.test(one) && one.find(model, at) != null);
    // Without a rate of exchange it has no price: what another card says is not agreed to.
    RateCard home = card == null ? null : home(card, at);
    return home == null ? null : home.find(model, at);
  }

  /**
   * Whether a card of one of these versions decides what a model costs.
   *
   * @param versions as they stand in the cards
   */
  public boolean decides(
      Set<String> versions, String provider, String vendor, String model, Instant at) {
    RateCard card = deciding(provider, vendor, model, at);
    return card != null && versions.contains(card.version());
  }

  /** The versions of all cards, as they stand in them. */
  public Set<String> versions() {
    Set<String> versions = new LinkedHashSet<>();
    cards.forEach(card -> versions.add(card.version()));
    return versions;
  }

  /** The card whose price of a model holds; null if none has one. */
  @Nullable RateCard deciding(String provider, String vendor, String model, Instant at) {
    return deciding(provider, vendor, card -> card.find(model, at) != null);
  }

  /** The first of a provider's own cards that has something, else of its vendor's. */
  private @Nullable RateCard deciding(
      String provider, String vendor, Predicate<RateCard> hasPrice) {
    RateCard own = deciding(RateCard.Scope.provider(provider), hasPrice);
    return own != null ? own : deciding(RateCard.Scope.vendor(vendor), hasPrice);
  }

  private @Nullable RateCard deciding(RateCard.Scope scope, Predicate<RateCard> hasPrice) {
    for (RateCard card : byScope.getOrDefault(scope, List.of())) {
      if (hasPrice.test(card)) {
        return card;
      }
    }
    return null;
  }

  /**
   * What one unit costs on a model: cards in the order of search, in each its own entry of the
   * model before its prices of tools. So a card that prices only the tokens of a model leaves the
   * prices of tools that an earlier card knows.
   */
  @Nullable UnitPrice unitPrice(
      String provider, String vendor, String model, Meter meter, Instant at) {
    return unitPrice(provider, vendor, model, meter, at, card -> true);
  }

  /** The same among the cards of list prices alone. */
  @Nullable UnitPrice listedUnitPrice(
      String provider, String vendor, String model, Meter meter, Instant at) {
    return unitPrice(provider, vendor, model, meter, at, RateCard::isList);
  }

  private @Nullable UnitPrice unitPrice(
      String provider,
      String vendor,
      String model,
      Meter meter,
      Instant at,
      Predicate<RateCard> asked) {
    RateCard card =
        deciding(
            provider, vendor, one -> asked.test(one) && one.unitPrice(model, meter, at) != null);
    RateCard home = card == null ? null : home(card, at);
    return home == null ? null : home.unitPrice(model, meter, at);
  }

  /** The dearest price of a unit on any model that these cards cover; null if none has one. */
  @Nullable UnitPrice dearestUnit(String provider, String vendor, Meter meter, Instant at) {
    UnitPrice dearest = null;
    for (RateCard each : cards) {
      RateCard card = each.covers(provider, vendor) ? home(each, at) : null;
      if (card != null) {
        dearest = dearer(dearest, card.tools().of(meter));
        for (Rate rate : card.rates()) {
          dearest = rate.inForce(at) ? dearer(dearest, rate.units().of(meter)) : dearest;
        }
      }
    }
    return dearest;
  }

  private static @Nullable UnitPrice dearer(@Nullable UnitPrice a, @Nullable UnitPrice b) {
    return a == null || b == null ? a == null ? b : a : a.max(b);
  }

  /** A contract card states prices; what it does not say of the model, an earlier card may know. */
  private ModelLimits limits(
      String provider, String vendor, String model, Instant at, ModelLimits first) {
    ModelLimits limits = first;
    for (RateCard card : cards) {
      Rate rate = card.covers(provider, vendor) ? card.find(model, at) : null;
      if (rate != null) {
        limits = limits.orElse(rate.limits());
      }
    }
    return limits;
  }

  /** The prices of text, as charged and as listed: few pairs, each made once. */
  TokenPrices tokenPrices(Prices charged, Prices listed) {
    return tokenPrices.computeIfAbsent(
        new Pair(charged, listed), pair -> TokenPrices.of(charged.ofText(), listed.ofText()));
  }

  /** Prices as charged and as listed. */
  private record Pair(Prices charged, Prices listed) {}

  /** All cards, last first. */
  List<RateCard> cards() {
    return cards;
  }
}
