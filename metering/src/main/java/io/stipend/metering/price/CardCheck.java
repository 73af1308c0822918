package io.stipend.metering.price;

import io.stipend.metering.price.RateCardException.Problem;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What is allowed in rate cards but should make somebody look. */
public final class CardCheck {
  /** Vendors change their lists several times a year. */
  private static final long FRESH_DAYS = 180;

  private final RateCards inForce;
  private final UnaryOperator<String> vendorOf;
  private final Instant now;
  private final List<Problem> warnings = new ArrayList<>();

  private CardCheck(RateCards inForce, UnaryOperator<String> vendorOf, Instant now) {
    this.inForce = inForce;
    this.vendorOf = vendorOf;
    this.now = now;
  }

  /**
   * All warnings, each at the first place that it is about.
   *
   * @param checked the cards; they need not be in force
   * @param inForce what they are compared with, and whose rates of exchange convert them
   * @param vendorOf the vendor whose prices hold for a provider of the quota file
   */
  public static List<Problem> warnings(
      RateCards checked, RateCards inForce, UnaryOperator<String> vendorOf, Instant now) {
    CardCheck check = new CardCheck(inForce, vendorOf, now);
    RateCards converted = checked.with(inForce.exchange(), inForce.currency());
    check.warnings.addAll(converted.unconverted(now));
    List<RateCard> cards = new ArrayList<>(checked.cards());
    Collections.reverse(cards);
    for (RateCard card : cards) {
      check.stale(card);
      check.gaps(card);
      check.overlaps(card, checked);
      if (card.contracted()) {
        check.aboveList(card, converted);
      }
    }
    return List.copyOf(check.warnings);
  }

  private void stale(RateCard card) {
    LocalDate today = now.atOffset(ZoneOffset.UTC).toLocalDate();
    List<Rate> stale =
        card.rates().stream()
            .filter(rate -> rate.validTo() == null || rate.validTo().isAfter(now))
            .filter(rate -> ChronoUnit.DAYS.between(rate.checkedOn(), today) > FRESH_DAYS)
            .toList();
    if (!stale.isEmpty()) {
      Rate oldest = stale.stream().min(Comparator.comparing(Rate::checkedOn)).orElseThrow();
      warnings.add(
          oldest
              .place()
              .problem(
                  "checked_on: %s is more than %d days ago, of %s of card %s (expected: read again)"
                      .formatted(
                          oldest.checkedOn(),
                          FRESH_DAYS,
                          counted(stale.size(), oldest.model()),
                          card.version())));
    }
  }

  private static String counted(int count, String first) {
    return count == 1 ? first : first + " and " + (count - 1) + " more";
  }

  private void gaps(RateCard card) {
    Map<String, List<Rate>> byName = new HashMap<>();
    for (Rate rate : card.rates()) {
      byName.computeIfAbsent(rate.model(), name -> new ArrayList<>()).add(rate);
    }
    for (List<Rate> rates : byName.values()) {
      rates.sort(Comparator.comparing(Rate::validFrom));
      for (int i = 0; i < rates.size(); i++) {
        Instant end = rates.get(i).validTo();
        Rate next = i + 1 < rates.size() ? rates.get(i + 1) : null;
        if (end != null && next != null && end.isBefore(next.validFrom())) {
          warn(next, "has no price in this card from " + day(end) + " to " + day(next.validFrom()));
        } else if (end != null && next == null && !end.isAfter(now)) {
          warn(rates.get(i), "has had no price in this card since " + day(end));
        }
      }
    }
    warnings.sort(
        Comparator.comparing(Problem::file)
            .thenComparingInt(Problem::line)
            .thenComparingInt(Problem::column));
  }

  private void warn(Rate rate, String message) {
    warnings.add(rate.place().problem("model: " + rate.model() + " " + message));
  }

  private static LocalDate day(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC).toLocalDate();
  }

  /** Two cards of one provider that price a model at one time: the later one hides the other. */
  private void overlaps(RateCard card, RateCards checked) {
    List<RateCard> others = new ArrayList<>(inForce.cards());
    others.removeIf(
        other -> checked.cards().stream().anyMatch(c -> c.version().equals(other.version())));
    boolean earlier = false;
    for (RateCard other : checked.cards()) {
      if (earlier) {
        others.add(other);
      }
      earlier |= other.place().equals(card.place());
    }
    for (RateCard other : others) {
      if (other.scope().equals(card.scope())) {
        overlap(card, other);
      }
    }
  }

  private void overlap(RateCard card, RateCard other) {
    Map<String, List<Rate>> byName = new HashMap<>();
    other
        .rates()
        .forEach(
            r ->
                r.allNames()
                    .forEach(n -> byName.computeIfAbsent(n, x -> new ArrayList<>()).add(r)));
    int count = 0;
    Rate first = null;
    Rate hidden = null;
    for (Rate rate : card.rates()) {
      for (String name : rate.allNames()) {
        for (Rate there : byName.getOrDefault(name, List.of())) {
          if (rate.overlaps(there)) {
            count++;
            if (first == null) {
              first = rate;
              hidden = there;
            }
          }
        }
      }
    }
    if (first != null && hidden != null) {
      warnings.add(
          first
              .place()
              .problem(
                  ("model: %s is priced at the same time by card %s (%s:%d); the card that stands"
                          + " later in rate_cards decides")
                      .formatted(
                          counted(count, first.model()),
                          other.version(),
                          hidden.place().file(),
                          hidden.place().line())));
    }
  }

  private void aboveList(RateCard card, RateCards converted) {
    for (Rate rate : card.rates()) {
      Instant at = rate.validFrom().isAfter(now) ? rate.validFrom() : now;
      RateCard home = rate.inForce(at) && !rate.isGlob() ? converted.home(card, at) : null;
      Rate agreed = home == null ? null : home.find(rate.model(), at);
      Rate list = agreed == null ? null : list(card, rate.model(), at);
      if (agreed == null || list == null) {
        continue;
      }
      Map<String, BigDecimal> listed = new HashMap<>();
      PriceItem.tokens(list).forEach(item -> listed.put(item.label(), item.price()));
      for (PriceItem item : PriceItem.tokens(agreed)) {
        BigDecimal other = listed.get(item.label());
        if (other != null && item.price().compareTo(other) > 0) {
          warn(
              rate,
              "%s: %s %s is above the list, %s"
                  .formatted(
                      item.label(), item.text(), converted.currency(), other.toPlainString()));
          break;
        }
      }
    }
  }

  private @Nullable Rate list(RateCard card, String model, Instant at) {
    boolean own = card.scope().kind() == RateCard.Scope.Kind.PROVIDER;
    String name = card.scope().name();
    return inForce.findListed(own ? name : "", own ? vendorOf.apply(name) : name, model, at);
  }
}
