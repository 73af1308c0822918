package io.stipend.gateway.route;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.stipend.policy.Route;
import java.util.concurrent.TimeUnit;

/**
 * The route of one attempt, and what its upstream's breaker is told of it: exactly one of {@link
 * #good}, {@link #bad} and {@link #unjudged}; later ones are ignored. Used on one event loop.
 */
public final class Pick implements Routing.Choice {
  private final Route route;
  private final CircuitBreaker breaker;
  private final boolean permitted;
  private final long beganNanos = System.nanoTime();
  private boolean told;

  /**
   * @param permitted whether the breaker let it pass; else it was taken for want of a better one
   */
  Pick(Route route, CircuitBreaker breaker, boolean permitted) {
    this.route = route;
    this.breaker = breaker;
    this.permitted = permitted;
  }

  /** Where the attempt goes. */
  public Route route() {
    return route;
  }

  /** The upstream did what it should. */
  public void good() {
    if (!told) {
      told = true;
      breaker.onSuccess(System.nanoTime() - beganNanos, TimeUnit.NANOSECONDS);
    }
  }

  /**
   * An answer begins. That is enough of an upstream that is being tried: until its end may take
   * many minutes, for which nobody else would go there.
   */
  public void answers() {
    if (breaker.getState() == CircuitBreaker.State.HALF_OPEN) {
      good();
    }
  }

  /** The upstream failed. */
  public void bad(String why) {
    if (!told) {
      told = true;
      breaker.onError(
          System.nanoTime() - beganNanos, TimeUnit.NANOSECONDS, new UpstreamFailedException(why));
    }
  }

  /** The attempt says nothing about its upstream. */
  public void unjudged() {
    if (!told) {
      told = true;
      if (permitted) {
        breaker.releasePermission();
      }
    }
  }

  /** What the breaker is told; nobody throws it. */
  private static final class UpstreamFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    UpstreamFailedException(String why) {
      super(why, null, false, false);
    }
  }
}
