package io.stipend.gateway.exchange;

import io.stipend.metering.Charge;
import io.stipend.metering.UsageReport;
import io.stipend.metering.price.Rating;

/**
 * One nano-unit for a token of input, ten or so for one of output; twice that at the tier "fast".
 */
record FlatRating(long maxOutputTokens, boolean mayThink, long output) implements Rating {
  static final FlatRating VISIBLE = new FlatRating(128_000, false);
  static final FlatRating THINKING = new FlatRating(128_000, true);
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
    return ceiling(input, report.total().output(), report.serviceTier());
  }

  @Override
  public Charge ceiling(long inputTokens, long outputTokens, String requestedTier) {
    long nanos = inputTokens + output * outputTokens;
    return new Charge("fast".equals(requestedTier) ? 2 * nanos : nanos, inputTokens + outputTokens);
  }

  @Override
  public long affordableOutput(long inputTokens, long nanos, String requestedTier) {
    long left = nanos - inputTokens;
    return left < 0 ? -1 : left / output;
  }
}
