package io.stipend.metering.price;

import static io.stipend.metering.TokenUsage.MAX_COUNT;

import io.stipend.metering.Charge;
import io.stipend.metering.ChargeBasis;
import io.stipend.metering.Demand;
import io.stipend.metering.Meter;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.metering.price.UnitPrices.UnitPrice;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A rating by the cards that were in force when the exchange began. */
final class CardRating implements Rating {
  /** Pico-units in one nano-unit. */
  private static final long PICOS = 1_000;

  private final RateCards cards;
  private final String provider;
  private final String vendor;
  private final Instant at;
  private final String model;
  private final Rate rate;
  private final ModelLimits limits;

  CardRating(
      RateCards cards,
      String provider,
      String vendor,
      Instant at,
      String model,
      Rate rate,
      ModelLimits limits) {
    this.cards = cards;
    this.provider = provider;
    this.vendor = vendor;
    this.at = at;
    this.model = model;
    this.rate = rate;
    this.limits = limits;
  }

  @Override
  public String priceVersion() {
    return rate.cardVersion();
  }

  @Override
  public Charge charge(UsageReport report) {
    long nanos = 0;
    long picos = 0;
    for (UsageReport.Part part : report.parts()) {
      String name = part.model() != null ? part.model() : report.modelServed();
      Rate served = served(name);
      ContextPrices prices = served.tiers().of(report.serviceTier());
      long exact = prices.at(part.usage().inputTotal()).of(part.usage(), part.media());
      // Whole nanos and the rest are summed apart: the sum of exact prices could exceed a long.
      nanos = Math.addExact(nanos, exact / PICOS);
      picos = Math.addExact(picos, exact % PICOS);
      boolean inTokens = served.pricesTokens() && part.usage().total() > 0;
      nanos = Math.addExact(nanos, units(part.units(), report.variant(), name, inTokens));
    }
    return new Charge(Math.addExact(nanos, ceilNanos(picos)), report.total().total());
  }

  @Override
  public ChargeBasis basis(UsageReport report) {
    UsageReport.Part first = report.parts().get(0);
    if (report.parts().size() == 1 && first.media().isNone() && first.units().isNone()) {
      // Nearly every report: prices alone say it all.
      return ofText(first, report);
    }
    BasisOfReport basis = new BasisOfReport();
    for (UsageReport.Part part : report.parts()) {
      String name = part.model() != null ? part.model() : report.modelServed();
      Rate served = served(name);
      boolean inTokens = served.pricesTokens() && part.usage().total() > 0;
      if (inTokens) {
        Prices charged = served.tiers().of(report.serviceTier()).at(part.usage().inputTotal());
        String priced = name == null || served.equals(rate) ? model : name;
        Prices listed = listed(priced, report.serviceTier(), part.usage().inputTotal(), charged);
        basis.tokens(part, charged, listed, cards.tokenPrices(charged, listed));
      } else if (part.usage().total() > 0) {
        basis.freeTokens();
      }
      if (!part.units().isNone()) {
        units(basis, part.units(), report.variant(), name, inTokens);
      }
    }
    return basis.of();
  }

  private ChargeBasis ofText(UsageReport.Part part, UsageReport report) {
    String name = part.model() != null ? part.model() : report.modelServed();
    Rate served = served(name);
    long input = part.usage().inputTotal();
    if (!served.pricesTokens() || part.usage().total() == 0) {
      return ChargeBasis.NONE;
    }
    Prices charged = served.tiers().of(report.serviceTier()).at(input);
    String priced = name == null || served.equals(rate) ? model : name;
    Prices listed = listed(priced, report.serviceTier(), input, charged);
    return cards.tokenPrices(charged, listed).alone();
  }

  /** What the list says of the same model, tier and size; what is charged where it says nothing. */
  private Prices listed(String priced, @Nullable String tier, long inputTotal, Prices charged) {
    Rate listed = cards.findListed(provider, vendor, priced, at);
    ContextPrices known = listed == null ? null : listed.tiers().known(tier);
    return listed == null || known == null || !listed.pricesTokens()
        ? charged
        : known.at(inputTotal);
  }

  private void units(
      BasisOfReport basis,
      Units units,
      @Nullable String variant,
      @Nullable String served,
      boolean inTokens) {
    for (Meter meter : Meter.values()) {
      long count = units.of(meter);
      UnitPrice price = count == 0 ? null : unitPrice(meter, served, inTokens);
      if (price != null) {
        UnitPrice listed = cards.listedUnitPrice(provider, vendor, on(served), meter, at);
        basis.unit(meter, price, listed == null ? price : listed, count, variant);
      }
    }
  }

  private Rate served(@Nullable String served) {
    if (served == null || served.equals(model)) {
      return rate;
    }
    Rate own = cards.find(provider, vendor, served, at);
    // What was asked for by tokens is not free because its name came back as one without a price.
    return own == null || (rate.pricesTokens() && !own.pricesTokens()) ? rate : own;
  }

  /**
   * What these units cost in nano-units on a model.
   *
   * @param inTokens whether its tokens are charged, which stand for its content then
   */
  private long units(
      Units units, @Nullable String variant, @Nullable String served, boolean inTokens) {
    long sum = 0;
    if (units.isNone()) {
      return sum;
    }
    for (Meter meter : Meter.values()) {
      long count = units.of(meter);
      UnitPrice price = count == 0 ? null : unitPrice(meter, served, inTokens);
      sum = Math.addExact(sum, price == null ? 0 : price.of(count, variant));
    }
    return sum;
  }

  private @Nullable UnitPrice unitPrice(Meter meter, @Nullable String served, boolean inTokens) {
    UnitPrice own = cards.unitPrice(provider, vendor, on(served), meter, at);
    if (own == null && (meter.isTool() || !inTokens)) {
      own = cards.unitPrice(provider, vendor, model, meter, at);
      own = own == null ? cards.dearestUnit(provider, vendor, meter, at) : own;
    }
    return own;
  }

  /** The model whose units are priced. */
  private String on(@Nullable String served) {
    // A tool has a price on models that no card names: the requested one may have a dearer one.
    boolean named = served != null && cards.find(provider, vendor, served, at) != null;
    return served == null || !named ? model : served;
  }

  @Override
  public Charge ceiling(Demand most, @Nullable String requestedTier) {
    Prices prices = rate.tiers().of(requestedTier).dearestUpTo(most.input());
    long input = prices.dearestInput(most);
    long output = Math.multiplyExact(most.output(), prices.dearestOutput(most));
    long tokens = ceilNanos(Math.addExact(input, output));
    long units = units(most.units(), most.variant(), model, pricesTokens());
    return new Charge(Math.addExact(tokens, units), most.input() + most.output());
  }

  @Override
  public long affordableOutput(Demand most, long nanos, @Nullable String requestedTier) {
    Prices prices = rate.tiers().of(requestedTier).dearestUpTo(most.input());
    long input = prices.dearestInput(most);
    long left = nanos - units(most.units(), most.variant(), model, pricesTokens());
    if (left < ceilNanos(input)) {
      return -1;
    }
    long each = prices.dearestOutput(most);
    if (each == 0) {
      return MAX_COUNT;
    }
    // ceil(picos / 1000) <= nanos exactly when picos <= 1000 * nanos.
    long picosLeft = left > Long.MAX_VALUE / PICOS ? Long.MAX_VALUE : left * PICOS;
    return Math.min(MAX_COUNT, (picosLeft - input) / each);
  }

  @Override
  public boolean pricesTokens() {
    return rate.pricesTokens();
  }

  @Override
  public Optional<Long> price(Meter meter) {
    UnitPrice price = cards.unitPrice(provider, vendor, model, meter, at);
    return Optional.ofNullable(price).map(UnitPrice::dearest);
  }

  @Override
  public long maxOutputTokens() {
    return limits.maxOutputOf(model);
  }

  @Override
  public boolean mayThink() {
    return limits.mayThinkOf(model);
  }

  private static long ceilNanos(long picos) {
    return picos / PICOS + (picos % PICOS == 0 ? 0 : 1);
  }
}
