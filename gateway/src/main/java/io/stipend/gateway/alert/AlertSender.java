package io.stipend.gateway.alert;

import io.stipend.gateway.upstream.OutboundClient;
import io.stipend.gateway.upstream.UpstreamOptions;
import io.stipend.policy.alert.Alert;
import io.stipend.policy.config.Webhook;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends alerts: a line of the logger {@code stipend.alerts} at once, and a message to every webhook
 * as soon as it takes it. At least once: what was raised in the last {@link #OUTBOX} and has no
 * mark of delivery is sent again by {@link #resume}. Nothing here blocks but closing.
 */
public final class AlertSender implements Consumer<Alert>, AutoCloseable {
  /** How old an alert may be that is still sent after a restart. */
  public static final Duration OUTBOX = Duration.ofHours(24);

  private static final Logger ALERTS = LoggerFactory.getLogger("stipend.alerts");
  private static final int CLIENT_THREADS = 2;

  private final ExecutorService clientThreads;
  private final UpstreamOptions options;
  private final DeliveredMarks marks;
  private final Patience patience;
  private final InstantSource clock;
  private final Map<Destination, WebhookLane> lanes = new ConcurrentHashMap<>();

  /** Made for the first webhook: setting TLS up would cost every start a tenth of its time. */
  private @Nullable HttpClient client;

  /** What makes a webhook the same in a quota file that was edited. */
  private record Destination(URI url, Set<Webhook.Event> events) {
    static Destination of(Webhook webhook) {
      return new Destination(webhook.url(), webhook.events());
    }
  }

  /**
   * What became of messages since the start.
   *
   * @param delivered taken by a webhook
   * @param dropped given up, or not taken into a full queue
   * @param pending waiting or under way
   */
  public record Counts(long delivered, long dropped, long pending) {}

  /**
   * A sender to these webhooks.
   *
   * @param options the proxy and the authorities that all outbound connections use
   * @param dataDir where it keeps what was delivered
   */
  public AlertSender(
      List<Webhook> webhooks, UpstreamOptions options, Path dataDir, InstantSource clock) {
    this(webhooks, options, dataDir, clock, Patience.DEFAULT);
  }

  AlertSender(
      List<Webhook> webhooks,
      UpstreamOptions options,
      Path dataDir,
      InstantSource clock,
      Patience patience) {
    this.marks = new DeliveredMarks(dataDir, clock.instant().minus(OUTBOX));
    this.clientThreads =
        Executors.newFixedThreadPool(
            CLIENT_THREADS,
            task -> {
              Thread made = new Thread(task, "stipend-webhook-io");
              made.setDaemon(true);
              return made;
            });
    this.options = options;
    this.patience = patience;
    this.clock = clock;
    webhooks(webhooks);
  }

  /**
   * Sends to these webhooks from now on. What waits for one that is no longer among them is not
   * sent.
   */
  public synchronized void webhooks(List<Webhook> webhooks) {
    for (Webhook webhook : webhooks) {
      lanes
          .computeIfAbsent(
              Destination.of(webhook),
              added -> new WebhookLane(webhook, client(), marks, patience, clock))
          .update(webhook);
    }
    Set<Destination> wanted =
        webhooks.stream().map(Destination::of).collect(Collectors.toUnmodifiableSet());
    for (Destination destination : List.copyOf(lanes.keySet())) {
      WebhookLane lane = wanted.contains(destination) ? null : lanes.remove(destination);
      if (lane != null) {
        lane.close();
      }
    }
  }

  private HttpClient client() {
    HttpClient made = client;
    if (made == null) {
      made = OutboundClient.of(options, patience.timeout(), clientThreads);
      client = made;
    }
    return made;
  }

  /** Tells an alert that was just raised; never blocks. */
  @Override
  public void accept(Alert alert) {
    ALERTS.info("account={} threshold={} {}", alert.account(), alert.threshold(), alert.detail());
    if (!lanes.isEmpty()) {
      AlertMessage message = AlertMessage.of(alert);
      lanes.values().forEach(lane -> lane.send(message));
    }
  }

  /** Sends what an earlier process raised and did not deliver. They stand in the log already. */
  public void resume(List<Alert> raised) {
    for (Alert alert : raised) {
      AlertMessage message = AlertMessage.of(alert);
      for (WebhookLane lane : lanes.values()) {
        if (!marks.has(message, lane.webhook())) {
          lane.send(message);
        }
      }
    }
  }

  /** What became of messages, over all webhooks. */
  public Counts counts() {
    return new Counts(
        lanes.values().stream().mapToLong(WebhookLane::delivered).sum(),
        lanes.values().stream().mapToLong(WebhookLane::dropped).sum(),
        lanes.values().stream().mapToLong(WebhookLane::pending).sum());
  }

  /** Stops at once. What was not delivered is sent after the next start. */
  @Override
  public void close() {
    lanes.values().forEach(WebhookLane::close);
    clientThreads.shutdownNow();
  }
}
