package io.stipend.policy.limit;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How the rates that bind a caller stand: of each kind the one with the least left.
 *
 * @param requests null if none is limited
 * @param tokens null if none is limited
 */
public record Rates(@Nullable Rate requests, @Nullable Rate tokens) {
  /** No rate binds. */
  public static final Rates UNLIMITED = new Rates(null, null);

  /** The same with this rate of a kind; the same if it is none. */
  Rates with(RequestLimits.Kind kind, @Nullable Rate rate) {
    return switch (kind) {
      case REQUESTS -> new Rates(rate, tokens);
      case TOKENS -> new Rates(requests, rate);
      case CONCURRENT -> this;
    };
  }

  /**
   * How one rate stands.
   *
   * @param limit how many there are in any 60 seconds
   * @param remaining how many are left now; at least 0
   * @param resetAfter until all are left again if none is used meanwhile; at most 60 seconds
   * @param resetsAt when that is
   */
  public record Rate(long limit, long remaining, Duration resetAfter, Instant resetsAt) {}
}
