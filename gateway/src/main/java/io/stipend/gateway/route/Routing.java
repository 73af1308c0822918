package io.stipend.gateway.route;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.stipend.policy.Route;
import io.stipend.policy.config.GatewayConfig.Retry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses among the routes of a call. Those of the lowest rank share the calls by weight; the calls
 * of one agent session stay with one of them, because prompt caches belong to a key. One that rests
 * is passed over: because its provider asked for a pause, or because too many of its last calls
 * failed. A pause is kept even where all have asked for one; a breaker only ever diverts, and
 * refuses nothing. Safe for use by any thread.
 */
public final class Routing {
  private static final Logger LOG = LoggerFactory.getLogger(Routing.class);

  /** Calls that a breaker looks back on. */
  private static final int WINDOW = 20;

  /** Calls without which it does not judge. */
  private static final int LEAST_CALLS = 10;

  /** Calls that try an upstream that has rested. */
  private static final int PROBES = 3;

  /** How long one that says 429 without more is not called. */
  private static final Duration USUAL_PAUSE = Duration.ofSeconds(1);

  private final Retry retry;
  private final LongSupplier nanoTime;
  private final RetryBudget budget;
  private final CircuitBreakerConfig breaking;
  private final Map<String, CircuitBreaker> breakers = new ConcurrentHashMap<>();
  private final Map<Paused, Pause> pauses = new ConcurrentHashMap<>();

  /** What is not called for a while: limits of providers are those of a key and a model. */
  private record Paused(String upstream, String model) {
    static Paused of(Route route) {
      return new Paused(route.provider().upstream(), route.model());
    }
  }

  /**
   * How long something is not called.
   *
   * @param asked whether its provider said so: then it is not called in any case
   */
  private record Pause(long untilNanos, boolean asked) {}

  /** The answer to {@link #choose}: a {@link Pick}, or none now. */
  public sealed interface Choice permits Pick, Resting {}

  /**
   * Every upstream asked for a pause.
   *
   * @param pause until the first of these is over
   */
  public record Resting(Duration pause) implements Choice {}

  /** Chooses by these rules and this monotonic clock. */
  public Routing(Retry retry, LongSupplier nanoTime) {
    this.retry = retry;
    this.nanoTime = nanoTime;
    this.budget = new RetryBudget(retry.budgetPercent());
    this.breaking =
        CircuitBreakerConfig.custom()
            .slidingWindowSize(WINDOW)
            .minimumNumberOfCalls(LEAST_CALLS)
            .failureRateThreshold(retry.failuresPercent())
            .waitDurationInOpenState(retry.rest())
            .permittedNumberOfCallsInHalfOpenState(PROBES)
            .maxWaitDurationInHalfOpenState(retry.rest().multipliedBy(PROBES))
            .writableStackTraceEnabled(false)
            .build();
  }

  /** The rules of trying again. */
  public Retry retry() {
    return retry;
  }

  /** An exchange began: a share of these may be tried again. */
  public void exchange() {
    budget.exchange();
  }

  /** Whether another try could be paid for now. */
  public boolean mayTry() {
    return budget.has();
  }

  /** Pays for another try; false if too many were made. */
  public boolean takeTry() {
    return budget.take();
  }

  /**
   * The best route that has not been tried; null if all have been.
   *
   * @param routes to choose among
   * @param tried routes that are not taken again
   * @param session what stays with one upstream; null if each call may go to another
   */
  public @Nullable Choice choose(List<Route> routes, List<Route> tried, @Nullable String session) {
    Map<Integer, List<Route>> ranks = new TreeMap<>();
    long soonest = Long.MAX_VALUE;
    Route best = null;
    boolean any = false;
    for (Route route : routes) {
      if (!tried.contains(route)) {
        any = true;
        Pause pause = pause(route);
        if (pause == null) {
          ranks.computeIfAbsent(route.rank(), rank -> new ArrayList<>(2)).add(route);
        } else if (pause.asked) {
          soonest = Math.min(soonest, pause.untilNanos - nanoTime.getAsLong());
        } else if (best == null || route.rank() < best.rank()) {
          best = route;
        }
      }
    }
    for (List<Route> rank : ranks.values()) {
      for (Route route : ordered(rank, session)) {
        CircuitBreaker breaker = breaker(route);
        if (breaker.tryAcquirePermission()) {
          return new Pick(route, breaker, true);
        }
        best = best == null ? route : best;
      }
    }
    if (best != null) {
      return new Pick(best, breaker(best), false);
    }
    return any ? new Resting(Duration.ofNanos(Math.max(1, soonest))) : null;
  }

  /** The same route once more, where there is no other. */
  public Pick again(Route route) {
    CircuitBreaker breaker = breaker(route);
    return new Pick(route, breaker, breaker.tryAcquirePermission());
  }

  /**
   * Its provider does not want to be called for a while.
   *
   * @param wait how long; null if it did not say: then it is only passed over for a moment
   */
  public void pause(Route route, @Nullable Duration wait) {
    Duration known = wait == null ? USUAL_PAUSE : wait;
    Pause pause = new Pause(nanoTime.getAsLong() + known.toNanos(), wait != null);
    pauses.merge(
        Paused.of(route),
        pause,
        (had, now) -> (had.asked && !now.asked) || now.untilNanos - had.untilNanos < 0 ? had : now);
  }

  private @Nullable Pause pause(Route route) {
    Paused key = Paused.of(route);
    Pause pause = pauses.get(key);
    if (pause == null || pause.untilNanos - nanoTime.getAsLong() > 0) {
      return pause;
    }
    pauses.remove(key, pause);
    return null;
  }

  /** By weighted rendezvous hashing: a route that joins or leaves moves only its own share. */
  private static List<Route> ordered(List<Route> routes, @Nullable String session) {
    if (routes.size() < 2) {
      return routes;
    }
    Map<Double, Route> byScore = new TreeMap<>();
    for (Route route : routes) {
      double uniform =
          session == null
              ? ThreadLocalRandom.current().nextDouble(Double.MIN_NORMAL, 1)
              : uniform(session, route.provider().upstream());
      byScore.put(-Math.log(uniform) / route.weight(), route);
    }
    return new ArrayList<>(byScore.values());
  }

  /** A number above 0 and below 1 that looks like chance and is the same each time. */
  private static double uniform(String session, String upstream) {
    long mixed = ((long) session.hashCode() << Integer.SIZE) ^ (upstream.hashCode() & 0xffffffffL);
    // The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
    mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    mixed ^= mixed >>> 31;
    return ((mixed >>> 12) + 0.5) * 0x1.0p-52;
  }

  private CircuitBreaker breaker(Route route) {
    return breakers.computeIfAbsent(route.provider().upstream(), this::newBreaker);
  }

  private CircuitBreaker newBreaker(String upstream) {
    CircuitBreaker breaker = CircuitBreaker.of(upstream, breaking);
    breaker
        .getEventPublisher()
        .onStateTransition(
            event ->
                LOG.warn(
                    "upstream {}: {}",
                    upstream,
                    switch (event.getStateTransition().getToState()) {
                      case OPEN -> "too many calls failed; others take its calls";
                      case HALF_OPEN -> "it is tried again";
                      case CLOSED -> "it answers again";
                      default -> event.getStateTransition().toString();
                    }));
    return breaker;
  }

  /**
   * How the upstreams that have been chosen among stand, by name.
   *
   * @return {@code closed}, {@code open} or {@code half_open}
   */
  public Map<String, String> states() {
    Map<String, String> states = new TreeMap<>();
    breakers.forEach(
        (name, breaker) -> states.put(name, breaker.getState().name().toLowerCase(Locale.ROOT)));
    return states;
  }
}
