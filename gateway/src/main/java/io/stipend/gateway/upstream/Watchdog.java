package io.stipend.gateway.upstream;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one timer of a connection. Moving the deadline later costs nothing: the timer that is already
 * scheduled looks again when it fires. So neither an exchange nor a read schedules anything in the
 * steady state. Times are of {@link System#nanoTime}.
 */
final class Watchdog implements Runnable {
  private final EventLoop loop;
  private final Runnable expired;
  private boolean armed;
  private long deadline;
  private long firesAt;
  private @Nullable ScheduledFuture<?> timer;

  Watchdog(EventLoop loop, Runnable expired) {
    this.loop = loop;
    this.expired = expired;
  }

  /** Replaces the deadline. */
  void expect(long deadlineNanos) {
    armed = true;
    deadline = deadlineNanos;
    if (timer != null) {
      if (deadlineNanos - firesAt >= 0) {
        return;
      }
      timer.cancel(false);
    }
    schedule(System.nanoTime());
  }

  /** Forgets the deadline, for good. */
  void stop() {
    armed = false;
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  @Override
  public void run() {
    timer = null;
    if (!armed) {
      return;
    }
    long now = System.nanoTime();
    if (deadline - now > 0) {
      schedule(now);
    } else {
      armed = false;
      expired.run();
    }
  }

  private void schedule(long now) {
    firesAt = deadline;
    timer = loop.schedule(this, Math.max(0, deadline - now), TimeUnit.NANOSECONDS);
  }
}
