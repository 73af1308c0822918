package io.stipend.gateway.admin;

import io.netty.handler.codec.http.HttpMethod;
import io.stipend.policy.config.Role;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Who waits for whom: changes for changes, readings for readings, and what people read of their own
 * for each other alone. A statement of a year reads the whole record; a revoked key must not wait
 * for it, nor finance for everybody's.
 */
final class AdminThreads implements AutoCloseable {
  private static final int MAX_WAITING = 64;

  private final ThreadPoolExecutor changes = one("stipend-admin");
  private final ThreadPoolExecutor readings = one("stipend-admin-reads");
  private final ThreadPoolExecutor own = one("stipend-admin-own");

  private static ThreadPoolExecutor one(String name) {
    return new ThreadPoolExecutor(
        1,
        1,
        0,
        TimeUnit.SECONDS,
        new ArrayBlockingQueue<>(MAX_WAITING),
        task -> {
          Thread thread = new Thread(task, name);
          thread.setDaemon(true);
          return thread;
        });
  }

  /**
   * Does what a caller asked for when it is its turn.
   *
   * @throws RejectedExecutionException if too many wait already
   */
  void execute(AdminRoute route, Caller caller, Runnable task) {
    ThreadPoolExecutor reads = caller.role() == Role.PERSON ? own : readings;
    (route.method().equals(HttpMethod.GET) ? reads : changes).execute(task);
  }

  /** Lets what was begun end; takes nothing more. */
  @Override
  public void close() {
    changes.shutdown();
    readings.shutdown();
    own.shutdown();
  }
}
