package io.stipend.policy.limit;

import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Requests in any 60 seconds. A resilience4j limiter counts each of its minutes; alone it would let
 * twice the limit pass around the turn of one, so what was taken in its minute before is held back
 * from it until 60 seconds old. Guarded by its owner's lock.
 */
final class RequestRate {
  private final String name;
  private final MinuteLog log = new MinuteLog();
  private int limit;
  private @Nullable AtomicRateLimiter limiter;
  private long cycle;

  /** The limiter's clock, which stands still while it is asked. */
  private long nowNanos;

  RequestRate(String name) {
    this.name = name;
  }

  /** Sets the limit, 0 for none; what was taken under the one before stays taken. */
  void limit(int perMinute, long now) {
    if (perMinute == limit) {
      return;
    }
    limit = perMinute;
    nowNanos = now;
    limiter = perMinute == 0 ? null : limiter(perMinute);
    log.turn();
  }

  private AtomicRateLimiter limiter(int perMinute) {
    RateLimiterConfig config =
        RateLimiterConfig.custom()
            .limitRefreshPeriod(Duration.ofNanos(MinuteLog.MINUTE_NANOS))
            .limitForPeriod(perMinute)
            .timeoutDuration(Duration.ZERO)
            .build();
    return new AtomicRateLimiter(name, config, () -> nowNanos);
  }

  int limit() {
    return limit;
  }

  /** How many may begin now; without a limit any number. */
  long remaining(long now) {
    if (limiter == null) {
      return Long.MAX_VALUE;
    }
    nowNanos = now;
    var metrics = limiter.getDetailedMetrics();
    if (metrics.getCycle() != cycle) {
      cycle = metrics.getCycle();
      log.turn();
    }
    return Math.max(0, metrics.getAvailablePermissions() - log.sumBeforeTurn(now));
  }

  /** Nanoseconds until one may begin; 0 if now. */
  long waitNanos(long now) {
    return remaining(now) > 0 ? 0 : log.waitNanos(log.sum(now) - limit + 1, now);
  }

  /** Nanoseconds until all may begin again. */
  long resetNanos(long now) {
    return log.emptyNanos(now);
  }

  /** One begins, of those that remain. */
  void take(long now) {
    if (remaining(now) == 0 || (limiter != null && !limiter.acquirePermission(1))) {
      throw new IllegalStateException(name + ": 0 requests remain (expected: 1 at least)");
    }
    log.take(1, now);
  }
}
