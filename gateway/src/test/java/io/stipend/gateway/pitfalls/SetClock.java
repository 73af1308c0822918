package io.stipend.gateway.pitfalls;

import java.time.Instant;
import java.time.InstantSource;

/** A clock that stands where it is set; forwards and backwards. */
final class SetClock implements InstantSource {
  private volatile Instant now;

  SetClock(String now) {
    set(now);
  }

  void set(String instant) {
    now = Instant.parse(instant);
  }

  @Override
  public Instant instant() {
    return now;
  }
}
