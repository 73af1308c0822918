package io.stipend.policy.limit;

import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter;
import io.stipend.policy.config.LimitRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The limits of all scopes as they stand now: requests and tokens in a minute, exchanges at once.
 * An exchange passes all of its limits or takes from none. What a scope has used outlives a changed
 * quota file. Safe for use by any thread; one short lock, no waiting inside it.
 *
 * <p>Requests are counted in minutes that begin with a scope's first request. Tokens fill evenly:
 * what is estimated is taken at once and put right when the exchange ends.
 */
public final class RequestLimits {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final long NANOS = 1_000_000_000L;
  private static final Duration LEAST_WAIT = Duration.ofSeconds(1);

  /** Exchanges end when they end; this is only when it is worth asking again. */
  private static final Duration CONCURRENCY_WAIT = Duration.ofSeconds(1);

  private final LongSupplier nanoTime;
  private final Object lock = new Object();
  private final Map<String, Scope> scopes = new HashMap<>();

  /**
   * No limit used yet.
   *
   * @param nanoTime a monotonic clock, such as {@code System::nanoTime}
   */
  public RequestLimits(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** The answer to {@link #take}. */
  public sealed interface Result {}

  /** All limits are passed. */
  public record Taken(Lease lease) implements Result {}

  /**
   * One limit is not passed; nothing is taken from any.
   *
   * @param kind which
   * @param scope whose, such as {@code team/payments}
   * @param limit what the quota file says
   * @param asked how many tokens this exchange may need; 1 for the other kinds
   * @param retryAfter when it is worth asking again, 1 to 60 seconds
   */
  public record Limited(Kind kind, String scope, long limit, long asked, Duration retryAfter)
      implements Result {}

  /** What a limit counts, in order of precedence. */
  public enum Kind {
    /** Requests in a minute. */
    REQUESTS,
    /** Tokens in a minute. */
    TOKENS,
    /** Exchanges at once. */
    CONCURRENT
  }

  /**
   * Takes one request, its tokens and one place of every rule, or nothing.
   *
   * @param rules each with whose it is
   * @param tokens an estimate of what the exchange will use; 0 if it uses none
   */
  public Result take(List<LimitRule> rules, long tokens) {
    if (rules.isEmpty()) {
      return new Taken(Lease.NONE);
    }
    synchronized (lock) {
      List<Scope> all = new ArrayList<>(rules.size());
      for (LimitRule rule : rules) {
        all.add(scope(rule));
      }
      Limited limited = check(all, tokens);
      if (limited != null) {
        return limited;
      }
      for (Scope scope : all) {
        scope.take(tokens, micros());
      }
      return new Taken(new Held(all, tokens));
    }
  }

  /** How many exchanges of a scope are under way. */
  public int open(String scope) {
    synchronized (lock) {
      Scope found = scopes.get(scope);
      return found == null ? 0 : found.open;
    }
  }

  private @Nullable Limited check(List<Scope> all, long tokens) {
    Limited limited = first(all, Kind.REQUESTS, 1, Scope::requestWaitNanos);
    if (limited == null) {
      limited = first(all, Kind.TOKENS, tokens, s -> s.tokenWaitNanos(tokens, micros()));
    }
    return limited == null ? first(all, Kind.CONCURRENT, 1, Scope::placeWaitNanos) : limited;
  }

  private static @Nullable Limited first(
      List<Scope> all, Kind kind, long asked, ToLongFunction<Scope> waitNanos) {
    for (Scope scope : all) {
      long nanos = waitNanos.applyAsLong(scope);
      if (nanos > 0) {
        return new Limited(kind, scope.rule.scope(), scope.limit(kind), asked, retryAfter(nanos));
      }
    }
    return null;
  }

  /** Whole seconds, as the header of the answer has them. */
  private static Duration retryAfter(long nanos) {
    Duration seconds = Duration.ofSeconds((nanos + NANOS - 1) / NANOS);
    if (seconds.compareTo(LEAST_WAIT) < 0) {
      return LEAST_WAIT;
    }
    return seconds.compareTo(MINUTE) > 0 ? MINUTE : seconds;
  }

  /** The state of a rule's scope; a changed rule keeps what was used under the one before. */
  private Scope scope(LimitRule rule) {
    Scope known = scopes.get(rule.scope());
    if (known == null || !known.rule.equals(rule)) {
      known = new Scope(rule, known);
      scopes.put(rule.scope(), known);
    }
    return known;
  }

  private long micros() {
    return nanoTime.getAsLong() / 1_000;
  }

  /** The state of one scope; guarded by the lock. */
  private final class Scope {
    private final LimitRule rule;
    private final @Nullable AtomicRateLimiter requests;
    private final @Nullable TokenBucket tokens;
    private int open;

    Scope(LimitRule rule, @Nullable Scope before) {
      this.rule = rule;
      this.requests = rule.requestsPerMinute() == 0 ? null : limiter(rule);
      this.tokens =
          rule.tokensPerMinute() == 0 ? null : new TokenBucket(rule.tokensPerMinute(), micros());
      if (before != null) {
        open = before.open;
        if (requests != null && before.requests != null) {
          int used = before.rule.requestsPerMinute() - available(before.requests);
          int carried = Math.min(used, rule.requestsPerMinute());
          if (carried > 0) {
            requests.acquirePermission(carried);
          }
        }
        if (tokens != null && before.tokens != null) {
          tokens.takeWhatWasTakenFrom(before.tokens, micros());
        }
      }
    }

    private AtomicRateLimiter limiter(LimitRule rule) {
      RateLimiterConfig config =
          RateLimiterConfig.custom()
              .limitRefreshPeriod(MINUTE)
              .limitForPeriod(rule.requestsPerMinute())
              .timeoutDuration(Duration.ZERO)
              .build();
      return new AtomicRateLimiter(rule.scope(), config, nanoTime::getAsLong);
    }

    private int available(AtomicRateLimiter limiter) {
      return limiter.getDetailedMetrics().getAvailablePermissions();
    }

    long requestWaitNanos() {
      if (requests == null || available(requests) > 0) {
        return 0;
      }
      return Math.max(1, requests.getDetailedMetrics().getNanosToWait());
    }

    long tokenWaitNanos(long wanted, long nowMicros) {
      if (tokens == null || wanted == 0) {
        return 0;
      }
      long micros = tokens.waitMicros(wanted, nowMicros);
      return micros < 0 ? MINUTE.toNanos() : micros * 1_000;
    }

    long placeWaitNanos() {
      return rule.concurrent() > 0 && open >= rule.concurrent() ? CONCURRENCY_WAIT.toNanos() : 0;
    }

    long limit(Kind kind) {
      return switch (kind) {
        case REQUESTS -> rule.requestsPerMinute();
        case TOKENS -> rule.tokensPerMinute();
        case CONCURRENT -> rule.concurrent();
      };
    }

    void take(long wanted, long nowMicros) {
      if (requests != null) {
        requests.acquirePermission();
      }
      if (tokens != null) {
        tokens.take(wanted, nowMicros);
      }
      open++;
    }
  }

  /** What one exchange holds. The scopes are found anew: their rules may have changed meanwhile. */
  private final class Held implements Lease {
    private final List<String> names;
    private final long estimate;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile long used;

    Held(List<Scope> held, long estimate) {
      this.names = held.stream().map(scope -> scope.rule.scope()).toList();
      this.estimate = estimate;
      this.used = estimate;
    }

    @Override
    public void used(long tokens) {
      used = tokens;
    }

    @Override
    public void close() {
      if (!closed.compareAndSet(false, true)) {
        return;
      }
      synchronized (lock) {
        for (String name : names) {
          Scope scope = scopes.get(name);
          if (scope != null) {
            scope.open--;
            if (scope.tokens != null) {
              scope.tokens.take(used - estimate, micros());
            }
          }
        }
      }
    }
  }
}
