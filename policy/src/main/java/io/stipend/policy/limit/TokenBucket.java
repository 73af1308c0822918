package io.stipend.policy.limit;

/**
 * Tokens that may be taken in a minute: full at first, filled evenly. Exact integers: it counts
 * token-microseconds of a minute. Guarded by its owner's lock.
 */
final class TokenBucket {
  /** Keeps every sum of products within a long. */
  static final long MAX_PER_MINUTE = 10_000_000_000L;

  private static final long MINUTE_MICROS = 60_000_000L;

  private final long perMinute;
  private long level;
  private long filledAtMicros;

  TokenBucket(long perMinute, long nowMicros) {
    if (perMinute < 1 || perMinute > MAX_PER_MINUTE) {
      throw new IllegalArgumentException(
          "tokens per minute: " + perMinute + " (expected: 1.." + MAX_PER_MINUTE + ")");
    }
    this.perMinute = perMinute;
    this.level = perMinute * MINUTE_MICROS;
    this.filledAtMicros = nowMicros;
  }

  /** Microseconds until so many can be taken; 0 if now, -1 if never. */
  long waitMicros(long tokens, long nowMicros) {
    if (tokens > perMinute) {
      return -1;
    }
    fill(nowMicros);
    long missing = tokens * MINUTE_MICROS - level;
    return missing <= 0 ? 0 : (missing + perMinute - 1) / perMinute;
  }

  /**
   * Takes or, if negative, gives back. What was used beyond an estimate is owed, for a minute at
   * most.
   */
  void take(long tokens, long nowMicros) {
    fill(nowMicros);
    long full = perMinute * MINUTE_MICROS;
    long bounded = Math.max(-perMinute, Math.min(2 * perMinute, tokens)) * MINUTE_MICROS;
    level = Math.max(-full, Math.min(full, level - bounded));
  }

  /** What a bucket of another rate starts with, so that a changed limit forgets no use. */
  void takeWhatWasTakenFrom(TokenBucket before, long nowMicros) {
    before.fill(nowMicros);
    take(before.perMinute - Math.floorDiv(before.level, MINUTE_MICROS), nowMicros);
  }

  private void fill(long nowMicros) {
    long elapsed = Math.max(0, Math.min(2 * MINUTE_MICROS, nowMicros - filledAtMicros));
    filledAtMicros = nowMicros;
    level = Math.min(perMinute * MINUTE_MICROS, level + elapsed * perMinute);
  }
}
