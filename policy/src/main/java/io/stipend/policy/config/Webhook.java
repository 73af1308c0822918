package io.stipend.policy.config;

import java.net.URI;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where alerts are sent.
 *
 * @param url https, or http to loopback
 * @param secret signs what is sent; null if nothing does
 * @param events which alerts are sent; never empty
 */
public record Webhook(URI url, @Nullable Secret secret, Set<Event> events) {
  /** Copies the set. */
  public Webhook {
    events = Set.copyOf(events);
  }

  /** A kind of alert. */
  public enum Event {
    /** So many percent of a budget are used. */
    THRESHOLD,
    /** A budget is going to run out before its period ends. */
    FORECAST
  }

  /** The host alone: the path of a webhook is often its only secret. */
  @Override
  public String toString() {
    return "Webhook[" + url.getHost() + "]";
  }
}
