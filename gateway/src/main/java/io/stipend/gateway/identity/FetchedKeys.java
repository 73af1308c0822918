package io.stipend.gateway.identity;

import io.stipend.gateway.upstream.OutboundClient;
import io.stipend.gateway.upstream.UpstreamOptions;
import io.stipend.policy.config.IdentityConfig;
import io.stipend.policy.config.Issuer;
import io.stipend.policy.identity.IssuerKeys;
import io.stipend.policy.identity.KeySource;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of all issuers, each fetched in the background every so often and, when a JWT has an
 * unknown key, at once, but not again within the pause. While they cannot be fetched the last ones
 * are good, for as long as the quota file says. Asking never blocks.
 */
public final class FetchedKeys implements KeySource, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FetchedKeys.class);

  /** Of the discovery document, and of the keys. */
  private static final Duration FETCH_TIME = Duration.ofSeconds(5);

  /** Two fetches that hang do not keep a third from its turn. */
  private static final int THREADS = 4;

  private static final int CLIENT_THREADS = 2;

  private final UpstreamOptions options;
  private final InstantSource clock;
  private final Map<Source, Kept> kept = new ConcurrentHashMap<>();
  private final ScheduledThreadPoolExecutor threads;
  private final ExecutorService clientThreads;

  /** Made for the first issuer: setting TLS up would cost every start a tenth of its time. */
  private @Nullable KeyFetch fetch;

  /** What makes an issuer the same in a quota file that was edited. */
  private record Source(String url, @Nullable URI jwks) {
    static Source of(Issuer issuer) {
      return new Source(issuer.url(), issuer.jwks());
    }
  }

  /** What there is of one issuer; its fields are guarded by it, but for the first. */
  private static final class Kept {
    private volatile Issuer issuer;
    private @Nullable IssuerKeys keys;
    private Instant fetchedAt = Instant.MIN;
    private @Nullable Instant triedAt;
    private @Nullable CompletableFuture<Void> running;
    private boolean failing;

    Kept(Issuer issuer) {
      this.issuer = issuer;
    }

    /** Until it is to be fetched again in the background. */
    synchronized Duration untilNext() {
      return failing ? issuer.keys().pause() : issuer.keys().refresh();
    }
  }

  /**
   * Nothing is fetched before {@link #follow}.
   *
   * @param options the proxy and the authorities that all outbound connections use
   */
  public FetchedKeys(UpstreamOptions options, InstantSource clock) {
    this.options = options;
    this.clock = clock;
    this.threads =
        new ScheduledThreadPoolExecutor(THREADS, task -> daemon(task, "stipend-identity"));
    this.clientThreads =
        Executors.newFixedThreadPool(CLIENT_THREADS, task -> daemon(task, "stipend-identity-io"));
    threads.setRemoveOnCancelPolicy(true);
  }

  private static Thread daemon(Runnable task, String name) {
    Thread made = new Thread(task, name);
    made.setDaemon(true);
    return made;
  }

  /**
   * Keeps the keys of these issuers from now on, and forgets those of others.
   *
   * @return completes when each was fetched, or could not be
   */
  public CompletableFuture<Void> follow(IdentityConfig identity) {
    Set<Source> wanted = new HashSet<>();
    List<CompletableFuture<Void>> first = new ArrayList<>();
    for (Issuer issuer : identity.issuers().values()) {
      Source source = Source.of(issuer);
      wanted.add(source);
      Kept added = new Kept(issuer);
      Kept before = kept.putIfAbsent(source, added);
      if (before == null) {
        first.add(begin(source, added));
      } else {
        before.issuer = issuer;
      }
    }
    kept.keySet().retainAll(wanted);
    return CompletableFuture.allOf(first.toArray(CompletableFuture[]::new));
  }

  private CompletableFuture<Void> begin(Source source, Kept mine) {
    CompletableFuture<Void> fetch = refresh(mine.issuer);
    CompletableFuture<Void> first = fetch == null ? CompletableFuture.completedFuture(null) : fetch;
    return first.thenRun(() -> later(source, mine));
  }

  private void later(Source source, Kept mine) {
    try {
      var unused =
          threads.schedule(
              () -> again(source, mine), mine.untilNext().toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      // Closed.
    }
  }

  private void again(Source source, Kept mine) {
    if (kept.get(source) != mine) {
      return;
    }
    CompletableFuture<Void> fetch = refresh(mine.issuer);
    if (fetch == null) {
      later(source, mine);
    } else {
      fetch.thenRun(() -> later(source, mine));
    }
  }

  @Override
  public @Nullable IssuerKeys keys(Issuer issuer, Instant now) {
    Kept mine = kept.get(Source.of(issuer));
    if (mine == null) {
      return null;
    }
    synchronized (mine) {
      IssuerKeys keys = mine.keys;
      return keys != null && now.isBefore(mine.fetchedAt.plus(issuer.keys().keep())) ? keys : null;
    }
  }

  @Override
  public @Nullable CompletableFuture<Void> refresh(Issuer issuer) {
    Kept mine = kept.get(Source.of(issuer));
    if (mine == null) {
      return null;
    }
    Instant now = clock.instant();
    CompletableFuture<Void> begun = new CompletableFuture<>();
    synchronized (mine) {
      if (mine.running != null) {
        return mine.running;
      }
      if (mine.triedAt != null && now.isBefore(mine.triedAt.plus(issuer.keys().pause()))) {
        return null;
      }
      mine.triedAt = now;
      mine.running = begun;
    }
    try {
      threads.execute(() -> fetch(issuer, mine, begun));
    } catch (RejectedExecutionException e) {
      begun.complete(null);
    }
    return begun;
  }

  private void fetch(Issuer issuer, Kept mine, CompletableFuture<Void> begun) {
    IssuerKeys fetched = null;
    String problem = null;
    try {
      fetched = client().fetch(issuer);
    } catch (IOException | RuntimeException e) {
      problem = String.valueOf(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      problem = "interrupted";
    }
    synchronized (mine) {
      if (fetched != null) {
        mine.keys = fetched;
        mine.fetchedAt = clock.instant();
      }
      told(issuer, mine, problem);
      mine.failing = fetched == null;
      mine.running = null;
    }
    begun.complete(null);
  }

  /** Once when it begins to fail and once when it no longer does. */
  private static void told(Issuer issuer, Kept mine, @Nullable String problem) {
    if (problem != null && !mine.failing) {
      LOG.warn(
          "identity.oidc.{}: its keys cannot be fetched; {}: {}",
          issuer.name(),
          mine.keys == null ? "no JWT of it is taken" : "the last ones are used meanwhile",
          problem);
    } else if (problem == null && mine.failing) {
      LOG.info("identity.oidc.{}: its keys can be fetched again", issuer.name());
    }
  }

  private synchronized KeyFetch client() {
    KeyFetch made = fetch;
    if (made == null) {
      HttpClient client = OutboundClient.of(options, FETCH_TIME, clientThreads);
      made = new KeyFetch(client, FETCH_TIME);
      fetch = made;
    }
    return made;
  }

  @Override
  public void close() {
    threads.shutdownNow();
    clientThreads.shutdownNow();
  }
}
