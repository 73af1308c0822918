package io.stipend.gateway.delivery;

import io.stipend.gateway.alert.WebhookPost;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.UsageFeed;
import io.stipend.policy.config.DeliveryConfig.Feed;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one webhook of usage, on a thread of its own: in the order of entry, at least once. What it
 * does not take is tried until it does, and nothing later goes before; meanwhile nothing is held
 * but that one request.
 */
final class FeedLane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FeedLane.class);
  private static final long END_SECONDS = 5;

  private final Path dataDir;
  private final FeedCursor cursor;
  private final WebhookPost post;
  private final FeedPace pace;
  private final InstantSource clock;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private volatile Feed feed;
  private volatile Told told = new Told(0, null, null);

  /**
   * What became of events since the start.
   *
   * @param events that were taken
   * @param at when the last of them was
   * @param problem why the next are not; null if nothing is wrong
   */
  private record Told(long events, @Nullable String at, @Nullable String problem) {}

  FeedLane(Feed feed, Path dataDir, WebhookPost post, FeedPace pace, InstantSource clock) {
    this.feed = feed;
    this.dataDir = dataDir;
    this.cursor = new FeedCursor(dataDir, feed.url());
    this.post = post;
    this.pace = pace;
    this.clock = clock;
    thread = new Thread(this::run, "stipend-feed");
    thread.setDaemon(true);
    thread.start();
  }

  /** Signs with another secret, or sends other batches, from the next request on. */
  void update(Feed same) {
    feed = same;
  }

  DeliveryStatus.Feed status() {
    Told now = told;
    return new DeliveryStatus.Feed(feed.url().getHost(), now.events(), now.at(), now.problem());
  }

  private void run() {
    int failed = 0;
    while (!closed(Duration.ZERO)) {
      long before = told.events();
      try (UsageFeed events = UsageFeed.open(dataDir, cursor.load())) {
        if (events.startedOver()) {
          LOG.warn("{}: what it took last is not in this ledger; all of it is sent again", feed);
        }
        follow(events);
      } catch (LedgerException | IOException e) {
        problem(e.toString());
        if (!closed(Duration.ZERO)) {
          LOG.error("{}: {}", feed, e.toString());
        }
        // What cannot be kept was sent, and is sent again: the longer it lasts the more seldom.
        failed = told.events() > before ? 0 : failed;
        closed(pace.wait(failed++));
      } catch (RuntimeException e) {
        problem(e.getClass().getSimpleName());
        LOG.error("{}: an error", feed, e);
        failed = told.events() > before ? 0 : failed;
        closed(pace.wait(failed++));
      }
    }
  }

  private void follow(UsageFeed events) throws IOException {
    String source = "";
    while (!closed(Duration.ZERO)) {
      List<UsageFeed.Event> next = events.next(feed.batch());
      if (next.isEmpty()) {
        closed(pace.look());
      } else {
        source = source.isEmpty() ? CloudEvents.source(events.ledgerId()) : source;
        if (!deliver(next, source)) {
          return;
        }
      }
    }
  }

  /** Whether it was delivered; else this lane is closed. */
  private boolean deliver(List<UsageFeed.Event> events, String source) throws IOException {
    boolean one = feed.batch() == 1;
    String body = one ? CloudEvents.one(events.get(0), source) : CloudEvents.batch(events, source);
    Map<String, String> headers = Map.of("content-type", one ? CloudEvents.ONE : CloudEvents.BATCH);
    for (int failed = 0; !closed(Duration.ZERO); failed++) {
      Feed to = feed;
      String problem = post.post(to.url(), to.secret(), headers, body);
      if (problem == null) {
        cursor.save(events.get(events.size() - 1).after());
        told = new Told(told.events() + events.size(), clock.instant().toString(), null);
        return true;
      }
      if (closed(Duration.ZERO)) {
        return false;
      }
      if (told.problem() == null) {
        LOG.warn("{}: {}; it is tried until it is taken", to, problem);
      }
      problem(problem);
      closed(pace.wait(failed));
    }
    return false;
  }

  private void problem(String problem) {
    told = new Told(told.events(), told.at(), problem);
  }

  /** Waits; whether this lane is closed. */
  private boolean closed(Duration wait) {
    try {
      return closed.await(wait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Stops, and ends what is under way: what was not taken is sent after the next start. */
  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(END_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
