package io.stipend.metering.report;

import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.Booking;
import io.stipend.metering.ledger.SignedUsage;

/** Calls, tokens and cost of some lines. For one thread. */
final class Sum implements UsageSums.Tally<Sum> {
  private long calls;
  private long tokens;
  private long cached;
  private long output;
  private long nanos;
  private long assumed;

  /** Attempts that were sent; corrections are none. */
  long calls() {
    return calls;
  }

  /** All tokens, each counted once. */
  long tokens() {
    return tokens;
  }

  /** Input that was read from a cache. */
  long cached() {
    return cached;
  }

  /** What was generated. */
  long output() {
    return output;
  }

  /** The cost. */
  long nanos() {
    return nanos;
  }

  /** The part of the cost that is assumed until somebody corrects it. */
  long assumed() {
    return assumed;
  }

  @Override
  public void add(Booking line) {
    SignedUsage usage = line.usage();
    calls += line.correction() ? 0 : 1;
    tokens = Math.addExact(tokens, tokens(usage));
    cached = Math.addExact(cached, usage.cacheRead());
    output = Math.addExact(output, usage.output());
    nanos = Math.addExact(nanos, usage.nanos());
    if (line.attempt().usageSource() == UsageSource.ASSUMED) {
      assumed = Math.addExact(assumed, usage.nanos());
    }
  }

  @Override
  public void add(Sum o) {
    calls += o.calls;
    tokens = Math.addExact(tokens, o.tokens);
    cached = Math.addExact(cached, o.cached);
    output = Math.addExact(output, o.output);
    nanos = Math.addExact(nanos, o.nanos);
    assumed = Math.addExact(assumed, o.assumed);
  }

  /** All tokens of a line, each counted once. */
  static long tokens(SignedUsage usage) {
    long input = Math.addExact(usage.input(), usage.cacheRead());
    return Math.addExact(Math.addExact(input, usage.cacheWrite()), usage.output());
  }
}
