package io.stipend.metering.export;

import io.stipend.metering.export.FocusMeter.Kind;
import io.stipend.metering.ledger.SignedUsage;

/** Tokens by kind, each in one of them; signed. */
record FocusTokens(long input, long cacheRead, long cacheWrite, long output) {
  static final FocusTokens NONE = new FocusTokens(0, 0, 0, 0);

  static FocusTokens of(SignedUsage usage) {
    return new FocusTokens(usage.input(), usage.cacheRead(), usage.cacheWrite(), usage.output());
  }

  long of(Kind kind) {
    return switch (kind) {
      case INPUT -> input;
      case CACHE_READ -> cacheRead;
      case CACHE_WRITE -> cacheWrite;
      case OUTPUT -> output;
    };
  }

  FocusTokens minus(Kind kind, long count) {
    return switch (kind) {
      case INPUT -> new FocusTokens(input - count, cacheRead, cacheWrite, output);
      case CACHE_READ -> new FocusTokens(input, cacheRead - count, cacheWrite, output);
      case CACHE_WRITE -> new FocusTokens(input, cacheRead, cacheWrite - count, output);
      case OUTPUT -> new FocusTokens(input, cacheRead, cacheWrite, output - count);
    };
  }

  FocusTokens plus(FocusTokens o) {
    return new FocusTokens(
        Math.addExact(input, o.input),
        Math.addExact(cacheRead, o.cacheRead),
        Math.addExact(cacheWrite, o.cacheWrite),
        Math.addExact(output, o.output));
  }

  boolean isNone() {
    return (input | cacheRead | cacheWrite | output) == 0;
  }

  /** All kinds together. */
  long total() {
    return Math.addExact(Math.addExact(input, cacheRead), Math.addExact(cacheWrite, output));
  }
}
