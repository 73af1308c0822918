package io.stipend.metering.price.catalog;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes offers as a file of rate cards, one card for each provider, and knows the lines. */
final class CardWriter {
  private static final List<String> METERS =
      List.of(
          Offer.INPUT,
          Offer.CACHE_READ,
          Offer.CACHE_WRITE_5M,
          Offer.CACHE_WRITE_1H,
          Offer.OUTPUT,
          "input_audio",
          "input_image",
          "cache_read_audio",
          "cache_read_image",
          "output_audio",
          "output_image");

  private static final BigDecimal WHOLE = BigDecimal.valueOf(10_000);
  private static final long MOST_BASIS_POINTS = 1_000_000;

  private final CatalogImport.Request request;
  private final StringBuilder text = new StringBuilder();
  private final TreeMap<Integer, Offer> byLine = new TreeMap<>();
  private int lines;

  CardWriter(CatalogImport.Request request) {
    this.request = request;
  }

  /**
   * The whole file.
   *
   * @param offers those that are priced
   * @param aside those that are not, with the reason, for the comments
   */
  String write(List<String> head, List<Offer> offers, Map<Offer, String> aside) {
    head.forEach(line -> line("# " + line));
    Map<String, List<Offer>> byScope = new TreeMap<>(Comparator.reverseOrder());
    offers.forEach(o -> byScope.computeIfAbsent(o.scope, s -> new ArrayList<>()).add(o));
    boolean first = true;
    for (Map.Entry<String, List<Offer>> card : byScope.entrySet()) {
      if (!first) {
        line("---");
      }
      first = false;
      card(card.getKey(), card.getValue());
    }
    if (!aside.isEmpty()) {
      line("# Quarantined, and so not priced here:");
      aside.forEach((offer, why) -> line("#   " + comment(offer.id) + ": " + comment(why)));
    }
    return text.toString();
  }

  /** The offer whose entry a line belongs to; null for the lines before the first. */
  @Nullable Offer at(int line) {
    Map.Entry<Integer, Offer> entry = byLine.floorEntry(line);
    return entry == null ? null : entry.getValue();
  }

  private void card(String scope, List<Offer> offers) {
    int space = scope.indexOf(' ');
    line("version: " + request.version());
    line("kind: list");
    line("currency: USD");
    line(scope.substring(0, space) + ": " + quoted(scope.substring(space + 1)));
    line("source: " + quoted(request.source()));
    line("checked_on: " + request.checkedOn());
    line("valid_from: " + request.validFrom());
    line("models:");
    offers.stream().sorted(Comparator.comparing((Offer o) -> o.model)).forEach(this::offer);
  }

  private void offer(Offer offer) {
    byLine.put(lines + 1, offer);
    List<Offer.Dated> dated = inForce(offer, request.validFrom());
    for (int i = 0; i < dated.size(); i++) {
      Offer.Dated one = dated.get(i);
      line("  - model: " + quoted(offer.model));
      if (!offer.names.isEmpty()) {
        line(
            "    names: ["
                + String.join(", ", offer.names.stream().map(this::quoted).toList())
                + "]");
      }
      if (i > 0 || (one.from != null && one.from.isAfter(request.validFrom()))) {
        line("    valid_from: " + one.from);
      }
      if (i + 1 < dated.size()) {
        line("    valid_to: " + dated.get(i + 1).from);
      }
      if (offer.maxOutput != null) {
        line("    max_output: " + offer.maxOutput);
      }
      prices(one);
    }
  }

  /** The prices that hold on a day and later, oldest first. */
  static List<Offer.Dated> inForce(Offer offer, LocalDate validFrom) {
    List<Offer.Dated> sorted = new ArrayList<>(offer.dated);
    sorted.sort(Comparator.comparing((Offer.Dated d) -> d.from == null ? LocalDate.MIN : d.from));
    while (sorted.size() > 1 && !after(sorted.get(1).from, validFrom)) {
      sorted.remove(0);
    }
    return sorted;
  }

  private static boolean after(@Nullable LocalDate from, LocalDate day) {
    return from != null && from.isAfter(day);
  }

  private void prices(Offer.Dated dated) {
    NavigableMap<Long, Map<String, BigDecimal>> standard = dated.tiers.get(Offer.DEFAULT_TIER);
    if (standard != null) {
      line("    prices:");
      ladder("      ", standard);
      List<String> others =
          dated.tiers.keySet().stream().filter(tier -> !tier.isEmpty()).sorted().toList();
      if (!others.isEmpty() || !dated.multiples.isEmpty()) {
        line("    tiers:");
        for (String tier : others) {
          NavigableMap<Long, Map<String, BigDecimal>> own = dated.tiers.get(tier);
          if (own != null) {
            tier(tier, own, standard);
          }
        }
        dated.multiples.forEach((tier, points) -> points(tier, points));
      }
    }
    if (!dated.units.isEmpty()) {
      line("    per_unit:");
      dated.units.forEach(
          (meter, prices) -> {
            BigDecimal only = prices.get("");
            if (only != null) {
              line("      " + meter + ": " + only.stripTrailingZeros().toPlainString());
            } else {
              line("      " + meter + ": " + flow(prices));
            }
          });
    }
  }

  private void points(String tier, long points) {
    line("      " + quoted(tier) + ": { basis_points: " + points + " }");
  }

  private void tier(
      String tier,
      NavigableMap<Long, Map<String, BigDecimal>> own,
      NavigableMap<Long, Map<String, BigDecimal>> standard) {
    long points = multiple(own, standard);
    if (points > 0) {
      points(tier, points);
    } else {
      line("      " + quoted(tier) + ":");
      ladder("        ", own);
    }
  }

  /** The basis points that say all that a tier states, no more and no less; 0 if none do. */
  private static long multiple(
      NavigableMap<Long, Map<String, BigDecimal>> own,
      NavigableMap<Long, Map<String, BigDecimal>> standard) {
    if (!own.keySet().equals(standard.keySet())) {
      return 0;
    }
    BigDecimal points = null;
    for (Map.Entry<Long, Map<String, BigDecimal>> step : own.entrySet()) {
      Map<String, BigDecimal> usual = standard.getOrDefault(step.getKey(), Map.of());
      if (!usual.keySet().equals(step.getValue().keySet())) {
        return 0;
      }
      for (Map.Entry<String, BigDecimal> price : usual.entrySet()) {
        BigDecimal there = step.getValue().getOrDefault(price.getKey(), BigDecimal.ZERO);
        BigDecimal[] parts = there.multiply(WHOLE).divideAndRemainder(price.getValue());
        if (parts[1].signum() != 0 || (points != null && points.compareTo(parts[0]) != 0)) {
          return 0;
        }
        points = parts[0];
      }
    }
    return points == null || points.compareTo(BigDecimal.valueOf(MOST_BASIS_POINTS)) > 0
        ? 0
        : points.longValueExact();
  }

  private void ladder(String indent, NavigableMap<Long, Map<String, BigDecimal>> ladder) {
    boolean first = true;
    for (Map.Entry<Long, Map<String, BigDecimal>> step : ladder.entrySet()) {
      if (step.getKey() == 0) {
        for (String meter : METERS) {
          BigDecimal price = step.getValue().get(meter);
          if (price != null) {
            line(indent + meter + ": " + price.stripTrailingZeros().toPlainString());
          }
        }
        continue;
      }
      if (first) {
        line(indent + "above:");
        first = false;
      }
      Map<String, BigDecimal> all = new LinkedHashMap<>();
      all.put("input_over", BigDecimal.valueOf(step.getKey()));
      METERS.forEach(
          meter -> {
            BigDecimal price = step.getValue().get(meter);
            if (price != null) {
              all.put(meter, price);
            }
          });
      line(indent + "  - " + flow(all));
    }
  }

  private static String flow(Map<String, BigDecimal> prices) {
    return "{ "
        + String.join(
            ", ",
            prices.entrySet().stream()
                .map(e -> e.getKey() + ": " + e.getValue().stripTrailingZeros().toPlainString())
                .toList())
        + " }";
  }

  private String quoted(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String comment(String value) {
    return value.replaceAll("\\p{Cntrl}", "?");
  }

  private void line(String line) {
    text.append(line).append('\n');
    lines++;
  }
}
