package io.stipend.gateway.alert;

import io.stipend.policy.config.Secret;
import io.stipend.policy.config.Webhook;
import io.stipend.policy.config.Webhook.Event;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
  private static final int OK = 200;
  private static final int REDIRECT = 300;

  private volatile Webhook webhook;
  private final HttpClient client;
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
    this.client = client;
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

  /** What went wrong, without anything that the webhook or its address says; null if nothing. */
  private @Nullable String post(AlertMessage message, Webhook to) {
    CompletableFuture<HttpResponse<Void>> answer = null;
    try {
      answer = client.sendAsync(request(message, to), HttpResponse.BodyHandlers.discarding());
      int status = answer.get(patience.timeout().toMillis(), TimeUnit.MILLISECONDS).statusCode();
      return status >= OK && status < REDIRECT ? null : "status " + status;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      return (cause == null ? e : cause).getClass().getSimpleName();
    } catch (TimeoutException e) {
      return "no answer in " + patience.timeout().toMillis() + " ms";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    } catch (RuntimeException e) {
      return e.getClass().getSimpleName();
    } finally {
      if (answer != null) {
        // Ends the exchange where it still runs: an answer may drip for ever.
        answer.cancel(true);
      }
    }
  }

  private HttpRequest request(AlertMessage message, Webhook to) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(to.url())
            .timeout(patience.timeout())
            .header("content-type", "application/json")
            .header("user-agent", "stipend")
            .header("stipend-alert-id", message.id())
            .POST(HttpRequest.BodyPublishers.ofString(message.body()));
    Secret secret = to.secret();
    if (secret != null) {
      request.header(
          "stipend-signature",
          Digests.signature(secret.reveal(), clock.instant().getEpochSecond(), message.body()));
    }
    return request.build();
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
