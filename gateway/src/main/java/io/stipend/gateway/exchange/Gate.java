package io.stipend.gateway.exchange;

import io.netty.channel.EventLoop;
import java.util.concurrent.CompletableFuture;

/**
 * Keeps bytes from the client until what they rest on is durable. Several waits may be open at
 * once; the gate is open when none is. Lives on one event loop.
 */
final class Gate {
  private final EventLoop loop;
  private final Runnable opened;
  private final Runnable failed;
  private int waits;

  /**
   * @param opened runs each time the last wait ends
   * @param failed runs when something can never become durable
   */
  Gate(EventLoop loop, Runnable opened, Runnable failed) {
    this.loop = loop;
    this.opened = opened;
    this.failed = failed;
  }

  boolean open() {
    return waits == 0;
  }

  void await(CompletableFuture<Void> durable) {
    if (durable.isDone() && !durable.isCompletedExceptionally()) {
      return;
    }
    waits++;
    durable.whenComplete((done, error) -> loop.execute(() -> ended(error == null)));
  }

  private void ended(boolean well) {
    if (!well) {
      failed.run();
      return;
    }
    waits--;
    if (waits == 0) {
      opened.run();
    }
  }
}
