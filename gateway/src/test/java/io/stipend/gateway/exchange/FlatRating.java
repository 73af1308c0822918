package io.stipend.gateway.exchange;

import io.stipend.metering.Charge;
import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.Demand;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenPrices;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.metering.price.Rating;
import java.util.List;
import java.util.Optional;

/**
 * One nano-unit for a token of input, ten or so for one of output; twice that at the tier "fast".
 */
record FlatRating(long maxOutputTokens, boolean mayThink, long output) implements Rating {
  static final FlatRating VISIBLE = new FlatRating(128_000, false);
  static final FlatRating THINKING = new FlatRating(128_000, true);

  /** What one search of the web costs. */
  static final long SEARCH = 1_000_000;

  private static final long OUTPUT = 10;

  FlatRating(long maxOutputTokens, boolean mayThink) {
    this(maxOutputTokens, mayThink, OUTPUT);
  }

  @Override
  public String priceVersion() {
    return "flat at " + output;
  }

  @Override
  public Charge charge(UsageReport report) {
    long input = report.total().inputTotal();
    Demand used =
        new Demand(input, report.total().output(), MediaTokens.NONE, report.units(), null);
    return ceiling(used, report.serviceTier());
  }

  @Override
  public ChargeBasis basis(UsageReport report) {
    long in = ("fast".equals(report.serviceTier()) ? 2 : 1) * 1_000;
    List<Long> prices = List.of(in, in, in, in, in * output);
    List<ChargeLine> searches =
        report.units().of(Meter.WEB_SEARCH) == 0
            ? List.of()
            : List.of(
                new ChargeLine(
                    "web_search",
                    report.units().of(Meter.WEB_SEARCH),
                    SEARCH * 1_000,
                    SEARCH * 1_000));
    return new ChargeBasis(TokenPrices.of(prices, prices), searches);
  }

  @Override
  public Charge ceiling(Demand most, String requestedTier) {
    long nanos = most.input() + output * most.output();
    long dear = "fast".equals(requestedTier) ? 2 * nanos : nanos;
    return new Charge(dear + SEARCH * searches(most.units()), most.input() + most.output());
  }

  @Override
  public long affordableOutput(Demand most, long nanos, String requestedTier) {
    long left = nanos - most.input() - SEARCH * searches(most.units());
    return left < 0 ? -1 : left / output;
  }

  @Override
  public boolean pricesTokens() {
    return true;
  }

  @Override
  public Optional<Long> price(Meter meter) {
    return meter == Meter.WEB_SEARCH ? Optional.of(SEARCH) : Optional.empty();
  }

  private static long searches(Units units) {
    return units.of(Meter.WEB_SEARCH);
  }
}
