package io.stipend.policy.config;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the quota file and all that it includes every so often. A change that is valid goes to
 * whoever swaps it in; of a broken one every problem is logged, and what stood before stays.
 *
 * <p>It asks the file system instead of being told by it: that also sees files on network drives,
 * mounted configuration that is replaced by a link, and editors that write a new file.
 */
public final class ConfigWatcher implements AutoCloseable {
  /** How often it looks unless it is told otherwise. */
  public static final Duration INTERVAL = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(ConfigWatcher.class);

  private final Path file;
  private final Map<String, String> env;
  private final InstantSource clock;
  private final Consumer<QuotaFile.Loaded> swap;
  private final ScheduledExecutorService thread;

  /** Guarded by this. */
  private QuotaFile current;

  /** Guarded by this. */
  private List<SourceFile> watched;

  /**
   * A watcher that does not look yet.
   *
   * @param initial what was loaded from the file
   * @param swap takes every later valid state, one at a time
   */
  public ConfigWatcher(
      QuotaFile.Loaded initial,
      Map<String, String> env,
      InstantSource clock,
      Consumer<QuotaFile.Loaded> swap) {
    this.file = initial.quotaFile().file();
    this.env = Map.copyOf(env);
    this.clock = clock;
    this.swap = swap;
    this.current = initial.quotaFile();
    this.watched = initial.sources();
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread made = new Thread(task, "stipend-config");
              made.setDaemon(true);
              return made;
            });
  }

  /** Looks once in every interval from now on. */
  public void start(Duration interval) {
    thread.scheduleWithFixedDelay(
        this::lookSafely, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void lookSafely() {
    try {
      look();
    } catch (RuntimeException e) {
      LOG.error("the quota file could not be swapped in; the old one stays", e);
    }
  }

  /**
   * Looks once.
   *
   * @return whether a changed file was swapped in
   */
  public synchronized boolean look() {
    if (watched.stream().noneMatch(SourceFile::isChanged)) {
      return false;
    }
    QuotaFile.Result result = QuotaFile.load(file, env, clock.instant());
    if (result instanceof QuotaFile.Broken broken) {
      watched = union(broken.sources(), watched);
      LOG.error("{}: the changed file is broken and the old one stays", file);
      broken.problems().forEach(problem -> LOG.error("{}", problem));
      return false;
    }
    QuotaFile.Loaded loaded = (QuotaFile.Loaded) result;
    watched = loaded.sources();
    loaded.warnings().forEach(warning -> LOG.warn("{}", warning));
    if (!sameAtStart(loaded.quotaFile().gateway(), current.gateway())) {
      LOG.warn("{}: a change of `gateway` takes effect at the next start", file);
    }
    current = loaded.quotaFile().with(inForce(current.gateway(), loaded.quotaFile().gateway()));
    swap.accept(new QuotaFile.Loaded(current, loaded.hash(), loaded.warnings(), loaded.sources()));
    LOG.info("{}: swapped in, {}", file, loaded.hash());
    return true;
  }

  /** What a broken file did not get to may be what mends it. */
  private static List<SourceFile> union(List<SourceFile> read, List<SourceFile> before) {
    List<SourceFile> all = new ArrayList<>(read);
    for (SourceFile source : before) {
      if (read.stream().noneMatch(r -> r.path().equals(source.path()))) {
        all.add(SourceFile.of(source.path()));
      }
    }
    return all;
  }

  /** What was read at the start, with what may change while the gateway runs. */
  private static GatewayConfig inForce(GatewayConfig started, GatewayConfig changed) {
    return started.with(changed.refusals(), changed.contact());
  }

  /** Whether two states agree in all that is read only once. */
  private static boolean sameAtStart(GatewayConfig a, GatewayConfig b) {
    return a.with(b.refusals(), b.contact()).equals(b);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
