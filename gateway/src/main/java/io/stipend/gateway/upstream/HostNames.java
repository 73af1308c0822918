package io.stipend.gateway.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Looks names up off the event loop, through the system's own resolver (so that search lists, hosts
 * files and split DNS work as for every other program), one lookup at a time per name. Names come
 * from configuration only, so the cache is bounded by it.
 */
final class HostNames implements AutoCloseable {
  private static final int THREADS = 4;
  private static final long FRESH_NANOS = Duration.ofSeconds(30).toNanos();

  private record Answer(CompletableFuture<List<InetAddress>> addresses, long askedNanos) {
    /** Failures are asked again at once; the callers' own time bounds how often. */
    boolean usable(long now) {
      return !addresses.isCompletedExceptionally() && now - askedNanos < FRESH_NANOS;
    }
  }

  private final ConcurrentHashMap<String, Answer> answers = new ConcurrentHashMap<>();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS,
          task -> {
            Thread thread = new Thread(task, "stipend-dns");
            thread.setDaemon(true);
            return thread;
          });

  /** The addresses of a host; complete at once if it is a literal or was asked for lately. */
  CompletableFuture<List<InetAddress>> resolve(String host) {
    InetAddress literal = Origin.literal(host);
    if (literal != null) {
      return CompletableFuture.completedFuture(List.of(literal));
    }
    long now = System.nanoTime();
    return answers.compute(host, (name, old) -> fresh(name, old, now)).addresses();
  }

  private Answer fresh(String host, @Nullable Answer old, long now) {
    return old != null && old.usable(now)
        ? old
        : new Answer(CompletableFuture.supplyAsync(() -> look(host), threads), now);
  }

  private static List<InetAddress> look(String host) {
    try {
      return List.of(InetAddress.getAllByName(host));
    } catch (UnknownHostException e) {
      throw new CompletionException(e);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
