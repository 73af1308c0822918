package io.stipend.gateway.admin;

import io.stipend.gateway.delivery.DeliveryStatus;
import java.util.Map;

/**
 * How a gateway does.
 *
 * @param version of the program
 * @param configHash SHA-256 of the quota file in force, in hex
 * @param openExchanges exchanges under way
 * @param inFlight reservations that have not ended durably
 * @param ready whether it takes new exchanges: neither draining nor with a failed ledger
 * @param upstreams those that calls have been shared among, by name: {@code closed} while one gets
 *     its calls, {@code open} while it rests, {@code half_open} while it is tried
 * @param deliveries how the feeds and the scheduled exports do
 */
public record GatewayStatus(
    String version,
    String configHash,
    int openExchanges,
    int inFlight,
    boolean ready,
    Map<String, String> upstreams,
    DeliveryStatus deliveries) {
  /** Copies the map. */
  public GatewayStatus {
    upstreams = Map.copyOf(upstreams);
  }
}
