package io.stipend.policy.limit;

import io.stipend.policy.config.LimitRule;
import io.stipend.policy.limit.Rates.Rate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The limits of all scopes as they stand now: requests and tokens in a minute, exchanges at once.
 * An exchange passes all of its limits or takes from none. What a scope has used outlives a changed
 * quota file. Safe for use by any thread; one short lock, no waiting inside it.
 *
 * <p>A minute is any 60 seconds: in none of them more begins, or more tokens are reserved, than the
 * limit says. What was taken comes back 60 to 61 seconds later. Tokens are reserved by an estimate,
 * which is put right when the exchange ends. A refused exchange takes nothing, so refusals delay
 * nobody.
 *
 * <p>A scope of which nothing is taken any more is forgotten: there are never more than were used
 * in the last minute or have exchanges under way.
 */
public final class RequestLimits {
  private static final long NANOS = 1_000_000_000L;

  private final LongSupplier nanoTime;
  private final Object lock = new Object();

  /** The one that was used the longest time ago first. */
  private final Map<String, Scope> scopes = new LinkedHashMap<>();

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
   * One limit or more is not passed; nothing is taken from any.
   *
   * @param kind the first kind that is not passed
   * @param scope of those that do not pass it, the one that takes longest, such as {@code
   *     team/payments}
   * @param limit what the quota file says
   * @param asked how many tokens this exchange may need; 1 for the other kinds
   * @param retryAfter when all limits may pass it, 1 to 60 seconds
   * @param rates how the rates stand; of the kind that is not passed, the scope's
   */
  public record Limited(
      Kind kind, String scope, long limit, long asked, Duration retryAfter, Rates rates)
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
   * @param rules each with whose it is; no scope twice
   * @param tokens an estimate of what the exchange will use; 0 if it uses none
   * @param instant now, for what callers are told
   */
  public Result take(List<LimitRule> rules, long tokens, Instant instant) {
    if (rules.isEmpty()) {
      return new Taken(Lease.NONE);
    }
    synchronized (lock) {
      long now = nanoTime.getAsLong();
      List<Scope> all = new ArrayList<>(rules.size());
      for (LimitRule rule : rules) {
        all.add(scope(rule, now));
      }
      forget(rules.size() + 1, now);
      Limited limited = limited(all, tokens, now, instant);
      if (limited != null) {
        return limited;
      }
      List<Part> parts = new ArrayList<>(all.size());
      for (Scope scope : all) {
        parts.add(new Part(scope, scope.take(tokens, now)));
      }
      return new Taken(new Held(parts, tokens, rates(all, now, instant)));
    }
  }

  /** How many exchanges of a scope are under way. */
  public int open(String scope) {
    synchronized (lock) {
      Scope found = scopes.get(scope);
      return found == null ? 0 : found.open();
    }
  }

  /** How many scopes are remembered. */
  int remembered() {
    synchronized (lock) {
      return scopes.size();
    }
  }

  private static @Nullable Limited limited(
      List<Scope> all, long tokens, long now, Instant instant) {
    Kind kind = null;
    Scope longest = null;
    long longestWait = 0;
    long retry = 0;
    for (Kind one : Kind.values()) {
      for (Scope scope : all) {
        long wait = scope.waitNanos(one, tokens, now);
        retry = Math.max(retry, wait);
        if (wait > longestWait && (kind == null || kind == one)) {
          kind = one;
          longest = scope;
          longestWait = wait;
        }
      }
    }
    return kind == null || longest == null
        ? null
        : new Limited(
            kind,
            longest.name(),
            longest.limit(kind),
            kind == Kind.TOKENS ? tokens : 1,
            Duration.ofSeconds((retry + NANOS - 1) / NANOS),
            rates(all, now, instant).with(kind, longest.rate(kind, now, instant)));
  }

  private static Rates rates(List<Scope> all, long now, Instant instant) {
    return new Rates(
        least(all, Kind.REQUESTS, now, instant), least(all, Kind.TOKENS, now, instant));
  }

  private static @Nullable Rate least(List<Scope> all, Kind kind, long now, Instant instant) {
    Rate least = null;
    for (Scope scope : all) {
      Rate rate = scope.rate(kind, now, instant);
      if (rate != null && (least == null || rate.remaining() < least.remaining())) {
        least = rate;
      }
    }
    return least;
  }

  /** The state of a rule's scope; a changed rule keeps what was used under the one before. */
  private Scope scope(LimitRule rule, long now) {
    Scope scope = scopes.remove(rule.scope());
    if (scope == null) {
      scope = new Scope(rule, now);
    }
    // Behind all others: what was used last is forgotten last.
    scopes.put(rule.scope(), scope);
    scope.rule(rule, now);
    scope.touch(now);
    return scope;
  }

  /**
   * Forgets scopes that are as if they were new. More of them are looked at than one call adds, so
   * that the rest never grows.
   */
  private void forget(int most, long now) {
    for (int i = 0; i < most; i++) {
      Iterator<Scope> eldest = scopes.values().iterator();
      Scope scope = eldest.next();
      if (!scope.isOver(now)) {
        return;
      }
      eldest.remove();
      if (scope.open() > 0) {
        scope.touch(now);
        scopes.put(scope.name(), scope);
      }
    }
  }

  /** What an exchange holds of one scope. */
  private record Part(Scope scope, MinuteLog.@Nullable Entry tokens) {}

  /** What one exchange holds. A scope of which something is held is never forgotten. */
  private final class Held implements Lease {
    private final List<Part> parts;
    private final long estimate;
    private final Rates rates;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile long used;

    Held(List<Part> parts, long estimate, Rates rates) {
      this.parts = parts;
      this.estimate = estimate;
      this.rates = rates;
      this.used = estimate;
    }

    @Override
    public void used(long tokens) {
      used = tokens;
    }

    @Override
    public Rates rates() {
      return rates;
    }

    @Override
    public void close() {
      if (!closed.compareAndSet(false, true)) {
        return;
      }
      synchronized (lock) {
        long now = nanoTime.getAsLong();
        for (Part part : parts) {
          part.scope.end(part.tokens, estimate, used, now);
          part.scope.touch(now);
          scopes.remove(part.scope.name());
          scopes.put(part.scope.name(), part.scope);
        }
      }
    }
  }
}
