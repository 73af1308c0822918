package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Has the chunks of a feed worked on by other threads while the next ones are read, and takes the
 * results in the order of the chunks. A few are under way at a time, so memory is bounded. What
 * fits one chunk is worked on where it is asked for.
 */
final class Chunks {
  /** More do not help: one thread reads for them. */
  private static final int MOST_THREADS = 4;

  private static final int UNDER_WAY_PER_THREAD = 3;

  private Chunks() {}

  /** As many as help. */
  static int threads() {
    return Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Runs until the feed ends.
   *
   * @param count of threads that work
   * @param work is done to a chunk, by any thread
   * @param results takes what came of it, in the thread of the caller
   */
  static <T> void run(
      int count, BlockFeed feed, Function<BlockFeed.Chunk, T> work, Consumer<T> results)
      throws SQLException {
    BlockFeed.Chunk first = feed.next();
    if (first == null) {
      return;
    }
    BlockFeed.Chunk second = feed.next();
    if (second == null) {
      results.accept(work.apply(first));
      return;
    }
    ExecutorService threads = Executors.newFixedThreadPool(count, Chunks::thread);
    try {
      Deque<Future<T>> underWay = new ArrayDeque<>();
      underWay.add(threads.submit(() -> work.apply(first)));
      for (BlockFeed.Chunk chunk = second; chunk != null; chunk = feed.next()) {
        BlockFeed.Chunk one = chunk;
        underWay.add(threads.submit(() -> work.apply(one)));
        if (underWay.size() >= count * UNDER_WAY_PER_THREAD) {
          results.accept(result(underWay.remove()));
        }
      }
      while (!underWay.isEmpty()) {
        results.accept(result(underWay.remove()));
      }
    } finally {
      end(threads);
    }
  }

  /** Nobody reads any more when this returns: the transaction may end. */
  private static void end(ExecutorService threads) {
    threads.shutdownNow();
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = threads.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "ledger-reading");
    thread.setDaemon(true);
    return thread;
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LedgerException("reading was interrupted", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof RuntimeException known) {
        throw known;
      }
      throw new LedgerException("reading: " + cause, e);
    }
  }
}
