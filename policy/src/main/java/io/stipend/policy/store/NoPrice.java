package io.stipend.policy.store;

import io.stipend.metering.Charge;
import io.stipend.metering.ChargeBasis;
import io.stipend.metering.Demand;
import io.stipend.metering.Meter;
import io.stipend.metering.UsageReport;
import io.stipend.metering.price.Rating;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Stands in the permit of a call that costs nothing, on a model that no card prices. Whoever asks
 * it for a price has mistaken a free call for another: that must be loud, and must not be 0.
 */
final class NoPrice implements Rating {
  static final Rating NEEDED = new NoPrice();

  private NoPrice() {}

  @Override
  public String priceVersion() {
    return "none";
  }

  @Override
  public Charge charge(UsageReport report) {
    throw asked();
  }

  @Override
  public ChargeBasis basis(UsageReport report) {
    throw asked();
  }

  @Override
  public Charge ceiling(Demand most, @Nullable String requestedTier) {
    throw asked();
  }

  @Override
  public long affordableOutput(Demand most, long nanos, @Nullable String requestedTier) {
    throw asked();
  }

  @Override
  public boolean pricesTokens() {
    return false;
  }

  @Override
  public Optional<Long> price(Meter meter) {
    return Optional.empty();
  }

  private static IllegalStateException asked() {
    return new IllegalStateException("price of a free call (expected: nobody asks)");
  }

  @Override
  public long maxOutputTokens() {
    return 0;
  }

  @Override
  public boolean mayThink() {
    return false;
  }
}
