package io.stipend.gateway.delivery;

import io.stipend.policy.config.DeliveryConfig.Export;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes folders by day when they are due, one after the other. What was missed while no gateway
 * ran is due at the start; what is due follows from the folder itself, so that nothing is forgotten
 * by a restart. Each runs in a process of its own ({@link ExportProcess}): neither its memory nor a
 * fault of it is the gateway's.
 */
final class ScheduledExports implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScheduledExports.class);
  private static final Duration LOOK = Duration.ofSeconds(20);
  private static final Duration AFTER_FAILURE = Duration.ofMinutes(10);
  private static final long END_SECONDS = 5;

  private final Path dataDir;
  private final String version;
  private final InstantSource clock;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<Export, State> states = new HashMap<>();
  private List<Export> exports = List.of();
  private ZoneId zone = ZoneOffset.UTC;
  private Path quotaFile = Path.of("");
  private @Nullable Thread thread;

  /**
   * What is known of a folder.
   *
   * @param doneAt when it was last written; null if that is not known
   * @param triedAt when that was last tried
   * @param completeUntil what it then was complete until
   * @param problem why it could not be written
   */
  private record State(
      @Nullable Instant doneAt,
      @Nullable Instant triedAt,
      @Nullable String completeUntil,
      @Nullable String problem) {}

  /**
   * @param version of the program, for what it writes
   */
  ScheduledExports(Path dataDir, String version, InstantSource clock) {
    this.dataDir = dataDir;
    this.version = version;
    this.clock = clock;
  }

  /**
   * These from now on.
   *
   * @param file the quota file that names them
   */
  synchronized void update(List<Export> wanted, ZoneId inZone, Path file) {
    exports = List.copyOf(wanted);
    zone = inZone;
    quotaFile = file;
    states.keySet().retainAll(exports);
    if (!exports.isEmpty() && thread == null) {
      Thread made = new Thread(this::run, "stipend-export");
      made.setDaemon(true);
      made.start();
      thread = made;
    }
  }

  synchronized List<DeliveryStatus.Export> status() {
    List<DeliveryStatus.Export> all = new ArrayList<>();
    for (Export export : exports) {
      State state = states.get(export);
      Instant at = state == null ? null : state.doneAt();
      all.add(
          new DeliveryStatus.Export(
              export.to().toString(),
              export.format().word(),
              at == null ? null : at.toString(),
              state == null ? null : state.completeUntil(),
              state == null ? null : state.problem()));
    }
    return all;
  }

  private void run() {
    while (!waited(Duration.ZERO)) {
      for (Export export : list()) {
        if (!waited(Duration.ZERO)) {
          runIfDue(export);
        }
      }
      if (waited(LOOK)) {
        return;
      }
    }
  }

  private synchronized List<Export> list() {
    return exports;
  }

  private synchronized Path quotaFile() {
    return quotaFile;
  }

  private void runIfDue(Export export) {
    State state = state(export);
    try {
      runIfDue(export, state);
    } catch (RuntimeException e) {
      // Nothing of one folder may end the thread that writes all of them.
      LOG.error("{}: an error", export.to(), e);
      put(
          export,
          new State(
              state.doneAt(),
              clock.instant(),
              state.completeUntil(),
              e.getClass().getSimpleName()));
    }
  }

  private void runIfDue(Export export, State state) {
    Instant now = clock.instant();
    Instant due = lastDue(export, now);
    Instant done = state.doneAt() == null ? ExportProcess.lastDone(export, due) : state.doneAt();
    Instant tried = state.triedAt();
    if ((done != null && !done.isBefore(due))
        || (tried != null && state.problem() != null && tried.plus(AFTER_FAILURE).isAfter(now))) {
      if (state.doneAt() == null && done != null) {
        put(export, new State(done, tried, state.completeUntil(), state.problem()));
      }
      return;
    }
    try {
      String complete = ExportProcess.run(export, dataDir, quotaFile(), version, now, due);
      put(export, new State(now, now, complete, null));
      LOG.info("{}: complete until {}", export.to(), complete);
    } catch (ExportProcess.Failed e) {
      put(export, new State(done, now, state.completeUntil(), e.getMessage()));
      LOG.error(
          "{}: {}; it is tried again in {} minutes",
          export.to(),
          e.getMessage(),
          AFTER_FAILURE.toMinutes());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** When it was due last, now or earlier. */
  private synchronized Instant lastDue(Export export, Instant now) {
    ZonedDateTime today = now.atZone(zone).with(export.at());
    return (today.toInstant().isAfter(now) ? today.minusDays(1) : today).toInstant();
  }

  private synchronized State state(Export export) {
    return states.getOrDefault(export, new State(null, null, null, null));
  }

  private synchronized void put(Export export, State state) {
    if (exports.contains(export)) {
      states.put(export, state);
    }
  }

  /** Waits; whether this is closed. */
  private boolean waited(Duration wait) {
    try {
      return closed.await(wait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Stops, and ends the process that runs: it goes on where it was after the next start. */
  @Override
  public void close() {
    closed.countDown();
    Thread running;
    synchronized (this) {
      running = thread;
    }
    if (running == null) {
      return;
    }
    running.interrupt();
    try {
      running.join(TimeUnit.SECONDS.toMillis(END_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
