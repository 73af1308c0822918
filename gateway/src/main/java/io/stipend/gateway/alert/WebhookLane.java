package io.stipend.gateway.alert;

import io.stipend.policy.config.Webhook;
import io.stipend.policy.config.Webhook.Event;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All deliveries to one webhook, one at a time on a thread of its own: a dead webhook holds up no
 * other. A delivery that waits for its next try lets others pass.
 */
final class WebhookLane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WebhookLane.class);

  private volatile Webhook webhook;
  private final WebhookPost post;
  private final DeliveredMarks marks;
  private final Patience patience;
  private final InstantSource clock;
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicLong delivered = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final ScheduledThreadPoolExecutor thread;

  WebhookLane(
      Webhook webhook,
      HttpClient client,
      DeliveredMarks marks,
      Patience patience,
      InstantSource clock) {
    this.webhook = webhook;
    this.post = new WebhookPost(client, patience.timeout(), clock);
    this.marks = marks;
    this.patience = patience;
    this.clock = clock;
    this.thread =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread made = new Thread(task, "stipend-webhook");
              made.setDaemon(true);
              return made;
            },
            (task, executor) -> {
              // Closed: what was not delivered is sent after the next start.
            });
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Signs with another secret from now on; the address is the same. */
  void update(Webhook same) {
    webhook = same;
  }

  /** Queues a message, if the webhook wants its kind; never blocks. */
  void send(AlertMessage message) {
    Event event = message.forecast() ? Event.FORECAST : Event.THRESHOLD;
    if (!webhook.events().contains(event)) {
      return;
    }
    if (pending.incrementAndGet() > patience.mostPending()) {
      pending.decrementAndGet();
      if (dropped.getAndIncrement() % patience.mostPending() == 0) {
        LOG.warn(
            "webhook {}: {} alerts wait; more are dropped until the next start, {} so far",
            webhook,
            patience.mostPending(),
            dropped);
      }
      return;
    }
    schedule(message, 0, Duration.ZERO);
  }

  private void schedule(AlertMessage message, int tried, Duration wait) {
    var unused =
        thread.schedule(() -> attempt(message, tried), wait.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void attempt(AlertMessage message, int tried) {
    Webhook to = webhook;
    String problem = post(message, to);
    if (problem == null) {
      marks.add(message, to, clock.instant());
      delivered.incrementAndGet();
      pending.decrementAndGet();
    } else if (thread.isShutdown()) {
      // It is sent after the next start.
      pending.decrementAndGet();
    } else if (tried < patience.waits().size()) {
      LOG.debug("webhook {}: {}; alert {} is tried again", webhook, problem, message.id());
      schedule(message, tried + 1, patience.waits().get(tried));
    } else {
      dropped.incrementAndGet();
      pending.decrementAndGet();
      LOG.warn(
          "webhook {}: alert {} was not delivered in {} tries ({}); it is sent again at the next"
              + " start if that is within a day",
          webhook,
          message.id(),
          tried + 1,
          problem);
    }
  }

  private @Nullable String post(AlertMessage message, Webhook to) {
    return post.post(
        to.url(),
        to.secret(),
        Map.of("content-type", "application/json", "stipend-alert-id", message.id()),
        message.body());
  }

  long delivered() {
    return delivered.get();
  }

  long dropped() {
    return dropped.get();
  }

  int pending() {
    return pending.get();
  }

  Webhook webhook() {
    return webhook;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
