package io.stipend.gateway.upstream;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.policy.config.CloudAccess;
import io.stipend.policy.config.ProviderConfig;
import io.stipend.policy.config.Secret;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.InstantSource;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to providers, those of clouds signed or with a token; those of all others as they
 * are. Bodies are hashed on threads of its own.
 *
 * <p>Start reading at {@link PreparedAttempt}.
 */
public final class CloudUpstreams implements Upstreams {
  /** Two hash a gigabyte in a second: more would only take from the event loops. */
  private static final int THREADS = 2;

  /** Requests that wait to be signed; each keeps its body. */
  private static final int MOST_WAITING = 1_024;

  private static final long IDLE_SECONDS = 30;

  private final Upstreams direct;
  private final UpstreamOptions options;
  private final InstantSource clock;
  private final ThreadPoolExecutor threads;
  private @Nullable HttpClient http;

  /** One for each provider, as long as its quota file is in force: another one brings new ones. */
  private final Cache<CloudAccess, Preparation> preparations =
      Caffeine.newBuilder().weakKeys().build();

  /**
   * @param direct sends what is ready; closed with this
   * @param options how tokens are fetched
   * @param clock by which tokens expire
   */
  public CloudUpstreams(Upstreams direct, UpstreamOptions options, InstantSource clock) {
    this.direct = direct;
    this.options = options;
    this.clock = clock;
    this.threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            work -> {
              Thread thread = new Thread(work, "stipend-signing");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
  }

  @Override
  public Attempt open(
      EventLoop loop, ProviderConfig provider, UpstreamRequest request, AttemptListener listener) {
    CloudAccess access = provider.cloud();
    if (access == null) {
      return direct.open(loop, provider, request, listener);
    }
    Preparation preparation;
    try {
      preparation = preparations.get(access, of -> preparation(provider.url(), of));
    } catch (RuntimeException e) {
      request.body().release();
      throw e;
    }
    return new PreparedAttempt(
        loop,
        preparation,
        request,
        ready -> {
          HttpHeaders sent = ready.headers();
          Secret secret = preparation.secret(sent);
          if (secret != null) {
            listener.sends(secret);
          }
          return direct.open(
              loop,
              provider,
              ready,
              new HeardStatus(listener, status -> preparation.answered(sent, status)));
        },
        listener);
  }

  private Preparation preparation(URI url, CloudAccess access) {
    if (access instanceof CloudAccess.Aws aws) {
      return new AwsSigner(url, aws, threads);
    }
    if (access instanceof CloudAccess.Google google) {
      GoogleTokens tokens = new GoogleTokens(google.account(), http(), threads, clock);
      return new GoogleAccess(tokens, google);
    }
    throw new IllegalStateException("access: " + access + " (expected: one of a cloud)");
  }

  /** Only who asks for tokens has a client of its own, and its thread. */
  private synchronized HttpClient http() {
    HttpClient known = http;
    if (known == null) {
      known = OutboundClient.of(options, options.connectTime(), threads);
      http = known;
    }
    return known;
  }

  @Override
  public void close() {
    direct.close();
    threads.shutdown();
  }
}
