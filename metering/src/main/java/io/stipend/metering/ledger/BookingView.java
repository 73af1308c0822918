package io.stipend.metering.ledger;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A line that is an object already, shown as the others are. */
record BookingView(Booking booking) implements BookedLine {
  @Override
  public long startedAt() {
    return booking.startedAt().toEpochMilli();
  }

  @Override
  public long finishedAt() {
    return booking.finishedAt().toEpochMilli();
  }

  @Override
  public boolean correction() {
    return booking.correction();
  }

  @Override
  public String exchangeId() {
    return booking.attempt().exchangeId();
  }

  @Override
  public int attempt() {
    return booking.attempt().attempt();
  }

  @Override
  public String person() {
    return booking.attempt().person();
  }

  @Override
  public @Nullable String team() {
    return booking.attempt().team();
  }

  @Override
  public @Nullable String costCenter() {
    return booking.attempt().costCenter();
  }

  @Override
  public @Nullable String project() {
    return booking.attempt().project();
  }

  @Override
  public String keyId() {
    return booking.attempt().keyId();
  }

  @Override
  public @Nullable String sessionId() {
    return booking.attempt().sessionId();
  }

  @Override
  public @Nullable String client() {
    return booking.attempt().client();
  }

  @Override
  public String dialect() {
    return booking.attempt().dialect();
  }

  @Override
  public String provider() {
    return booking.attempt().provider();
  }

  @Override
  public String modelRequested() {
    return booking.attempt().modelRequested();
  }

  @Override
  public String modelServed() {
    return booking.attempt().modelServed();
  }

  @Override
  public @Nullable String serviceTier() {
    return booking.attempt().serviceTier();
  }

  @Override
  public long input() {
    return booking.usage().input();
  }

  @Override
  public long cacheRead() {
    return booking.usage().cacheRead();
  }

  @Override
  public long cacheWrite() {
    return booking.usage().cacheWrite();
  }

  @Override
  public long cacheWrite1h() {
    return booking.usage().cacheWrite1h();
  }

  @Override
  public long output() {
    return booking.usage().output();
  }

  @Override
  public long reasoning() {
    return booking.usage().reasoning();
  }

  @Override
  public long nanos() {
    return booking.usage().nanos();
  }

  @Override
  public UsageSource usageSource() {
    return booking.attempt().usageSource();
  }

  @Override
  public String outcome() {
    return booking.outcome();
  }

  @Override
  public int httpStatus() {
    return booking.attempt().httpStatus();
  }

  @Override
  public String currency() {
    return booking.attempt().currency();
  }

  @Override
  public String priceVersion() {
    return booking.priceVersion();
  }

  @Override
  public @Nullable String providerRequestId() {
    return booking.attempt().providerRequestId();
  }

  @Override
  public String flags() {
    return booking.attempt().flags();
  }

  @Override
  public @Nullable String agentId() {
    return booking.attempt().agentId();
  }

  @Override
  public @Nullable String parentAgentId() {
    return booking.attempt().parentAgentId();
  }

  @Override
  public Units units() {
    return booking.attempt().units();
  }

  @Override
  public ChargeBasis basis() {
    return booking.attempt().basis();
  }

  @Override
  public List<ChargeLine> lines() {
    return booking.lines();
  }
}
