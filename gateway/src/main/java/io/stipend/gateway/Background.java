package io.stipend.gateway;

import io.stipend.gateway.exchange.RefusalCounts;
import io.stipend.metering.tokens.Learned;
import io.stipend.metering.tokens.LearnedFile;
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
  private static final long SAVE_SECONDS = 60;
  private static final long END_SECONDS = 10;

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

  /** Writes what was learned from time to time, for the next run. */
  void keep(Learned learned, LearnedFile file) {
    every(SAVE_SECONDS, () -> file.save(learned));
  }

  /** Does this now, beside everything else; it ends early when its thread is interrupted. */
  void once(Runnable task) {
    timer.execute(task);
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

  /** Ends the timer, with what it is doing; what is being counted is counted to its end. */
  @Override
  public void close() {
    timer.shutdownNow();
    counting.shutdown();
    try {
      if (!timer.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("a periodic task still runs after {} s", END_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
