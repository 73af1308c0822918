package io.stipend.metering.price.catalog;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a price of a catalogue must pass before anybody is asked to approve it. Each gate has kept a
 * real error of a public catalogue out.
 */
final class Gates {
  /** USD per million tokens; the readers of rate cards refuse more too. */
  private static final BigDecimal MOST_PER_MILLION = BigDecimal.valueOf(1_000);

  /** USD for one. */
  private static final BigDecimal MOST_FOR_ONE = BigDecimal.valueOf(1_000);

  /** A price that becomes so many times what is in force, or so small a part of it, is doubted. */
  private static final BigDecimal MOST_CHANGE = BigDecimal.valueOf(5);

  private static final int TOKEN_SCALE = 6;
  private static final int UNIT_SCALE = 9;
  private static final BigDecimal FINEST_TOKEN = BigDecimal.ONE.movePointLeft(TOKEN_SCALE);
  private static final String ROUNDED = "more decimals than a card holds: rounded up";

  private Gates() {}

  /** Notes every doubt and what the offer lacks, and brings its prices to what a card can hold. */
  static void judge(Offer offer) {
    if (!Scopes.isModel(offer.scope, offer.model)) {
      offer.leftOut = "a name of a region, a size or a pattern, not of a model";
    } else if (offer.model.isBlank() || offer.model.chars().anyMatch(Character::isISOControl)) {
      offer.leftOut = "a name that cannot be asked for";
    }
    if (offer.dated.isEmpty() && offer.leftOut == null) {
      offer.leftOut = "no price";
    }
    for (Offer.Dated dated : offer.dated) {
      dated.tiers.forEach(
          (tier, ladder) ->
              ladder.forEach(
                  (over, step) ->
                      step.keySet().forEach(meter -> offer.stated.add(label(tier, meter, over)))));
      dated.units.forEach(
          (meter, prices) ->
              prices.keySet().forEach(v -> offer.stated.add((meter + " " + v).strip())));
      complete(offer, dated);
      dated.tiers.forEach(
          (tier, ladder) -> ladder.forEach((over, step) -> tokens(offer, tier, over, step)));
      dated.units.replaceAll((meter, prices) -> units(offer, meter, prices));
    }
  }

  private static void complete(Offer offer, Offer.Dated dated) {
    Map<String, BigDecimal> base = dated.base();
    boolean priced =
        base.containsKey(Offer.INPUT) && (!offer.generates() || base.containsKey(Offer.OUTPUT));
    if (!priced && offer.leftOut == null) {
      boolean free = dated.tiers.isEmpty() && !dated.units.isEmpty();
      if (!free) {
        offer.leftOut =
            dated.tiers.isEmpty()
                ? "no price that a rate card can say"
                : "no price of " + (base.containsKey(Offer.INPUT) ? "output" : "input") + " tokens";
      }
      return;
    }
    dated
        .tiers
        .entrySet()
        .removeIf(
            tier -> {
              Map<String, BigDecimal> first = tier.getValue().get(0L);
              boolean whole =
                  first != null
                      && first.containsKey(Offer.INPUT)
                      && (!offer.generates() || first.containsKey(Offer.OUTPUT));
              if (!whole) {
                offer.notMapped.add("tier " + tier.getKey() + " without input and output");
              }
              return !whole;
            });
    dated.tiers.values().forEach(ladder -> fill(ladder, base));
  }

  /** A step keeps what it does not state; a cache write never becomes cheaper by silence. */
  private static void fill(
      Map<Long, Map<String, BigDecimal>> ladder, Map<String, BigDecimal> base) {
    Map<String, BigDecimal> before = base;
    for (Map<String, BigDecimal> step : ladder.values()) {
      for (String meter : new String[] {Offer.INPUT, Offer.OUTPUT}) {
        BigDecimal kept = before.get(meter);
        if (kept != null) {
          step.putIfAbsent(meter, kept);
        }
      }
      BigDecimal input = step.getOrDefault(Offer.INPUT, BigDecimal.ZERO);
      for (String write : new String[] {Offer.CACHE_WRITE_5M, Offer.CACHE_WRITE_1H}) {
        BigDecimal usual = base.get(write);
        if (usual != null && usual.compareTo(input) > 0) {
          step.putIfAbsent(write, usual);
        }
      }
      before = step;
    }
  }

  private static void tokens(Offer offer, String tier, long over, Map<String, BigDecimal> step) {
    BigDecimal input = step.get(Offer.INPUT);
    step.replaceAll(
        (meter, price) -> {
          String what = label(tier, meter, over);
          if (price.signum() == 0) {
            doubt(offer, what + ": 0 (expected: above 0)");
            return price;
          }
          if (price.compareTo(MOST_PER_MILLION) > 0) {
            doubt(offer, what + ": " + shown(price) + " USD per million tokens (at most 1000)");
            return price;
          }
          if (meter.equals(Offer.CACHE_READ) && input != null && price.compareTo(input) > 0) {
            doubt(offer, what + ": " + shown(price) + " is dearer than input, " + shown(input));
          }
          return atMost(offer, price, TOKEN_SCALE, FINEST_TOKEN);
        });
  }

  private static String label(String tier, String meter, long over) {
    return (tier.isEmpty() ? "" : tier + " ") + meter + (over == 0 ? "" : " >" + over);
  }

  private static Map<String, BigDecimal> units(
      Offer offer, String meter, Map<String, BigDecimal> prices) {
    Map<String, BigDecimal> checked = new TreeMap<>();
    prices.forEach(
        (variant, price) -> {
          if (price.compareTo(MOST_FOR_ONE) > 0) {
            doubt(offer, meter + ": " + shown(price) + " USD for one (at most 1000)");
          } else {
            checked.put(
                variant,
                atMost(offer, price, UNIT_SCALE, BigDecimal.ONE.movePointLeft(UNIT_SCALE)));
          }
        });
    return checked;
  }

  /** Rounded up to what a card can hold, and noted; below it, its least price. */
  private static BigDecimal atMost(Offer offer, BigDecimal price, int scale, BigDecimal finest) {
    boolean tiny = price.compareTo(finest) < 0;
    BigDecimal held = tiny ? finest : price.setScale(scale, RoundingMode.CEILING);
    if (held.compareTo(price) != 0 && !offer.notMapped.contains(ROUNDED)) {
      offer.notMapped.add(ROUNDED);
    }
    return held;
  }

  private static void doubt(Offer offer, String doubt) {
    if (!offer.doubts.contains(doubt)) {
      offer.doubts.add(doubt);
    }
  }

  /** Whether a price changes by more than anybody would believe without looking. */
  static boolean isLeap(BigDecimal before, BigDecimal after) {
    return after.compareTo(before.multiply(MOST_CHANGE)) > 0
        || before.compareTo(after.multiply(MOST_CHANGE)) > 0;
  }

  /** As a message shows it: never a line of zeros. */
  static String shown(BigDecimal price) {
    BigDecimal plain = price.stripTrailingZeros();
    return plain.scale() > 20 || plain.precision() - plain.scale() > 20
        ? plain.toString()
        : plain.toPlainString();
  }
}
