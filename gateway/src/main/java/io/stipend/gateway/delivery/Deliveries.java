package io.stipend.gateway.delivery;

import io.stipend.gateway.alert.WebhookPost;
import io.stipend.gateway.upstream.OutboundClient;
import io.stipend.gateway.upstream.UpstreamOptions;
import io.stipend.policy.config.DeliveryConfig.Feed;
import io.stipend.policy.config.QuotaFile;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries of a gateway: its feeds and its scheduled exports. Nothing here blocks but
 * closing.
 */
public final class Deliveries implements AutoCloseable {
  private static final int CLIENT_THREADS = 2;

  private final Path dataDir;
  private final UpstreamOptions outward;
  private final InstantSource clock;
  private final FeedPace pace;
  private final Map<URI, FeedLane> lanes = new ConcurrentHashMap<>();
  private final ScheduledExports exports;
  private final ExecutorService clientThreads =
      Executors.newFixedThreadPool(
          CLIENT_THREADS,
          task -> {
            Thread made = new Thread(task, "stipend-feed-io");
            made.setDaemon(true);
            return made;
          });

  /** Made for the first feed: setting TLS up would cost every start a tenth of its time. */
  private @Nullable WebhookPost post;

  /**
   * Deliveries of a data folder; of nothing until {@link #update}.
   *
   * @param outward the proxy and the authorities that all outbound connections use
   */
  public Deliveries(Path dataDir, UpstreamOptions outward, InstantSource clock) {
    this(dataDir, outward, clock, FeedPace.DEFAULT);
  }

  Deliveries(Path dataDir, UpstreamOptions outward, InstantSource clock, FeedPace pace) {
    this.dataDir = dataDir;
    this.outward = outward;
    this.clock = clock;
    this.pace = pace;
    this.exports = new ScheduledExports(dataDir, clock);
  }

  /** Delivers what a quota file says from now on; the ledger must be there. */
  public synchronized void update(QuotaFile file) {
    List<Feed> feeds = file.delivery().feeds();
    Set<URI> wanted = feeds.stream().map(Feed::url).collect(Collectors.toUnmodifiableSet());
    for (URI url : List.copyOf(lanes.keySet())) {
      FeedLane lane = wanted.contains(url) ? null : lanes.remove(url);
      if (lane != null) {
        lane.close();
      }
    }
    for (Feed feed : feeds) {
      lanes
          .computeIfAbsent(feed.url(), added -> new FeedLane(feed, dataDir, post(), pace, clock))
          .update(feed);
    }
    exports.update(file.delivery().exports(), file.timezone());
  }

  private WebhookPost post() {
    WebhookPost made = post;
    if (made == null) {
      made =
          new WebhookPost(
              OutboundClient.of(outward, pace.timeout(), clientThreads), pace.timeout(), clock);
      post = made;
    }
    return made;
  }

  /** How they do. */
  public DeliveryStatus status() {
    return new DeliveryStatus(
        lanes.values().stream().map(FeedLane::status).toList(), exports.status());
  }

  /** Stops at once: what was not delivered is delivered after the next start. */
  @Override
  public void close() {
    lanes.values().forEach(FeedLane::close);
    exports.close();
    clientThreads.shutdownNow();
  }
}
