package io.stipend.metering.price.catalog;

import io.stipend.metering.price.CardText;
import io.stipend.metering.price.PriceBook;
import io.stipend.metering.price.PriceDiff;
import io.stipend.metering.price.PriceSide;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A catalogue read, judged, compared with what is in force and written as rate cards, for somebody
 * to approve. A price that any gate doubts is in none of the cards.
 */
public final class CatalogImport {
  /** Each turn puts aside at least one model that a reader of cards refuses. */
  private static final int MOST_TURNS = 20;

  private final Request request;
  private final RateCards inForce;
  private final UnaryOperator<String> vendorOf;
  private final Instant at;

  private CatalogImport(
      Request request, RateCards inForce, UnaryOperator<String> vendorOf, Instant now) {
    this.request = request;
    this.inForce = inForce;
    this.vendorOf = vendorOf;
    Instant first = request.validFrom().atStartOfDay(ZoneOffset.UTC).toInstant();
    this.at = first.isAfter(now) ? first : now;
  }

  /** Whose file it is. */
  public enum Format {
    /** LiteLLM's {@code model_prices_and_context_window.json}. */
    LITELLM,
    /** The data of genai-prices, version 2. */
    GENAI_PRICES
  }

  /**
   * What to import.
   *
   * @param file the catalogue
   * @param format whose it is
   * @param provider only the models of this one, by its name in the catalogue or in a rate card;
   *     null for all
   * @param version of the cards
   * @param source what the cards say of where the prices were read
   * @param checkedOn when that was
   * @param validFrom the first day of the prices, UTC
   */
  public record Request(
      Path file,
      Format format,
      @Nullable String provider,
      String version,
      String source,
      LocalDate checkedOn,
      LocalDate validFrom) {}

  /** A model of the catalogue, by its name there, and what was found. */
  public record Found(String model, String reason) {}

  /**
   * What became of a catalogue.
   *
   * @param entries how many models it holds of those that were asked for
   * @param models how many of them the cards price
   * @param quarantined those that a gate doubts, with each reason
   * @param leftOut those that cannot be priced by a card, though nothing about them looks wrong
   * @param notMapped what is not in the cards of those that are priced
   * @param unknownKeys keys of the catalogue that nobody here knows, and how often each stands
   * @param diff against what is in force, for these models
   * @param text the rate cards
   */
  public record Result(
      int entries,
      int models,
      List<Found> quarantined,
      List<Found> leftOut,
      List<Found> notMapped,
      Map<String, Integer> unknownKeys,
      PriceDiff diff,
      String text) {}

  /**
   * Reads a catalogue.
   *
   * @param inForce what its prices are compared with
   * @param vendorOf the vendor whose prices hold for a provider of the quota file
   * @throws IOException if the file cannot be read, or is no such catalogue
   */
  public static Result run(
      Request request, RateCards inForce, UnaryOperator<String> vendorOf, Instant now)
      throws IOException {
    return new CatalogImport(request, inForce, vendorOf, now).run();
  }

  private Result run() throws IOException {
    Catalog catalog =
        request.format() == Format.LITELLM
            ? LiteLlmCatalog.read(request.file())
            : GenAiCatalog.read(request.file());
    List<Offer> asked = asked(catalog);
    asked.forEach(Gates::judge);
    oneForEachName(asked);
    List<Offer> good = new ArrayList<>(asked);
    good.removeIf(offer -> offer.leftOut != null || !offer.doubts.isEmpty());
    RateCards cards = accepted(good, asked);
    PriceDiff diff = diff(cards, good);
    if (doubtLeaps(diff, good)) {
      Set<PriceSide.Named> doubted = new TreeSet<>();
      good.stream().filter(o -> !o.doubts.isEmpty()).forEach(o -> doubted.addAll(named(o)));
      good.removeIf(offer -> !offer.doubts.isEmpty());
      List<PriceDiff.Change> left = new ArrayList<>(diff.changes());
      left.removeIf(c -> doubted.contains(new PriceSide.Named(c.scope(), c.model())));
      diff = new PriceDiff(left);
    }
    return new Result(
        asked.size(),
        good.size(),
        found(asked, offer -> offer.doubts.isEmpty() ? "" : String.join("; ", offer.doubts)),
        found(
            asked, o -> o.leftOut == null || !o.doubts.isEmpty() ? "" : String.valueOf(o.leftOut)),
        found(good, offer -> String.join(", ", offer.notMapped)),
        catalog.unknownKeys,
        diff,
        text(good, asked));
  }

  private List<Offer> asked(Catalog catalog) throws IOException {
    String provider = request.provider();
    if (provider == null) {
      return catalog.offers;
    }
    String scope = Scopes.of(provider);
    List<Offer> asked =
        catalog.offers.stream()
            .filter(o -> o.scope.equals(scope) || o.scope.endsWith(" " + provider))
            .toList();
    if (asked.isEmpty()) {
      Set<String> known = new TreeSet<>();
      catalog.offers.forEach(o -> known.add(o.scope.substring(o.scope.indexOf(' ') + 1)));
      throw new IOException(
          "provider: " + provider + " has no models there (expected: one of " + known + ")");
    }
    return asked;
  }

  /** Two entries of one name are one if they say the same; else neither can be trusted. */
  private void oneForEachName(List<Offer> offers) {
    Map<String, Offer> byName = new HashMap<>();
    for (Offer offer : offers) {
      if (offer.leftOut != null || !offer.doubts.isEmpty()) {
        continue;
      }
      Offer other = byName.putIfAbsent(offer.scope + " " + offer.model, offer);
      if (other != null && body(other).equals(body(offer))) {
        offer.leftOut = "the same as " + other.id;
      } else if (other != null) {
        offer.doubts.add("has other prices than " + other.id + " of the same name");
        other.doubts.add("has other prices than " + offer.id + " of the same name");
      }
    }
    for (Offer offer : offers) {
      offer.names.removeIf(
          name -> {
            boolean taken = byName.putIfAbsent(offer.scope + " " + name, offer) != null;
            if (taken) {
              offer.notMapped.add("name " + name + ", which is another model's too");
            }
            return taken;
          });
    }
  }

  private String body(Offer offer) {
    return new CardWriter(request).write(List.of(), List.of(offer), Map.of());
  }

  /** The cards of these offers; what a reader of cards refuses becomes a doubt and goes. */
  private RateCards accepted(List<Offer> good, List<Offer> asked) {
    for (int turn = 0; turn < MOST_TURNS && !good.isEmpty(); turn++) {
      CardWriter writer = new CardWriter(request);
      String text = writer.write(head(good, asked), good, Map.of());
      try {
        return RateCards.of(List.of(new CardText("imported", "", text)), inForce.currency());
      } catch (RateCardException e) {
        boolean any = false;
        for (RateCardException.Problem problem : e.problems()) {
          Offer offer = writer.at(problem.line());
          if (offer != null) {
            offer.doubts.add(problem.message());
            any = true;
          }
        }
        if (!any) {
          throw new IllegalStateException("cards that cannot be read back: " + e.getMessage(), e);
        }
        good.removeIf(offer -> !offer.doubts.isEmpty());
      }
    }
    try {
      return RateCards.load(List.of());
    } catch (RateCardException e) {
      throw new IllegalStateException("no card has no problem", e);
    }
  }

  private PriceDiff diff(RateCards cards, List<Offer> good) {
    Set<PriceSide.Named> models = new TreeSet<>();
    good.forEach(offer -> models.addAll(named(offer)));
    return PriceDiff.of(
        new PriceBook(inForce).at(at, vendorOf),
        new PriceBook(inForce.plus(cards)).at(at, vendorOf),
        models,
        true);
  }

  private static Set<PriceSide.Named> named(Offer offer) {
    Set<PriceSide.Named> names = new TreeSet<>();
    names.add(new PriceSide.Named(offer.scope, offer.model));
    offer.names.forEach(name -> names.add(new PriceSide.Named(offer.scope, name)));
    return names;
  }

  /** Whether there was one. */
  private boolean doubtLeaps(PriceDiff diff, List<Offer> good) {
    Map<PriceSide.Named, Offer> byName = new HashMap<>();
    good.forEach(offer -> named(offer).forEach(name -> byName.put(name, offer)));
    boolean any = false;
    for (PriceDiff.Change change : diff.changes()) {
      Offer offer = byName.get(new PriceSide.Named(change.scope(), change.model()));
      if (offer != null
          && offer.stated.contains(change.item())
          && change.before() != null
          && change.after() != null
          && Gates.isLeap(change.before(), change.after())) {
        String doubt =
            "%s: %s USD, in force is %s (a change of more than five times)"
                .formatted(
                    change.item(), Gates.shown(change.after()), Gates.shown(change.before()));
        if (!offer.doubts.contains(doubt)) {
          offer.doubts.add(doubt);
        }
        any = true;
      }
    }
    return any;
  }

  private String text(List<Offer> good, List<Offer> asked) {
    Map<Offer, String> aside = new LinkedHashMap<>();
    asked.stream()
        .filter(offer -> !offer.doubts.isEmpty())
        .forEach(offer -> aside.put(offer, String.join("; ", offer.doubts)));
    return new CardWriter(request).write(head(good, asked), good, aside);
  }

  private List<String> head(List<Offer> good, List<Offer> asked) {
    return List.of(
        "Imported from " + request.file().getFileName() + ", to be approved; docs/rate-cards.md",
        "describes the format. "
            + good.size()
            + " of "
            + asked.size()
            + " entries are priced here. Neither is an invoice.");
  }

  private static List<Found> found(List<Offer> offers, Function<Offer, String> what) {
    Map<String, String> byName = new TreeMap<>();
    for (Offer offer : offers) {
      String reason = what.apply(offer);
      if (!reason.isEmpty()) {
        byName.put(offer.id, reason);
      }
    }
    return byName.entrySet().stream().map(e -> new Found(e.getKey(), e.getValue())).toList();
  }
}
