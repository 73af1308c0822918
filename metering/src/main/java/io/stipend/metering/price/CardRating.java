package io.stipend.metering.price;

import static io.stipend.metering.TokenUsage.MAX_COUNT;

import io.stipend.metering.Charge;
import io.stipend.metering.UsageReport;
import java.time.Instant;
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
      String served = part.model() != null ? part.model() : report.modelServed();
      ContextPrices prices = served(served).tiers().of(report.serviceTier());
      long exact = prices.at(part.usage().inputTotal()).of(part.usage());
      // Whole nanos and the rest are summed apart: the sum of exact prices could exceed a long.
      nanos = Math.addExact(nanos, exact / PICOS);
      picos = Math.addExact(picos, exact % PICOS);
    }
    return new Charge(Math.addExact(nanos, ceilNanos(picos)), report.total().total());
  }

  private Rate served(@Nullable String served) {
    if (served == null || served.equals(model)) {
      return rate;
    }
    Rate own = cards.find(provider, vendor, served, at);
    return own == null ? rate : own;
  }

  @Override
  public Charge ceiling(long inputTokens, long outputTokens, @Nullable String requestedTier) {
    checkCount("inputTokens", inputTokens);
    checkCount("outputTokens", outputTokens);
    Prices prices = rate.tiers().of(requestedTier).dearestUpTo(inputTokens);
    long input = Math.multiplyExact(inputTokens, prices.dearestInput());
    long output = Math.multiplyExact(outputTokens, prices.output());
    return new Charge(ceilNanos(Math.addExact(input, output)), inputTokens + outputTokens);
  }

  @Override
  public long affordableOutput(long inputTokens, long nanos, @Nullable String requestedTier) {
    checkCount("inputTokens", inputTokens);
    Prices prices = rate.tiers().of(requestedTier).dearestUpTo(inputTokens);
    long input = Math.multiplyExact(inputTokens, prices.dearestInput());
    if (nanos < ceilNanos(input)) {
      return -1;
    }
    if (prices.output() == 0) {
      return MAX_COUNT;
    }
    // ceil(picos / 1000) <= nanos exactly when picos <= 1000 * nanos.
    long most = nanos > Long.MAX_VALUE / PICOS ? Long.MAX_VALUE : nanos * PICOS;
    return Math.min(MAX_COUNT, (most - input) / prices.output());
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

  private static void checkCount(String name, long count) {
    if (count < 0 || count > MAX_COUNT) {
      throw new IllegalArgumentException(name + ": " + count + " (expected: 0.." + MAX_COUNT + ")");
    }
  }
}
