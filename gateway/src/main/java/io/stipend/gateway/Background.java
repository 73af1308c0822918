package io.stipend.gateway;

import io.stipend.gateway.exchange.RefusalCounts;
import io.stipend.metering.tokens.TokenCounters;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads beside the event loops: token counting, and what is due from time to time. */
final class Background implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Background.class);

  /** Bodies that wait to be counted; beyond it the estimate from bytes must do. */
  private static final int MAX_COUNTS_WAITING = 256;

  private static final long FLUSH_SECONDS = 10;
  private static final long SWEEP_SECONDS = 30;

  private final ThreadPoolExecutor counting =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MAX_COUNTS_WAITING),
          task -> daemon(task, "stipend-count"));
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "stipend-timer"));

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  Executor counting() {
    return counting;
  }

  void start(TokenCounters counters, RefusalCounts refusals, Runnable sweep) {
    counting.execute(counters::preload);
    every(FLUSH_SECONDS, refusals::flush);
    every(SWEEP_SECONDS, sweep);
  }

  private void every(long seconds, Runnable task) {
    timer.scheduleWithFixedDelay(
        () -> {
          try {
            task.run();
          } catch (RuntimeException e) {
            LOG.error("a periodic task failed; it runs again in {} s", seconds, e);
          }
        },
        seconds,
        seconds,
        TimeUnit.SECONDS);
  }

  /** Ends the timer; what is being counted is counted to its end. */
  @Override
  public void close() {
    timer.shutdownNow();
    counting.shutdown();
  }
}
