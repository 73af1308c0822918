package io.stipend.gateway.server;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A point in time after which something happens, moved on at nearly no cost: a timer that fires too
 * early sets itself anew, and only a deadline that moves to before it replaces it. Used on one
 * event loop only.
 */
final class Deadline {
  private final EventExecutor loop;
  private final Runnable passed;
  private @Nullable Future<?> timer;
  private long timerNanos;
  private long atNanos;
  private boolean set;

  Deadline(EventExecutor loop, Runnable passed) {
    this.loop = loop;
    this.passed = passed;
  }

  /** Sets it this far from now, in place of where it was. */
  void in(Duration time) {
    atNanos = loop.ticker().nanoTime() + time.toNanos();
    set = true;
    if (timer == null || timerNanos - atNanos > 0) {
      cancel();
      schedule();
    }
  }

  /** Whether it lies ahead. */
  boolean isSet() {
    return set;
  }

  /** Nothing will happen. The timer stays, for the next time. */
  void clear() {
    set = false;
  }

  /** Nothing will happen any more. */
  void cancel() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  private void schedule() {
    timerNanos = atNanos;
    long wait = Math.max(0, atNanos - loop.ticker().nanoTime());
    timer = loop.schedule(this::fire, wait, TimeUnit.NANOSECONDS);
  }

  private void fire() {
    timer = null;
    if (!set) {
      return;
    }
    if (atNanos - loop.ticker().nanoTime() > 0) {
      schedule();
      return;
    }
    set = false;
    passed.run();
  }
}
