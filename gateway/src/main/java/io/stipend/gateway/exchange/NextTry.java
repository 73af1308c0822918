package io.stipend.gateway.exchange;

import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.route.Pick;
import io.stipend.gateway.route.RetryAfter;
import io.stipend.gateway.route.Routing;
import io.stipend.policy.Permit;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.Route;
import io.stipend.policy.config.GatewayConfig.Retry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Decides for one exchange where its attempts go, and whether another may follow. A model with one
 * upstream is tried again where no connection stood; what such an upstream answers is the client's
 * to act on, unless the quota file says otherwise: SDKs try again by themselves, and both together
 * would multiply.
 */
final class NextTry {
  private static final int FIRST_ERROR_STATUS = 400;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERROR = 500;
  private static final int NOT_IMPLEMENTED = 501;
  private static final int VERSION_NOT_SUPPORTED = 505;

  /** Before the same upstream is dialed again; doubled each time, and half of it left to chance. */
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** An upstream that takes longer than this to fail to connect does not get another such wait. */
  private static final long QUICK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** The answer to {@link #first}. */
  sealed interface Answer {}

  /**
   * To be tried.
   *
   * @param permit on its route
   * @param pauseNanos to wait before
   */
  record Go(Permit permit, long pauseNanos) implements Answer {}

  record Refused(Refusal refusal) implements Answer {}

  private final Routing routing;
  private final @Nullable String session;
  private final InstantSource clock;
  private final List<Route> tried = new ArrayList<>(0);
  private @Nullable Pick pick;
  private boolean unreachable;
  private @Nullable Duration wait;
  private long beganNanos;

  /**
   * @param session what stays with one upstream; null if nothing
   */
  NextTry(Routing routing, @Nullable String session, InstantSource clock) {
    this.routing = routing;
    this.session = session;
    this.clock = clock;
  }

  /** Where the first attempt goes. */
  Answer first(Permit permit) {
    routing.exchange();
    if (permit.routes().isEmpty()) {
      return new Go(permit, 0);
    }
    return Objects.requireNonNull(chosen(permit, permit.model()), "a route");
  }

  /**
   * Where a call goes that nobody serves now and whose budget does not cover the model that it was
   * sent to instead: the first attempt is still to be made.
   *
   * @param permit of that model
   * @param requested the model that was asked for
   * @return null if the call was refused for that one itself
   */
  @Nullable Answer elsewhere(Permit permit, String requested) {
    Pick refused = pick;
    unused();
    if (refused == null || refused.route().model().equals(requested)) {
      return null;
    }
    tried.add(refused.route());
    return chosen(permit, requested);
  }

  private @Nullable Answer chosen(Permit permit, String requested) {
    Routing.Choice choice = routing.choose(permit.routes(), tried, session);
    if (choice instanceof Pick chosen) {
      pick = chosen;
      return new Go(permit.by(chosen.route()), 0);
    }
    return choice instanceof Routing.Resting resting
        ? new Refused(
            new Refusal(
                RefusalReason.UPSTREAMS_PAUSED,
                "Every provider of `" + requested + "` has asked for a pause; try again later.",
                null,
                null,
                resting.pause()))
        : null;
  }

  /**
   * An attempt begins; a short budget may have sent it to another model than was chosen. Then one
   * of the keys of its provider is: what it has reserved is at that one's prices.
   *
   * @return the permit on its route
   */
  Permit begins(Permit permit) {
    beganNanos = System.nanoTime();
    unreachable = false;
    wait = null;
    boolean asChosen = pick != null && runs(permit, pick.route());
    if (asChosen || (pick == null && permit.routes().isEmpty())) {
      return permit;
    }
    unused();
    List<Route> keys = permit.routes().stream().filter(route -> ofOnePrice(permit, route)).toList();
    if (keys.isEmpty()) {
      return permit;
    }
    Routing.Choice choice = routing.choose(keys, tried, session);
    Pick chosen = choice instanceof Pick one ? one : routing.again(keys.get(0));
    pick = chosen;
    return permit.by(chosen.route());
  }

  private static boolean runs(Permit permit, Route route) {
    return route.model().equals(permit.model()) && route.provider().equals(permit.provider());
  }

  private static boolean ofOnePrice(Permit permit, Route route) {
    return route.model().equals(permit.model())
        && route.provider().name().equals(permit.provider().name());
  }

  /** The attempt that was chosen for is not made. */
  void unused() {
    if (pick != null) {
      pick.unjudged();
      pick = null;
    }
  }

  /**
   * Whether another attempt may follow an answer of this head, whose body has still to come. Notes
   * what it says of a pause.
   *
   * @param number of the attempt that it answers, from 1
   */
  boolean mayFollow(Permit permit, int number, int status, HttpHeaders headers) {
    if (status < FIRST_ERROR_STATUS || !isPassing(status)) {
      return false;
    }
    wait = RetryAfter.of(headers, clock.instant());
    Pick chosen = pick;
    if (chosen != null && (status == TOO_MANY_REQUESTS || wait != null)) {
      routing.pause(chosen.route(), wait);
    }
    return !"false".equals(headers.get("x-should-retry"))
        && mayFollowAnswer(permit, number)
        && routing.mayTry()
        && (hasOther(permit) || maySame());
  }

  /** Whether another attempt may follow any answer to this one. */
  boolean mayFollowAnswer(Permit permit, int number) {
    return number < routing.retry().attempts()
        && (routing.retry().sameUpstream() || hasOther(permit));
  }

  /** An answer of this status begins: what is wrong with it would show at its end. */
  void answers(int status) {
    if (pick != null && status < FIRST_ERROR_STATUS) {
      pick.answers();
    }
  }

  private static boolean isPassing(int status) {
    return status == TOO_MANY_REQUESTS
        || (status >= SERVER_ERROR && status != NOT_IMPLEMENTED && status != VERSION_NOT_SUPPORTED);
  }

  private boolean hasOther(Permit permit) {
    for (Route route : permit.routes()) {
      if (!tried.contains(route) && (pick == null || !route.equals(pick.route()))) {
        return true;
      }
    }
    return false;
  }

  private boolean maySame() {
    Retry retry = routing.retry();
    return retry.sameUpstream() && (wait == null || wait.compareTo(retry.longestWait()) <= 0);
  }

  /** Tells the breaker of the attempt's upstream how it ended. */
  void ended(Outcome outcome, int status) {
    unreachable = outcome == Outcome.UPSTREAM_UNREACHABLE;
    Pick chosen = pick;
    if (chosen == null) {
      return;
    }
    switch (outcome) {
      case COMPLETED, CUT -> chosen.good();
      case UPSTREAM_ERROR -> {
        if (status == TOO_MANY_REQUESTS) {
          chosen.unjudged();
        } else if (isPassing(status)) {
          chosen.bad(outcome.label());
        } else {
          chosen.good();
        }
      }
      case UPSTREAM_UNREACHABLE,
          UPSTREAM_RESET,
          UPSTREAM_TIMEOUT,
          UPSTREAM_PROTOCOL,
          UPSTREAM_TRUNCATED ->
          chosen.bad(outcome.label());
      case CLIENT_GONE, DRAINED, LEDGER_FAILED, GATEWAY_FAULT -> chosen.unjudged();
    }
  }

  /**
   * What follows an attempt that another one may better; null if nothing does.
   *
   * @param number of the attempt that has ended, from 1
   */
  @Nullable Go after(Permit permit, int number) {
    if (number >= routing.retry().attempts()) {
      return null;
    }
    Pick before = pick;
    if (before != null) {
      tried.add(before.route());
      Routing.Choice choice = routing.choose(permit.routes(), tried, session);
      if (choice instanceof Pick chosen) {
        pick = chosen;
        return paid(new Go(permit.by(chosen.route()), 0));
      }
    }
    boolean same = unreachable ? System.nanoTime() - beganNanos < QUICK_NANOS : maySame();
    if (!same) {
      return null;
    }
    pick = before == null ? null : routing.again(before.route());
    long pause = pauseNanos(number);
    return paid(new Go(permit, wait == null ? pause : Math.max(pause, wait.toNanos())));
  }

  private @Nullable Go paid(Go go) {
    if (routing.takeTry()) {
      return go;
    }
    unused();
    return null;
  }

  private static long pauseNanos(int number) {
    long most = FIRST_PAUSE_NANOS << (number - 1);
    return most / 2 + ThreadLocalRandom.current().nextLong(most / 2);
  }
}
