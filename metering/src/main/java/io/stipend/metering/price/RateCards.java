package io.stipend.metering.price;

import io.stipend.metering.Meter;
import io.stipend.metering.TokenPrices;
import io.stipend.metering.price.RateCardException.Problem;
import io.stipend.metering.price.UnitPrices.UnitPrice;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The prices that are in force: an immutable list of rate cards of which a later one overrides an
 * earlier one. Nothing is fetched from the network; a model without a price has no rating, and
 * whoever asks must refuse it.
 */
public final class RateCards {
  /** Last card first: the order of search. */
  private final List<RateCard> cards;

  private final String version;

  private final Map<Pair, TokenPrices> tokenPrices = new ConcurrentHashMap<>();

  private RateCards(List<RateCard> cards, String version) {
    this.cards = cards;
    this.version = version;
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
    Set<String> versions = new LinkedHashSet<>();
    for (Source source : sources) {
      List<RateCard> read = RateCardSources.read(source, versions, problems);
      cards.addAll(read);
      read.forEach(card -> versions.add(card.version()));
    }
    if (!problems.isEmpty()) {
      throw new RateCardException(problems);
    }
    List<RateCard> lastFirst = new ArrayList<>(cards);
    Collections.reverse(lastFirst);
    return new RateCards(List.copyOf(lastFirst), String.join("+", versions));
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
      if (card.covers(provider, vendor)) {
        card.namesAt(at).forEach(names::add);
      }
    }
    return List.copyOf(names);
  }

  @Nullable Rate find(String provider, String vendor, String model, Instant at) {
    Rate own = find(RateCard.Scope.provider(provider), model, at, false);
    return own != null ? own : find(RateCard.Scope.vendor(vendor), model, at, false);
  }

  /** The same among the cards of list prices alone. */
  @Nullable Rate findListed(String provider, String vendor, String model, Instant at) {
    Rate own = find(RateCard.Scope.provider(provider), model, at, true);
    return own != null ? own : find(RateCard.Scope.vendor(vendor), model, at, true);
  }

  private @Nullable Rate find(RateCard.Scope scope, String model, Instant at, boolean listedOnly) {
    for (RateCard card : cards) {
      boolean asked = card.scope().equals(scope) && (card.isList() || !listedOnly);
      Rate rate = asked ? card.find(model, at) : null;
      if (rate != null) {
        return rate;
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
    UnitPrice own = unitPrice(RateCard.Scope.provider(provider), model, meter, at, false);
    return own != null ? own : unitPrice(RateCard.Scope.vendor(vendor), model, meter, at, false);
  }

  /** The same among the cards of list prices alone. */
  @Nullable UnitPrice listedUnitPrice(
      String provider, String vendor, String model, Meter meter, Instant at) {
    UnitPrice own = unitPrice(RateCard.Scope.provider(provider), model, meter, at, true);
    return own != null ? own : unitPrice(RateCard.Scope.vendor(vendor), model, meter, at, true);
  }

  private @Nullable UnitPrice unitPrice(
      RateCard.Scope scope, String model, Meter meter, Instant at, boolean listedOnly) {
    for (RateCard card : cards) {
      if (card.scope().equals(scope) && (card.isList() || !listedOnly)) {
        Rate rate = card.find(model, at);
        UnitPrice own = rate == null ? null : rate.units().of(meter);
        UnitPrice price = own != null ? own : card.tools().of(meter);
        if (price != null) {
          return price;
        }
      }
    }
    return null;
  }

  /** The dearest price of a unit on any model that these cards cover; null if none has one. */
  @Nullable UnitPrice dearestUnit(String provider, String vendor, Meter meter, Instant at) {
    UnitPrice dearest = null;
    for (RateCard card : cards) {
      if (card.covers(provider, vendor)) {
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
