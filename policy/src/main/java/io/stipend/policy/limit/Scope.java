package io.stipend.policy.limit;

import io.stipend.policy.config.LimitRule;
import io.stipend.policy.limit.Rates.Rate;
import io.stipend.policy.limit.RequestLimits.Kind;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The state of all who share one count. All kinds are counted, limited or not, so that a limit
 * which the quota file adds or changes knows the last minute. Guarded by its owner's lock.
 */
final class Scope {
  /** Exchanges end when they end; this is only when it is worth asking again. */
  private static final long PLACE_WAIT_NANOS = Duration.ofSeconds(1).toNanos();

  private final String name;
  private final RequestRate requests;
  private final MinuteLog tokens = new MinuteLog();
  private LimitRule rule;
  private int open;
  private long touchedNanos;

  Scope(LimitRule rule, long now) {
    this.name = rule.scope();
    this.requests = new RequestRate(name);
    this.rule = rule;
    this.touchedNanos = now;
    requests.limit(rule.requestsPerMinute(), now);
  }

  String name() {
    return name;
  }

  int open() {
    return open;
  }

  /** Puts another rule of the same name in force. */
  void rule(LimitRule next, long now) {
    if (!next.equals(rule)) {
      rule = next;
      requests.limit(next.requestsPerMinute(), now);
    }
  }

  void touch(long now) {
    touchedNanos = now;
  }

  /** Whether everything that was taken is forgotten, if nothing is open. */
  boolean isOver(long now) {
    return now - touchedNanos >= MinuteLog.MINUTE_NANOS;
  }

  long limit(Kind kind) {
    return switch (kind) {
      case REQUESTS -> rule.requestsPerMinute();
      case TOKENS -> rule.tokensPerMinute();
      case CONCURRENT -> rule.concurrent();
    };
  }

  /** Nanoseconds until this passes, as far as can be known; 0 if now. */
  long waitNanos(Kind kind, long wanted, long now) {
    return switch (kind) {
      case REQUESTS -> requests.waitNanos(now);
      case TOKENS -> tokenWaitNanos(wanted, now);
      case CONCURRENT -> rule.concurrent() > 0 && open >= rule.concurrent() ? PLACE_WAIT_NANOS : 0;
    };
  }

  private long tokenWaitNanos(long wanted, long now) {
    long limit = rule.tokensPerMinute();
    if (limit == 0 || wanted == 0) {
      return 0;
    }
    long over = tokens.sum(now) + wanted - limit;
    return over <= 0 ? 0 : tokens.waitNanos(over, now);
  }

  /** How a rate stands; null if it is not limited here. */
  @Nullable Rate rate(Kind kind, long now, Instant instant) {
    long limit = limit(kind);
    if (limit == 0) {
      return null;
    }
    boolean isRequests = kind == Kind.REQUESTS;
    long remaining = isRequests ? requests.remaining(now) : limit - tokens.sum(now);
    Duration reset =
        Duration.ofNanos(isRequests ? requests.resetNanos(now) : tokens.emptyNanos(now));
    return new Rate(limit, Math.max(0, remaining), reset, instant.plus(reset));
  }

  /**
   * Takes one request, its tokens and one place.
   *
   * @return where the tokens were entered; null if there are none
   */
  MinuteLog.@Nullable Entry take(long wanted, long now) {
    requests.take(now);
    open++;
    return wanted == 0 ? null : tokens.take(wanted, now);
  }

  /** Gives the place back and puts the tokens right: what was not used, or was used beyond. */
  void end(MinuteLog.@Nullable Entry entry, long estimate, long used, long now) {
    open--;
    if (used > estimate) {
      tokens.take(used - estimate, now);
    } else if (entry != null) {
      entry.giveBack(estimate - used);
    }
  }
}
