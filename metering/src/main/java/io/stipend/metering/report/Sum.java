package io.stipend.metering.report;

import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.BookedLine;
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
  public void add(BookedLine line) {
    calls += line.correction() ? 0 : 1;
    tokens = Math.addExact(tokens, tokens(line));
    cached = Math.addExact(cached, line.cacheRead());
    output = Math.addExact(output, line.output());
    nanos = Math.addExact(nanos, line.nanos());
    if (line.usageSource() == UsageSource.ASSUMED) {
      assumed = Math.addExact(assumed, line.nanos());
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
  static long tokens(BookedLine line) {
    long input = Math.addExact(line.input(), line.cacheRead());
    return Math.addExact(Math.addExact(input, line.cacheWrite()), line.output());
  }

  /** All tokens of a sum, each counted once. */
  static long tokens(SignedUsage usage) {
    long input = Math.addExact(usage.input(), usage.cacheRead());
    return Math.addExact(Math.addExact(input, usage.cacheWrite()), usage.output());
  }
}
